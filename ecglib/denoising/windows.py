"""What a network sees: windows of whole records, no gain in them, and the heart's peaks upwards."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ecglib.data.errors import DataError
from ecglib.denoising.channels import checked
from ecglib.denoising.leads import FS_HZ, WINDOW

HOP = WINDOW // 2  # a stream has its answers this often
SEEN_FOR = 4 * WINDOW  # samples from which a channel's polarity is told: 23 s
POLARITY_HZ = (5.0, 25.0)
FLAT = 1e-9  # in volts, too, what is quieter is the rounding of a dead channel
_SOS = butter(2, POLARITY_HZ, "bandpass", fs=FS_HZ, output="sos")


def polarity(channels: np.ndarray) -> np.ndarray:
    """(..., samples) -> (..., 1): 1 where the QRS complexes of a channel point up, else -1.

    By the skewness of the band in which a QRS complex has its power: it is a few tall peaks.
    """
    skewness = (_in_band(channels) ** 3).mean(-1, keepdims=True)
    return np.where(skewness < 0, -1.0, 1.0)


def _in_band(channels: np.ndarray) -> np.ndarray:
    return sosfiltfilt(_SOS, channels, axis=-1)


def scaled(windows: np.ndarray) -> np.ndarray:
    """(..., WINDOW) each divided by its own standard deviation; what is dead stays zeros."""
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

    A window's polarities are told from the 23 s that end with it; those of the first ones from the
    first 23 s.

    Raises:
        DataError: see `channels.checked`.
    """
    channels = checked(channels)
    cubes = np.cumsum(np.pad(_in_band(channels) ** 3, ((0, 0), (1, 0))), axis=1)
    ends = np.maximum(at + WINDOW, min(SEEN_FOR, channels.shape[1]))
    skewness = cubes[:, ends] - cubes[:, np.maximum(ends - SEEN_FOR, 0)]
    windows = np.lib.stride_tricks.sliding_window_view(channels, WINDOW, axis=1)[:, at]
    signs = np.where(skewness < 0, -1.0, 1.0)[:, :, None]
    return (signs * scaled(windows)).transpose(1, 0, 2).astype(np.float32)
