"""Band-pass and energy of the signal, in ticks: what the detector sees.

Hamilton 2002: two running means as a low-pass, the signal less a running mean as a high-pass, the
difference of neighbours, its absolute value, and a running sum. All are integers.
"""

from typing import NamedTuple

import numpy as np

from ecglib.stream.design import ENERGY, HIGH_PASS

LEAD = 32  # ticks before the first: the signal is taken to have been as it is


class Filtered(NamedTuple):
    """band: the band-passed signal; slope: its absolute differences; energy: their running sum."""

    band: np.ndarray
    slope: np.ndarray
    energy: np.ndarray


def filtered(signal: np.ndarray) -> Filtered:
    """All three (ticks,) int64 of a signal (ticks,)."""
    whole = np.concatenate([np.full(LEAD, signal[0], np.int64), signal])
    low = np.convolve(whole, [1, 2, 3, 2, 1])[: len(whole)]
    mean = np.convolve(low, np.ones(HIGH_PASS, np.int64))[: len(whole)]
    band = HIGH_PASS * np.roll(low, HIGH_PASS // 2) - mean >> 4
    band[: LEAD - 1] = 0
    slope = np.abs(np.diff(band, prepend=0))
    energy = np.convolve(slope, np.ones(ENERGY, np.int64))[: len(whole)]
    return Filtered(band[LEAD:], slope[LEAD:], energy[LEAD:])
