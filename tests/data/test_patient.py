"""What all beats of a patient share falls out; what differs stays; the future plays no part."""

from dataclasses import replace

import numpy as np
import pytest

from ecglib.data.beats import Beats
from ecglib.data.patient import LARGEST, deviations


def beats_with(adc, rr_s=None) -> Beats:
    n = len(adc)
    rr_s = np.full(n, 0.8, np.float32) if rr_s is None else np.asarray(rr_s, np.float32)
    same = np.zeros(n, np.uint8)
    adc = np.asarray(adc, np.int16)
    return Beats(adc, same, same, np.arange(n), rr_s, rr_s, np.array(["100"]))


def noisy(n, seed=0):
    shape = 400 * np.exp(-(((np.arange(60) - 25) / 4) ** 2))
    return np.rint(shape + np.random.default_rng(seed).normal(0, 15, (n, 60)))


def test_beats_all_alike_deviate_by_nothing_whatever_their_level():
    adc = np.tile(noisy(1), (20, 1)) + 7 * np.arange(20)[:, None]
    assert np.abs(deviations(beats_with(adc))).max() < 1e-5


def test_an_unlike_beat_deviates_more_than_the_others_and_not_in_another_amplitude():
    adc = noisy(80)
    adc[60] = -adc[60]
    spread = deviations(beats_with(adc)).std(1)
    assert spread.argmax() == 60
    assert spread[60] > 5 * np.median(spread)
    np.testing.assert_allclose(deviations(beats_with(3 * adc)).std(1), spread, rtol=1e-3, atol=1e-5)


def test_an_early_beat_does_not_enter_the_template():
    adc, rr_s = noisy(40), np.full(40, 0.8)
    adc[20] = -adc[20]
    regular, early = beats_with(adc, rr_s), beats_with(adc, np.where(np.arange(40) == 20, 0.5, 0.8))
    # The beat after it is compared with a template that holds the unlike beat only if regular.
    assert deviations(early)[22].std() < deviations(regular)[22].std()


@pytest.mark.parametrize("beat", [0, 1, 40, 198])
def test_later_beats_change_nothing(beat):
    adc, rr_s = noisy(200), np.random.default_rng(2).uniform(0.6, 1.0, 200)
    changed_adc, changed_rr = adc.copy(), rr_s.copy()
    changed_adc[beat + 1 :], changed_rr[beat + 1 :] = -2 * adc[beat + 1 :], 0.4
    before = deviations(beats_with(adc, rr_s))
    after = deviations(beats_with(changed_adc, changed_rr))
    np.testing.assert_array_equal(before[: beat + 1], after[: beat + 1])
    assert (before[beat + 1 :] != after[beat + 1 :]).any()


def test_flat_windows_and_jumps_stay_finite():
    adc = np.zeros((6, 60))
    adc[3, 10] = 30_000
    out = deviations(beats_with(adc))
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 2 * LARGEST


def test_each_record_has_a_template_of_its_own():
    adc = np.concatenate([noisy(10), -noisy(10, seed=1)])
    both = beats_with(adc)
    both = replace(both, record=np.repeat([0, 1], 10), record_names=np.array(["100", "101"]))
    apart = [deviations(beats_with(part)) for part in (adc[:10], adc[10:])]
    np.testing.assert_array_equal(deviations(both), np.concatenate(apart))
