"""Further rhythm features: causal, and what they tell apart."""

import numpy as np
from made_beats import made_beats, one_record

from ecglib.unseen import features

BEATS = made_beats()
ALL = list(features.FEATURE_SETS)


def of_intervals(intervals_s):
    """The features of sets `references` and `regularity` of one record with these intervals."""
    one = one_record(intervals_s)
    return {name: features.features(one, [name]) for name in ("references", "regularity")}


def test_a_set_has_as_many_columns_as_it_says_and_all_are_finite():
    for names in ([name] for name in ALL):
        found = features.features(BEATS, names)
        assert found.shape == (len(BEATS), features.count(names)) and np.isfinite(found).all()
    assert features.features(BEATS, ALL).shape[1] == features.count(ALL)


def test_features_know_no_beat_behind_the_next():
    early = np.random.default_rng(0).uniform(0.5, 1.2, 60)
    late = early.copy()
    late[42:] = 0.7
    for name, found in of_intervals(early).items():
        other = of_intervals(late)[name]
        np.testing.assert_array_equal(found[:41], other[:41])
        assert not np.array_equal(found[42:], other[42:])


def test_regularity_tells_bigeminy_and_a_steady_rhythm_from_fibrillation():
    steady, bigeminy = np.full(60, 0.8), np.tile([0.5, 1.1], 30)
    fibrillation = 0.7 * np.exp(0.2 * np.random.default_rng(0).standard_normal(60))
    last = {
        name: of_intervals(intervals)["regularity"][-1] / 3
        for name, intervals in {"s": steady, "b": bigeminy, "f": fibrillation}.items()
    }
    assert last["s"].max() < 0.01
    assert last["b"][0] > 0.5 and last["b"][1] < 0.01 and last["b"][2] > 0.5
    assert last["f"][:3].min() > 0.1 and last["f"][3] > last["b"][3]


def test_references_stay_where_premature_beats_draw_a_mean_down():
    often = np.tile([0.5, 0.5, 0.5, 1.0], 30)
    found = of_intervals(often)["references"] / 3
    s_beats = np.arange(len(often)) % 4 != 3
    assert np.median(found[60:, 2][s_beats[60:]]) < -0.1
