"""Beats as an evenly sampled series of RR intervals, in which apnea shows as slow waves.

Each apnea slows the heart, and the breath that ends it quickens it: a wave of 20 to 60 s.
"""

import numpy as np
from scipy.ndimage import median_filter

from ecglib.apnea.nights import WINDOW, standardised

CLOCK_HZ = 100  # of the beats of Apnea-ECG
FS_HZ = 4  # of the series: a window of 1408 samples is 352 s
STEP = 60 * FS_HZ  # one label each minute
AROUND = (WINDOW - STEP) // 2  # samples of a window before its minute, and after it
LEAST_S, MOST_S = 0.4, 2.0  # intervals that a sleeping adult's heart has: 30 to 150 a minute
NEIGHBOURS, FAR = 11, 0.2  # an interval this far (relative) from the median of its neighbours


def series(beats_s: np.ndarray, minutes: int, name: str) -> np.ndarray:
    """RR intervals at FS_HZ over all windows of so many minutes, (samples,) float32, standardised.

    An interval stands where it ends. Missed, false and ectopic beats make intervals that are no
    rhythm: those outside the limits or far from the median of their neighbours are left out, and
    the line between the others stands for them. Before the first and after the last minute the
    series has its mean.

    Raises:
        DataError: all intervals are the same.
    """
    at, interval = clean(beats_s)
    inside = (np.arange(minutes * STEP) + 0.5) / FS_HZ
    return np.pad(standardised(np.interp(inside, at, interval), name), AROUND)


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
