"""Invented sequences: of one patient's beats, as asked, and with the features of their times."""

import numpy as np
import pytest
from made_beats import made_beats, owner

from ecglib.data.patient import deviations
from ecglib.data.rhythm import rhythm_features
from ecglib.unseen import frequent, irregular, training
from ecglib.unseen.invented import N, S
from ecglib.unseen.settings import settings

BEATS = made_beats()
PLACE = {name: place for place, name in enumerate(BEATS.record_names)}


def frequent_of(name, seed=0, **changed):
    chosen = settings().frequent.model_copy(update=changed)
    return frequent.sequence(BEATS, PLACE[name], chosen, np.random.default_rng(seed))


def irregular_of(name, seed=0):
    rng = np.random.default_rng(seed)
    return irregular.sequence(BEATS, PLACE[name], settings().irregular, rng)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.45, 0.6, 0.8])
def test_the_share_of_s_beats_is_as_asked(share):
    label = frequent.pattern(600, share, np.random.default_rng(1))
    assert (label == S).mean() == pytest.approx(share, abs=0.03)
    assert (frequent_of("118", share=[share, share]).label == S).mean() == pytest.approx(
        share, abs=0.03
    )


def test_bigeminy_trigeminy_and_runs_occur_where_the_share_allows_them():
    few = "".join("NS"[x] for x in frequent.pattern(3000, 0.25, np.random.default_rng(0)))
    many = "".join("NS"[x] for x in frequent.pattern(3000, 0.7, np.random.default_rng(0)))
    assert "SNSNSN" in few and "SNNSNNSNN" in few and "SSSS" in few
    assert "SSSS" in many and "SNNSNNSNN" not in many


@pytest.mark.parametrize("of", [frequent_of, irregular_of])
def test_features_are_those_of_the_beat_times(of):
    """Rebuilt from the positions alone, by the study's own code."""
    found = of("118")
    between = np.diff(found.sample) / 360
    assert found.rr_previous_s[1:] == pytest.approx(between)
    assert found.rr_next_s[:-1] == pytest.approx(between)
    recipe = settings().recipes["as_it_is"]
    values = training.inputs(found, recipe)
    np.testing.assert_array_equal(values[:, :112], deviations(found))
    np.testing.assert_array_equal(values[:, 112:], rhythm_features(found))


@pytest.mark.parametrize("of", [frequent_of, irregular_of])
def test_all_windows_are_the_patients_own_and_keep_their_labels(of):
    found = of("207")
    assert owner(found) == {PLACE["207"]}
    label_of = dict(zip(BEATS.adc[:, 0], BEATS.label, strict=True))
    assert [label_of[first] for first in found.adc[:, 0]] == found.label.tolist()


@pytest.mark.parametrize("of", [frequent_of, irregular_of])
def test_a_seed_gives_the_same_again_and_another_one_does_not(of):
    same, again, other = of("118", 3), of("118", 3), of("118", 4)
    np.testing.assert_array_equal(same.sample, again.sample)
    np.testing.assert_array_equal(same.adc, again.adc)
    assert not np.array_equal(same.sample, other.sample)


def test_s_beats_come_at_the_patients_own_coupling_and_a_pause_follows():
    found = frequent_of("118", jitter=0.0, pause=[2.0, 2.0], share=[0.3, 0.3])
    is_s = found.label == S
    assert np.median(found.rr_previous_s[is_s]) == pytest.approx(0.6 * 300 / 360, rel=0.05)
    after = np.flatnonzero(is_s[:-1] & ~is_s[1:]) + 1
    assert np.median(found.rr_previous_s[after]) == pytest.approx(2 * 300 / 360, rel=0.05)


def test_patients_with_few_s_beats_or_fibrillation_give_none():
    assert frequent_of("101") is None
    assert frequent_of("201") is None, "201 fibrillates"
    assert frequent_of("118", least=500) is None
    assert frequent_of("118") is not None


def test_irregular_sequences_hold_normal_beats_alone_and_are_irregular():
    spread = [np.diff(np.log(irregular_of("101", seed).rr_previous_s)).std() for seed in range(12)]
    assert all((irregular_of("101", seed).label == N).all() for seed in range(12))
    assert min(spread) > 0.03 and max(spread) > 0.15


def test_no_beat_of_a_patient_left_out_is_trained_on():
    recipe = settings().recipes["frequent_irregular"]
    found = training.invented(BEATS, ["118", "101"], recipe, seed=0)
    assert len(found) == recipe.frequent + 2 * recipe.irregular
    assert set().union(*map(owner, found)) == {PLACE["118"], PLACE["101"]}
    rows = training.of_patients(BEATS, ["118", "101"])
    assert owner(training.taken(BEATS, rows)) == {PLACE["118"], PLACE["101"]}
