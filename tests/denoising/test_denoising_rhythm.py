"""R peaks and heart rate: what two detectors find, and how it is counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import FS_HZ, heart

from ecglib.data.errors import DataError
from ecglib.denoising import rhythm
from ecglib.settings.registry import UnknownName

every_detector = pytest.mark.parametrize("detector", rhythm.DETECTORS)


@every_detector
@pytest.mark.parametrize("gain", [0.02, 50])
def test_finds_the_beats_of_a_clean_lead_at_any_scale(detector, gain):
    signal, sample = heart(30 * FS_HZ)
    found = rhythm.peaks(detector, gain * signal, FS_HZ)
    assert found.dtype == np.int64 and (np.diff(found) > 0).all()
    scores = rhythm.of_record(found, sample, len(signal), FS_HZ)
    assert scores["r_f1"] > 0.95 and scores["r_error_ms"] < 6 and scores["hr_mae_bpm"] < 1


@every_detector
@pytest.mark.parametrize(
    "signal",
    [np.zeros(9000), np.full(9000, 3.3), np.full(180, -1e-9), np.repeat([0.0, 1.0], 4500)],
    ids=["zeros", "constant", "short", "step"],
)
def test_what_has_no_beats_raises_nothing(detector, signal):
    found = rhythm.peaks(detector, signal, FS_HZ)
    assert found.dtype == np.int64
    assert not len(found) or np.ptp(signal) > 0


@every_detector
def test_bad_signals_are_refused(detector):
    signal, _ = heart(1024)
    signal[50] = np.nan
    with pytest.raises(DataError, match="the signal has 1 samples .* first at 50"):
        rhythm.peaks(detector, signal, FS_HZ)
    with pytest.raises(DataError, match="no R peaks in 0.5 s: give 1 s or more"):
        rhythm.peaks(detector, np.ones(90), FS_HZ)


def test_an_unknown_detector_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match="one of neurokit, xqrs"):
        rhythm.peaks("ear", np.arange(900.0), FS_HZ)


def test_peaks_are_counted_and_their_errors_have_a_sign():
    true = np.array([100, 300, 500, 700])
    pairs = rhythm.matched(np.array([98, 310, 600, 700]), true, FS_HZ)
    assert pairs[:3] == (3, 1, 1)  # 600 is of no beat, and that at 500 is missed
    np.testing.assert_allclose(pairs.errors_ms, [-2 * 1000 / 180, 10 * 1000 / 180, 0])


@pytest.mark.parametrize(("late", "tp"), [(27, 1), (28, 0), (-27, 1), (-28, 0)])
def test_150_ms_are_27_samples_and_count(late, tp):
    pairs = rhythm.matched(np.array([400 + late]), np.array([400]), FS_HZ)
    assert pairs[:3] == (tp, 1 - tp, 1 - tp)


def test_a_beat_found_twice_counts_once_by_the_nearer_peak():
    pairs = rhythm.matched(np.array([380, 399]), np.array([400]), FS_HZ)
    assert pairs[:3] == (1, 1, 0)
    np.testing.assert_allclose(pairs.errors_ms, [-1000 / 180])


def test_one_peak_between_two_beats_is_of_the_nearer():
    pairs = rhythm.matched(np.array([412]), np.array([400, 420]), FS_HZ)
    assert pairs[:3] == (1, 0, 1)
    np.testing.assert_allclose(pairs.errors_ms, [-8 * 1000 / 180])


@pytest.mark.parametrize(
    ("found", "true", "counts"), [([], [5], (0, 0, 1)), ([5], [], (0, 1, 0)), ([], [], (0, 0, 0))]
)
def test_nothing_found_and_nothing_to_find(found, true, counts):
    pairs = rhythm.matched(np.array(found, int), np.array(true, int), FS_HZ)
    assert pairs[:3] == counts and not len(pairs.errors_ms)


places = st.lists(st.integers(0, 2000), max_size=25, unique=True).map(sorted).map(np.array)


@settings(max_examples=60, deadline=None)
@given(places, places)
def test_matches_are_one_to_one_within_the_limit_and_the_counts_add_up(found, true):
    pairs = rhythm.matched(found, true, FS_HZ)
    assert pairs.tp + pairs.fn == len(true) and pairs.tp + pairs.fp == len(found)
    assert min(pairs[:3]) >= 0 and len(pairs.errors_ms) == pairs.tp
    assert (np.abs(pairs.errors_ms) <= 150 + 1e-9).all()


def test_the_numbers_of_several_records_are_those_of_their_sums():
    scores = rhythm.found_of(tp=8, fp=2, fn=4)
    assert scores == pytest.approx({"r_sensitivity": 2 / 3, "r_predictivity": 0.8, "r_f1": 8 / 11})
    assert rhythm.found_of(0, 3, 5)["r_f1"] == 0
    assert np.isnan(rhythm.found_of(0, 0, 0)["r_f1"])


def test_heart_rate_is_60_over_the_median_rr_of_each_whole_stretch():
    steady = np.arange(0, 30 * FS_HZ, FS_HZ // 2)  # 120 a minute
    rates = rhythm.heart_rates(steady, 35 * FS_HZ, FS_HZ)  # half a stretch is left over
    np.testing.assert_allclose(rates, [120, 120, 120])
    assert rhythm.heart_rates(steady[:5], 5 * FS_HZ, FS_HZ) == pytest.approx([120])


def test_a_stretch_with_one_peak_or_none_has_a_rate_of_0():
    places = np.array([100, 200, 1800 + 50, 5400 + 10, 5400 + 100])
    rates = rhythm.heart_rates(places, 4 * 1800, FS_HZ)
    np.testing.assert_allclose(rates, [108, 0, 0, 120])


def test_silence_costs_the_whole_rate_and_stretches_without_truth_are_left_out():
    true = np.arange(0, 1800, 180)
    wrong = rhythm.rate_errors(np.zeros(0, int), true, 3 * 1800, FS_HZ)
    np.testing.assert_allclose(wrong, [-60])


def test_bias_and_limits_of_agreement():
    assert rhythm.bland_altman(np.array([1.0, 3.0])) == pytest.approx(
        (2, 2 - 1.96 * 2**0.5, 2 + 1.96 * 2**0.5)
    )
    assert np.isnan(rhythm.bland_altman(np.zeros(0))).all()
    one = rhythm.bland_altman(np.array([2.0]))
    assert one[0] == 2 and np.isnan(one[1:]).all()


def test_a_record_has_all_numbers_and_nan_for_those_that_it_has_not():
    true = np.arange(90, 5400, 180)
    perfect = rhythm.of_record(true, true, 5400, FS_HZ)
    assert perfect["r_f1"] == 1
    assert {perfect[name] for name in ("fp", "fn", "r_error_ms", "hr_mae_bpm", "hr_bias_bpm")} == {
        0
    }
    silent = rhythm.of_record(true[:0], true, 5400, FS_HZ)
    assert silent["r_f1"] == 0 and np.isnan(silent["r_error_ms"])
    assert silent["hr_mae_bpm"] == silent["hr_median_bpm"] == pytest.approx(60)


def test_a_missed_or_a_false_peak_does_not_move_the_rate_but_the_mean_interval_does():
    true = np.arange(90, 1800, 180)  # 60 a minute
    missed, false = np.delete(true, 4), np.sort(np.append(true, 1000))
    for found in (missed, false):
        assert rhythm.heart_rates(found, 1800, 180) == pytest.approx([60])
        assert abs(rhythm.heart_rates(found, 1800, 180, np.mean)[0] - 60) > 5
    scores = rhythm.of_record(missed, true, 1800, 180)
    assert scores["hr_mae_bpm"] == 0 and scores["hr_mae_mean_rr_bpm"] > 5
