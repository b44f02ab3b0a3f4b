"""Samples at the converter's rate to ticks, in integers; time is exact for any whole rate.

Tick m stands at sample m x rate / 120 and is a sum of the samples around it, each times the place
of a sinc under a Kaiser window (see `scipy.signal.resample_poly`) that is nearest to it in a table.
"""

from functools import lru_cache

import numpy as np

from ecglib.stream.design import FINE, KAISER_BETA, KERNEL_BITS, REACH, TICKS_HZ

HALF = 1 << 15  # places of the table are counted in 2 ** -16


@lru_cache(maxsize=1)
def kernel() -> np.ndarray:
    """(REACH x FINE + 1,) int64: one side of the kernel, whose sum over all ticks is 2^12."""
    ticks = np.arange(REACH * FINE + 1) / FINE
    window = np.i0(KAISER_BETA * np.sqrt(1 - (ticks / REACH) ** 2)) / np.i0(KAISER_BETA)
    values = np.sinc(ticks) * window
    whole = (2 * values.sum() - values[0]) / FINE
    return np.rint(2**KERNEL_BITS * values / whole).astype(np.int64)


def due(rate_hz: int, samples: int) -> np.ndarray:
    """(ticks,) the sample with which each tick is known, of a stream of so many samples."""
    last = (samples - 1) * TICKS_HZ // rate_hz - REACH
    ticks = np.arange(max(last + 1, 0), dtype=np.int64)
    return -(-(ticks + REACH) * rate_hz // TICKS_HZ)


def step_of(rate_hz: int) -> int:
    """Places in the table from one sample to the next, in 2 ** -16."""
    return (TICKS_HZ * FINE << 16) // rate_hz


def whole_of(rate_hz: int) -> int:
    """The sum of a tick's weights."""
    return ((rate_hz << KERNEL_BITS) + TICKS_HZ // 2) // TICKS_HZ


def gain_of(rate_hz: int) -> int:
    """What a sum is multiplied by, in 2 ** -32, to be in units of the converter."""
    return ((TICKS_HZ << 32 - KERNEL_BITS) + rate_hz // 2) // rate_hz


def weights(rate_hz: int, phase: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the samples at and before the tick, and of those behind, the nearest first.

    phase: how far the tick lies behind the sample before it, in 120ths of a sample. The nearest
    takes what is missing to the same sum at all phases, so that a level stays level.
    """
    step = step_of(rate_hz)
    before = phase * step // TICKS_HZ
    sides = []
    for first in (before, step - before):
        places = np.arange(first, REACH * FINE << 16, step)
        sides.append(kernel()[places + HALF >> 16])
    before, behind = sides
    before[0] += whole_of(rate_hz) - before.sum() - behind.sum()
    return before, behind


def resample(samples: np.ndarray, rate_hz: int, ticks: np.ndarray) -> np.ndarray:
    """The values (n,) int64 of these ticks.

    samples: (n,) integers of 17 bits; before its first and behind its last the signal is taken to
    stay as it is.
    """
    values = np.empty(len(ticks), np.int64)
    base, phase = np.divmod(np.asarray(ticks, np.int64) * rate_hz, TICKS_HZ)
    for one in np.unique(phase):
        rows = phase == one
        before, behind = weights(rate_hz, int(one))
        offsets = np.concatenate([-np.arange(len(before)), 1 + np.arange(len(behind))])
        index = (base[rows, None] + offsets).clip(0, len(samples) - 1)
        values[rows] = samples[index].astype(np.int64) @ np.concatenate([before, behind])
    return (values * gain_of(rate_hz) + 2**31 >> 32).clip(-(2**15), 2**15 - 1)
