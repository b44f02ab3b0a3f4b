"""A linear filter of all channels: one impulse response of each, fitted to the clean lead.

A Wiener filter of several channels (Widrow and Stearns, Adaptive Signal Processing, 1985, chapter
2), fitted to the same drives as the network, which sees each channel at the same scale.
"""

from collections.abc import Iterable

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve, toeplitz
from scipy.signal import oaconvolve

from ecglib.data.errors import DataError
from ecglib.denoising.channels import finite, scaled
from ecglib.denoising.seat import Drive

RIDGE = 1e-4  # of a channel's power: holds the frequencies of which there is nothing


def fitted(drives: Iterable[Drive], taps: int) -> np.ndarray:
    """(channels, taps): the weights with the least squared error over all drives, see `filtered`.

    Only correlations are kept, one record after another, so that drives may be an iterator. Outside
    of a record all is zero.

    Raises:
        ValueError: taps that are not odd, so that the filter has no middle.
        DataError: no drive, channels that `channels.checked` refuses, a reference of another
            length or not finite, or no channel that is live in any drive.
    """
    if taps < 1 or taps % 2 == 0:
        raise ValueError(f"a filter of {taps} taps has no middle: give an odd number")
    gram, toward = 0, 0
    for drive in drives:
        more_gram, more_toward = _correlations(drive, taps)
        gram, toward = gram + more_gram, toward + more_toward
    if not np.any(gram):
        raise DataError("nothing to fit a linear filter to: no drive has a live channel")
    power = np.trace(gram) / len(gram)
    weights = solve(gram + RIDGE * power * np.eye(len(gram)), toward, assume_a="pos")
    return weights.reshape(-1, taps)


def filtered(weights: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """(channels, samples) -> (samples,) float32, in standard deviations of the clean lead.

    weights: (channels, taps); the middle one is that of the sample itself, so there is no delay.
    DataError as `channels.checked`, and for another number of channels than of weights.
    """
    inputs = scaled(channels)
    if len(inputs) != len(weights):
        raise DataError(f"a filter of {len(weights)} channels cannot take {len(inputs)}")
    return oaconvolve(inputs, weights, "same", axes=1).sum(0).astype(np.float32)


def _correlations(drive: Drive, taps: int) -> tuple[np.ndarray, np.ndarray]:
    """Of one record: (channels * taps, channels * taps) among inputs, and with the reference."""
    inputs = scaled(drive.channels)
    channels, samples = inputs.shape
    if drive.reference.shape != (samples,):
        raise DataError(f"{drive.name}: {samples} samples, reference of {drive.reference.shape}")
    finite(drive.reference, f"{drive.name}: the reference")
    size = next_fast_len(samples + taps, real=True)
    spectra, reference = rfft(inputs, size), rfft(drive.reference.astype(float), size)
    # At lag k, of inputs i and j: the sum over t of i[t + k] j[t].
    lags = irfft(spectra[:, None] * spectra[None].conj(), size)
    blocks = [
        [toeplitz(lags[i, j, -np.arange(taps)], lags[i, j, :taps]) for j in range(channels)]
        for i in range(channels)
    ]
    towards = irfft(reference * spectra.conj(), size)
    return np.block(blocks), towards[:, np.arange(taps) - taps // 2].ravel()
