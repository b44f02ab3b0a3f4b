import numpy as np
import pandas as pd

from ecglib.data.beats import Beats
from ecglib.data.rhythm import SCALE, rhythm_features
from ecglib.stream import design as d
from ecglib.stream.rhythm import Rhythm

UNIT_S = 1 / (d.TICKS_HZ * d.SUBTICKS)


def floats(intervals):
    """Features of the study for whole intervals, the first and last repeated as it does."""
    previous = np.array([intervals[0], *intervals]) * UNIT_S
    following = np.array([*intervals, intervals[-1]]) * UNIT_S
    n = len(previous)
    zeros = np.zeros(n, np.uint8)
    return rhythm_features(
        Beats(
            np.zeros((n, 4), np.int16),
            zeros,
            zeros,
            np.arange(n, dtype=np.int32),
            previous.astype(np.float32),
            following.astype(np.float32),
            np.array(["x"]),
        )
    )


def test_features_are_the_study_s():
    rng = np.random.default_rng(0)
    intervals = rng.normal(1500, 60, 700)
    intervals[rng.random(700) < 0.1] *= 0.6
    intervals = np.rint(intervals).astype(int).tolist()
    rhythm = Rhythm()
    found = []
    for i in range(len(intervals) + 1):
        before = None if i == 0 else intervals[i - 1]
        after = None if i == len(intervals) else intervals[i]
        found.append(rhythm.features(before, after))
    units = np.full(8, SCALE * np.log(2) / 2**14)
    units[[5, 6]] = SCALE / 2**12
    limit = np.where(np.isin(np.arange(8), (5, 6)), np.inf, SCALE)
    mine = (np.array(found) * units).clip(-limit, limit)
    np.testing.assert_allclose(mine, floats(intervals), atol=0.004)


def test_the_window_of_the_percentile_is_the_last_two_hundred():
    rhythm = Rhythm()
    past = np.random.default_rng(1).integers(1000, 2000, 450).tolist()
    for one in past:
        rhythm.features(one, one)
    expected = pd.Series(past[-200:]).quantile(0.9)
    assert rhythm._high_tenfold(0) == round(10 * expected)
    assert rhythm.past == past[-400:]


def test_an_unknown_interval_is_taken_to_be_as_usual_and_is_not_remembered():
    rhythm = Rhythm()
    for _ in range(20):
        rhythm.features(1500, 1500)
    found = rhythm.features(None, 1500)
    assert max(map(abs, found)) <= 2
    assert len(rhythm.past) == 20
    assert rhythm.is_regular(None)
    assert not rhythm.is_regular(1000)
