"""The P wave's features of `ecglib.unseen.features` in integers.

Where a P wave stands, in the patient's template and in the beat: how much of it there is. Each is
taken less its mean and its straight line, so that its power is a sum of squares less two squares.
"""

import math

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.numbers import log2
from ecglib.stream.usual import TEMPLATE_BITS

RAMP = np.arange(1 - d.P_SAMPLES, d.P_SAMPLES, 2)  # twice the distance from the middle
TREND = int((RAMP * RAMP).sum())
MEAN = TREND // d.P_SAMPLES  # without a rest


def level(rms: float) -> int:
    """`_log_power` of samples with this root of the mean square."""
    power = (rms * 2**d.P_BITS) ** 2 * d.P_SAMPLES * TREND
    return round(2**14 * math.log2(power))


LEAST_USUAL, LEAST, ONE = level(0.02), level(0.005), level(0.1)


def p_wave(template: np.ndarray, deviation: np.ndarray) -> list[int]:
    """Template and deviation (112,) in 2^-20 -> three logarithms to base 2 in 2^-15.

    Of the root of the mean square: of the template's P wave over 0.1, and of the beat's and the
    deviation's over the template's. Not clipped.
    """
    part = slice(d.P_FIRST, d.P_FIRST + d.P_SAMPLES)
    usual, far = (x[part] >> TEMPLATE_BITS - d.P_BITS for x in (template, deviation))
    known = max(_log_power(usual), LEAST_USUAL)
    beat, apart = (max(_log_power(x), LEAST) for x in (usual + far, far))
    return [known - ONE, beat - known, apart - known]


def _log_power(x: np.ndarray) -> int:
    """Logarithm to base 2, in 2^-14, of the power that is left, times P_SAMPLES times TREND."""
    squares, total, slope = int((x * x).sum()), int(x.sum()), int((x * RAMP).sum())
    return log2(TREND * squares - MEAN * total * total - slope * slope | 1)
