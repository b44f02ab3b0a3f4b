"""Rhythm features are the formulas of their docstring, and know nothing of later beats."""

from dataclasses import replace

import numpy as np
import pytest

from ecglib.data.beats import Beats
from ecglib.data.rhythm import FEATURES, SCALE, rhythm_features


def beats_with(rr_s, record=None) -> Beats:
    """Beats with these intervals before each; the last one's next interval repeats the last."""
    rr_s = np.asarray(rr_s, np.float32)
    n = len(rr_s)
    record = np.zeros(n, np.uint8) if record is None else np.asarray(record, np.uint8)
    names = np.array([str(100 + i) for i in range(record.max() + 1)])
    following = np.append(rr_s[1:], rr_s[-1])
    return Beats(
        np.zeros((n, 4), np.int16),
        np.zeros(n, np.uint8),
        record,
        np.cumsum(360 * rr_s).astype(np.int32),
        rr_s,
        following,
        names,
    )


def irregular(n, seed=0):
    return np.random.default_rng(seed).uniform(0.4, 1.2, n)


def test_an_even_rhythm_has_features_of_zero():
    assert np.abs(rhythm_features(beats_with([0.8] * 30))).max() < 1e-5


def test_a_premature_beat_and_its_pause_by_hand():
    features = rhythm_features(beats_with([1.0] * 20 + [0.7, 1.3, 1.0])) / SCALE
    log = np.log
    expected = [log(0.7), log(1.3 / 0.7), log(0.7), log(1.3), log(1.3), 0, 0, log(0.7)]
    np.testing.assert_allclose(features[20], expected, atol=1e-5)
    # The beat after it: of the last ten intervals one is 0.7; of the last 21 too.
    local, long = 0.97, (20 + 0.7) / 21
    expected = [log(1.3 / local), log(1 / 1.3), log(1.3 / long), log(1 / local), log(1 / long)]
    expected += [np.std([1.0] * 9 + [0.7]) / local, 0.3 / 10 / local, log(1.3)]
    np.testing.assert_allclose(features[21], expected, atol=1e-5)


def test_heart_rate_alone_changes_nothing():
    slow = irregular(50)
    np.testing.assert_allclose(
        rhythm_features(beats_with(slow)), rhythm_features(beats_with(slow / 2)), atol=1e-4
    )


def test_long_pauses_are_clipped():
    features = rhythm_features(beats_with([0.8] * 20 + [30.0] + [0.8] * 3))
    assert features.shape == (24, len(FEATURES))
    assert features.dtype == np.float32
    assert np.abs(features).max() == SCALE


@pytest.mark.parametrize("beat", [0, 1, 9, 30, 300, 449])
def test_later_intervals_do_not_change_a_beat_beyond_its_next_one(beat):
    rr_s = irregular(500)
    changed = rr_s.copy()
    changed[beat + 2 :] = irregular(500, seed=1)[beat + 2 :]
    before, after = rhythm_features(beats_with(rr_s)), rhythm_features(beats_with(changed))
    assert (before[: beat + 1] == after[: beat + 1]).all()
    assert (before[beat + 1] != after[beat + 1]).any()


def test_each_record_stands_for_itself():
    one, two = irregular(40), irregular(40, seed=1)
    both = beats_with(np.concatenate([one, two]), [0] * 40 + [1] * 40)
    both = replace(both, rr_next_s=np.concatenate([one[1:], one[-1:], two[1:], two[-1:]]))
    together = rhythm_features(replace(both, rr_next_s=both.rr_next_s.astype(np.float32)))
    apart = [rhythm_features(beats_with(part)) for part in (one, two)]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_a_run_of_premature_beats_still_stands_out_against_the_percentile():
    rr_s = [0.9] * 12 + [0.5] * 8 + [0.9] * 4
    features = rhythm_features(beats_with(rr_s)) / SCALE
    local, percentile = features[19, 0], features[19, 7]
    assert percentile == pytest.approx(np.log(0.5 / 0.9), abs=1e-5)
    assert abs(local) < 0.4 * abs(percentile)
