"""Beats of invented patients of DS1: regular, with premature S beats, windows unlike each other."""

import numpy as np

from ecglib.data.beats import Beats, rr_intervals_s

COUNT, LENGTH = 300, 112


def made_beats(names=("101", "118", "201", "207"), every=10, patients_with_s=("118", "201", "207")):
    """COUNT beats a record; every tenth is S, at 0.6 of the interval, in the patients that have S.
    A dozen are of the other classes.

    The first sample of a window says whose it is: 1000 times the record's place, plus the beat's.
    """
    parts = []
    for place, name in enumerate(names):
        is_s = np.zeros(COUNT, bool)
        if name in patients_with_s:
            is_s[every::every] = True
        rng = np.random.default_rng(place)
        interval = np.where(is_s, 0.6, 1.0) * (300 + rng.integers(-5, 6, COUNT))
        sample = np.cumsum(interval).astype(np.int32)
        adc = rng.integers(-200, 200, (COUNT, LENGTH)).astype(np.int16)
        adc[:, 0] = 1000 * (place + 1) + np.arange(COUNT)
        label = is_s.astype(np.uint8)
        label[3:300:97], label[4:300:97], label[5:300:97] = 2, 3, 4  # a few of every other class
        parts.append((adc, label, sample, *rr_intervals_s(sample, 360)))
    adc, label, sample, previous, following = map(np.concatenate, zip(*parts, strict=True))
    record = np.repeat(np.arange(len(names), dtype=np.uint8), COUNT)
    return Beats(adc, label, record, sample, previous, following, np.array(names))


def owner(beats: Beats) -> set[int]:
    """The places of the records whose windows these are."""
    return set((beats.adc[:, 0] // 1000 - 1).tolist())


def one_record(intervals_s):
    """A record of N beats with these intervals, without a signal."""
    sample = np.rint(np.cumsum(intervals_s) * 360).astype(np.int32)
    n = len(sample)
    zeros = np.zeros(n, np.uint8)
    rr = rr_intervals_s(sample, 360)
    return Beats(np.zeros((n, 4), np.int16), zeros, zeros, sample, *rr, np.array(["x"]))
