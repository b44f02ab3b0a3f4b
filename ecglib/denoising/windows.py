"""What a network sees: windows of whole records, no gain in them, and the heart's peaks upwards."""

from itertools import product

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ecglib.data.errors import DataError
from ecglib.denoising.channels import checked
from ecglib.denoising.leads import FS_HZ, WINDOW

HOP = WINDOW // 2  # a stream has its answers this often
POLARITY_HZ = (5.0, 25.0)
FIRST = 8 * HOP  # samples that polarity is told from at first: 23 s
FLAT = 1e-9  # in volts, too, what is quieter is the rounding of a dead channel
_SOS = butter(2, POLARITY_HZ, "bandpass", fs=FS_HZ, output="sos")


def polarity(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) -> (channels, 1): 1 or -1, so that QRS complexes point up together."""
    signs, upwards = _upwards(channels)
    return signs[upwards.sum(0).argmax()][:, None]


def _upwards(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(channels, samples) -> how much the sum of the channels points up, for all of their signs.

    signs (ways, channels). upwards (hops, ways): the third moment of the sum, in a QRS complex's
    band: a heart beats in all channels at once, and has the most of it where they add up. Each hop
    at its own scale, so that a burst counts no more than quiet seconds.
    """
    signs = np.array(list(product((1.0, -1.0), repeat=len(channels))))
    hops = sosfiltfilt(_SOS, channels, axis=-1)[:, : channels.shape[1] // HOP * HOP]
    hops = scaled(hops.reshape(len(channels), -1, HOP))
    sums = (np.einsum("c,cht->ht", of, hops) for of in signs)
    return signs, np.stack([(of**3).mean(-1) for of in sums], axis=1)


def scaled(windows: np.ndarray) -> np.ndarray:
    """(..., samples) each divided by its own standard deviation; what is dead stays zeros."""
    return windows / np.maximum(windows.std(-1, keepdims=True), FLAT)


def starts(samples: int, hop: int = HOP) -> np.ndarray:
    """Where windows begin that cover so many samples; the last one ends where they end.

    Raises:
        DataError: fewer samples than one window has.
    """
    if samples < WINDOW:
        raise DataError(
            f"{samples} samples are shorter than one window of {WINDOW} ({WINDOW / FS_HZ:.1f} s at "
            f"{FS_HZ} Hz): record for longer"
        )
    found = np.arange(0, samples - WINDOW + 1, hop)
    return found if found[-1] == samples - WINDOW else np.append(found, samples - WINDOW)


def cut(channels: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(channels, samples) -> (windows, channels, WINDOW) float32, scaled, peaks upwards.

    A window's polarities are told from all that was there at its end; those of the first ones from
    the first 23 s.

    Raises:
        DataError: see `channels.checked`.
    """
    channels = checked(channels)
    signs, upwards = _upwards(channels)
    ends = np.maximum((at + WINDOW) // HOP, min(FIRST // HOP, len(upwards)))
    signs = signs[upwards.cumsum(axis=0)[ends - 1].argmax(axis=1)]
    windows = np.lib.stride_tricks.sliding_window_view(channels, WINDOW, axis=1)[:, at]
    return (signs[:, :, None] * scaled(windows).transpose(1, 0, 2)).astype(np.float32)
