"""Channels as the rivals take them: a whole record at one scale and the right way up.

Every rival and the linear filter start from here, so that they are helped as the network is, whose
windows `windows.cut` scales and turns.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from ecglib.denoising.channels import checked
from ecglib.denoising.leads import WINDOW
from ecglib.denoising.windows import polarity

SILENT = 1e-3  # of a channel's standard deviation: what is quieter than that is not enlarged


def upright(channels: np.ndarray) -> np.ndarray:
    """(channels, samples) scaled, each with its heart's peaks up; DataError as `channels.checked`.

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
