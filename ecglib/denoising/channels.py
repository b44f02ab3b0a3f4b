"""Three channels before anything combines them: checked, and each at the scale of its own window.

Every rival starts from here, so that what the network is given, no more and no less, is given to
all: one window's standard deviation of each channel.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from ecglib.data.errors import DataError
from ecglib.denoising.leads import WINDOW

STUCK = 1e-6  # of a channel's largest value: one that moves less, a saturated one, tells nothing
QRS_HZ = (5, 20)  # most of the power of a QRS complex
SILENT = 1e-3  # of a channel's standard deviation: what is quieter than that is not enlarged


def checked(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) as float64; a channel that is stuck at one value is zeros.

    Raises:
        DataError: not of two dimensions, shorter than a window, or not finite; it says where.
    """
    channels = np.array(channels, float)
    if channels.ndim != 2:
        raise DataError(f"channels of shape {channels.shape}: give (channels, samples)")
    if channels.shape[1] < WINDOW:
        raise DataError(f"channels of {channels.shape[1]} samples: give a window of {WINDOW}")
    for number, channel in enumerate(channels):
        finite(channel, f"channel {number}")
    channels[np.ptp(channels, axis=1) <= STUCK * np.abs(channels).max(1)] = 0
    return channels


def finite(signal: np.ndarray, what: str) -> None:
    """DataError, with the first place, where a signal (samples,) has a value that is no number."""
    wrong = np.flatnonzero(~np.isfinite(signal))
    if len(wrong):
        raise DataError(
            f"{what} has {len(wrong)} samples that are not finite, the first at {wrong[0]}: "
            "fill them, or give a channel of zeros where it is dead"
        )


def qrs(signals: np.ndarray, fs_hz: float) -> np.ndarray:
    """(..., samples) within QRS_HZ, without delay: Butterworth of order 4, both ways."""
    return sosfiltfilt(butter(2, QRS_HZ, "bandpass", fs=fs_hz, output="sos"), signals)


def scaled(channels: np.ndarray) -> np.ndarray:
    """(channels, samples), each sample over its channel's standard deviation in the window around.

    That window has WINDOW samples, as the network's, which is scaled alike; it moves on with every
    sample, so that there are no seams. A dead channel gives zeros. DataError as `checked`.
    """
    channels = checked(channels)
    mean = uniform_filter1d(channels, WINDOW, axis=1)
    power = uniform_filter1d(channels**2, WINDOW, axis=1) - mean**2
    floor = SILENT * channels.std(1, keepdims=True)
    deviation = np.maximum(np.sqrt(power.clip(0)), floor)
    return np.divide(channels, deviation, out=np.zeros_like(channels), where=deviation > 0)
