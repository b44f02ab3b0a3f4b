"""A patient's own windows in another order and at other times, as beats of a record."""

import numpy as np

from ecglib.data.beats import Beats, rr_intervals_s
from ecglib.settings.words import CLASSES

FS_HZ = 360  # the clock of MIT-BIH's annotations
FIBRILLATION = ("201", "203")  # of DS1, by the database's own notes on its records
N, S = CLASSES.index("N"), CLASSES.index("S")


def assembled(beats: Beats, rows: np.ndarray, intervals_s: np.ndarray) -> Beats:
    """These beats (n,) one after another, `intervals_s` (n,) before each, as one record.

    Positions are whole samples, and both intervals of a beat come from them, as for any record.
    """
    sample = np.rint(np.cumsum(intervals_s) * FS_HZ).astype(np.int32)
    previous, following = rr_intervals_s(sample, FS_HZ)
    name = beats.record_names[beats.record[rows[:1]]]
    return Beats(
        adc=beats.adc[rows],
        label=beats.label[rows],
        record=np.zeros(len(rows), np.uint8),
        sample=sample,
        rr_previous_s=previous,
        rr_next_s=following,
        record_names=name,
    )


def sinus(beats: Beats, rows: np.ndarray) -> np.ndarray:
    """Those of a record's rows, in order, that are N behind N: their interval is a sinus one."""
    label = beats.label[rows]
    return rows[1:][(label[1:] == N) & (label[:-1] == N)]


def stretch(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many of the rows in their order, from anywhere on, over the end to the first again."""
    return rows[(rng.integers(len(rows)) + np.arange(count)) % len(rows)]
