"""What the network reads: its two input tensors, from deviations and features in integers."""

import math
from typing import NamedTuple

import numpy as np

from ecglib.data.rhythm import SCALE
from ecglib.device.integer import LARGEST, IntegerError, IntegerNetwork
from ecglib.stream import design as d
from ecglib.stream.rhythm import RATIO_BITS
from ecglib.stream.usual import TEMPLATE_BITS

IRREGULAR = (5, 6)  # places of the features that are fractions, not logarithms
P_WAVE = 8  # place of the first of the P wave's
FEATURE_BITS = 26


class Scales(NamedTuple):
    """Factors to values of the tensors, and the tensors' zeros.

    Of deviations, the rhythm's logarithms and fractions, and the P wave's logarithms.
    """

    deviation: int
    logarithm: int
    fraction: int
    p_wave: int
    window_zero: int
    feature_zero: int


def scales_of(network: IntegerNetwork) -> Scales:
    """The factors of a network.

    IntegerError: it does not read a window of 112 samples and eleven features.
    """
    shapes = [(tensor.channels, tensor.steps) for tensor in network.inputs]
    sizes = [channels * steps for channels, steps in shapes]
    if sizes != [d.WINDOW, d.FEATURES]:
        raise IntegerError(
            f"the network's inputs are {shapes}; the stream gives a window of {d.WINDOW} and "
            f"{d.FEATURES} features: take a network for unseen patients, of models/unseen"
        )
    window, features = network.inputs
    found = Scales(
        round(2 ** (32 - TEMPLATE_BITS) / window.scale),
        round(2 ** (FEATURE_BITS - 14) * SCALE * math.log(2) / features.scale),
        round(2 ** (FEATURE_BITS - RATIO_BITS) * SCALE / features.scale),
        round(2 ** (FEATURE_BITS - 15) * math.log(2) / features.scale),
        window.zero,
        features.zero,
    )
    if max(found) >= 2**24:
        raise IntegerError(f"the scales of the network's inputs are too fine: {found}")
    return found


def window_values(deviation: np.ndarray, scales: Scales) -> np.ndarray:
    """Deviations (112,) in 2^-20 -> (112,) uint8."""
    values = scales.window_zero + (deviation * scales.deviation + 2**31 >> 32)
    return values.clip(0, LARGEST).astype(np.uint8)


def feature_values(features: list[int], scales: Scales) -> list[int]:
    """Features as `rhythm` and `p_wave` give them -> eleven values of 8 bits."""
    values = []
    for i, feature in enumerate(features):
        factor, limit = scales.logarithm, d.LOG_LIMIT_Q14
        if i in IRREGULAR:
            factor, limit = scales.fraction, 1 << RATIO_BITS
        elif i >= P_WAVE:
            factor, limit = scales.p_wave, d.P_LIMIT_Q15
        feature = min(max(feature, -limit), limit)
        value = scales.feature_zero + (feature * factor + 2 ** (FEATURE_BITS - 1) >> FEATURE_BITS)
        values.append(min(max(value, 0), LARGEST))
    return values
