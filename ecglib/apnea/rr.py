"""Beats as an evenly sampled series of RR intervals, in which apnea shows as slow waves.

Each apnea slows the heart, and the breath that ends it quickens it: a wave of 20 to 60 s.
"""

import numpy as np
from scipy.ndimage import median_filter

from ecglib.apnea.nights import WINDOW, standardised
from ecglib.data.errors import DataError

CLOCK_HZ = 100  # of the beats of Apnea-ECG
# Samples a minute, which has one label. A window of 1408 samples is
STEP = 240  # 352 s at 4 Hz, or
WIDE_STEP = 128  # 660 s: eleven minutes, as the published window is eleven seconds
LEAST_S, MOST_S = 0.4, 2.0  # intervals that a sleeping adult's heart has: 30 to 150 a minute
NEIGHBOURS, FAR = 11, 0.2  # an interval this far (relative) from the median of its neighbours


def series(beats_s: np.ndarray, minutes: int, name: str, step: int = STEP) -> np.ndarray:
    """RR intervals over all windows of so many minutes, (samples,) float32, standardised.

    `step` samples a minute, an even number; the window of a minute is centred on it.

    An interval stands where it ends. Missed, false and ectopic beats make intervals that are no
    rhythm: those outside the limits or far from the median of their neighbours are left out, and
    the line between the others stands for them. Before the first and after the last minute the
    series has its mean.

    Raises:
        DataError: no interval is kept, or all are the same.
    """
    at, interval = clean(beats_s)
    if not len(at):
        raise DataError(
            f"night {name} has no interval between beats of {LEAST_S:g} to {MOST_S:g} s"
        )
    inside = (np.arange(minutes * step) + 0.5) * 60 / step
    evenly = standardised(np.interp(inside, at, interval), name)
    return np.pad(evenly, (WINDOW - step) // 2)


def clean(beats_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The intervals that are kept: when each ends and how long it is, both in seconds."""
    interval = np.diff(beats_s)
    at = beats_s[1:]
    possible = (interval > LEAST_S) & (interval < MOST_S)
    at, interval = at[possible], interval[possible]
    usual = median_filter(interval, NEIGHBOURS, mode="nearest")
    near = np.abs(interval - usual) < FAR * usual
    return at[near], interval[near]


def beats_in_minutes(beats_s: np.ndarray, minutes: int) -> np.ndarray:
    """(minutes,) how many beats each minute has."""
    return np.histogram(beats_s, 60 * np.arange(minutes + 1))[0]
