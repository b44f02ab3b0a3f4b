"""What a network sees: windows of whole records, no gain in them, and the heart's peaks upwards."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ecglib.data.errors import DataError
from ecglib.denoising.channels import checked
from ecglib.denoising.leads import FS_HZ, WINDOW

HOP = WINDOW // 2  # a stream has its answers this often
POLARITY_HZ = (5.0, 25.0)
# Samples that polarity is told from. First 23 s; then agreement of channels from up to 91 s, since
# contact changes, and which way is up from all that was seen, since nobody swaps wires.
FIRST, LONGEST = 8 * HOP, 32 * HOP
FLAT = 1e-9  # in volts, too, what is quieter is the rounding of a dead channel
_SOS = butter(2, POLARITY_HZ, "bandpass", fs=FS_HZ, output="sos")


def polarity(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) -> (channels, 1): 1 where QRS complexes point up, else -1."""
    return _signs(*(of.sum(0) for of in _told(channels)))[:, None]


def _told(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(channels, samples) -> what each HOP of samples tells of polarity, in a QRS complex's band.

    together (hops, channels, channels): the covariance of two channels, more where all are loud,
    since there a heart beats and noise of the same kind weighs less. upwards (hops, channels): the
    skewness of each. Each hop at its own scale, so that a burst counts no more than quiet seconds.
    """
    hops = sosfiltfilt(_SOS, channels, axis=-1)[:, : channels.shape[1] // HOP * HOP]
    hops = scaled(hops.reshape(len(channels), -1, HOP))
    louder = (hops**2).mean(0) - 1
    together = np.einsum("ht,iht,jht->hij", louder, hops, hops, optimize=True) / HOP
    return together, (hops**3).mean(-1).T


def _signs(together: np.ndarray, upwards: np.ndarray) -> np.ndarray:
    """(..., channels, channels) and (..., channels), summed -> (..., channels) of 1 and -1.

    Which channels agree is told by the direction that all share, the first eigenvector; which way
    they point by their skewness together.
    """
    shared = np.linalg.eigh(together)[1][..., -1]
    shared = np.where((shared * upwards).sum(-1, keepdims=True) < 0, -shared, shared)
    return np.where(shared < 0, -1.0, 1.0)


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

    A window's polarities are told from what was there at its end (see LONGEST); those of the first
    ones from the first 23 s.

    Raises:
        DataError: see `channels.checked`.
    """
    channels = checked(channels)
    together, upwards = (np.cumsum([0 * of[0], *of], axis=0) for of in _told(channels))
    ends = np.maximum((at + WINDOW) // HOP, min(FIRST // HOP, len(together) - 1))
    recent = together[ends] - together[np.maximum(ends - LONGEST // HOP, 0)]
    signs = _signs(recent, upwards[ends])
    windows = np.lib.stride_tricks.sliding_window_view(channels, WINDOW, axis=1)[:, at]
    return (signs[:, :, None] * scaled(windows).transpose(1, 0, 2)).astype(np.float32)
