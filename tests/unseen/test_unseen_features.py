"""Further rhythm features: causal, and what they tell apart."""

import numpy as np
import pytest
from made_beats import made_beats, one_record

from ecglib.data.beats import Beats
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


def with_p_waves(heights, slope=0.0):
    """Beats of one QRS complex and a P wave of these heights 160 ms before it, on a trend."""
    ticks = np.arange(112)
    wave, peak = (np.exp(-(((ticks - at) / 3) ** 2)) for at in (50 - 19, 50))
    adc = 400 * peak + np.outer(heights, wave) + slope * ticks
    count, zeros = len(heights), np.zeros(len(heights), np.uint8)
    rr = np.full(count, 0.8, np.float32)
    sample = (288 * np.arange(1, count + 1)).astype(np.int32)
    return Beats(np.rint(adc).astype(np.int16), zeros, zeros, sample, rr, rr, np.array(["x"]))


def test_p_wave_features_tell_a_patient_and_a_beat_without_one():
    usual, without = np.full(80, 60.0), np.full(80, 60.0)
    without[70] = 0.0
    of, other = (features.p_wave(with_p_waves(each)) for each in (usual, without))
    none = features.p_wave(with_p_waves(np.zeros(80)))
    assert of[60, 0] > none[60, 0] + 1, "the usual beat has one, or has none"
    assert of[70, 1] == pytest.approx(0, abs=0.05) and of[70, 2] < -1.5
    assert other[70, 1] < -1 and other[70, 2] == pytest.approx(0, abs=0.05)
    np.testing.assert_array_equal(of[:70], other[:70])


def test_p_wave_features_do_not_read_a_trend_or_what_stands_elsewhere():
    steep = features.p_wave(with_p_waves(np.zeros(80), slope=2.0))
    assert (steep[:, 0] == -1.6).all() or steep[60, 0] == pytest.approx(np.log(0.02 / 0.1))
    beats = with_p_waves(np.full(80, 60.0))
    late = beats.adc.copy()
    late[70, 60:] += 300
    late[70] -= round(late[70].mean() - beats.adc[70].mean())
    of, changed = (features.p_wave(Beats(**{**vars(beats), "adc": a})) for a in (beats.adc, late))
    np.testing.assert_allclose(of[70, 1], changed[70, 1], atol=0.1)
