"""Three channels before anything combines them: checked, at one scale, and the right way up.

Every rival and the linear filter start from here, so that they are helped as the network is, whose
windows `windows.cut` scales and turns.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from ecglib.data.errors import DataError
from ecglib.denoising.windows import WINDOW, polarity

SILENT = 1e-3  # of a channel's standard deviation: what is quieter than that is not enlarged


def checked(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) as float64.

    Raises:
        DataError: not of two dimensions, shorter than a window, or not finite; it says where.
    """
    channels = np.asarray(channels, float)
    if channels.ndim != 2:
        raise DataError(f"channels of shape {channels.shape}: give (channels, samples)")
    if channels.shape[1] < WINDOW:
        raise DataError(f"channels of {channels.shape[1]} samples: give a window of {WINDOW}")
    for number, channel in enumerate(channels):
        finite(channel, f"channel {number}")
    return channels


def finite(signal: np.ndarray, what: str) -> None:
    """DataError, with the first place, where a signal (samples,) has a value that is no number."""
    wrong = np.flatnonzero(~np.isfinite(signal))
    if len(wrong):
        raise DataError(
            f"{what} has {len(wrong)} samples that are not finite, the first at {wrong[0]}: "
            "fill them, or give a channel of zeros where it is dead"
        )


def upright(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) scaled, each with its heart's peaks up. DataError as `checked`.

    The scale of a sample is the standard deviation of its channel in the WINDOW samples around it;
    that window moves on with every sample, so that there are no seams. The polarity is told by the
    network's rule, but from the whole record, where the network has 23 s. Dead channels stay zeros.
    """
    channels = checked(channels)
    mean = uniform_filter1d(channels, WINDOW, axis=1)
    power = uniform_filter1d(channels**2, WINDOW, axis=1) - mean**2
    floor = SILENT * channels.std(1, keepdims=True)
    deviation = np.maximum(np.sqrt(power.clip(0)), floor)
    scaled = np.divide(channels, deviation, out=np.zeros_like(channels), where=deviation > 0)
    return polarity(scaled) * scaled
