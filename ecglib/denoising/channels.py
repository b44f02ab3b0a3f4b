"""What channels must be before anything reads them: of two dimensions, long enough, finite."""

import numpy as np

from ecglib.data.errors import DataError
from ecglib.denoising.leads import WINDOW


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
