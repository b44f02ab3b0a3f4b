import numpy as np
import pytest
from scipy.signal import resample_poly

from ecglib.stream import design as d
from ecglib.stream.resampling import due, gain_of, resample, step_of, weights

RATES = [120, 128, 250, 257, 360, 500, 1000]


def ticks(samples, rate_hz):
    return resample(samples, rate_hz, np.arange(len(due(rate_hz, len(samples)))))


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_heart_s_frequencies_pass_as_they_are_and_in_time(rate_hz):
    times = np.arange(8 * rate_hz) / rate_hz
    for hz in (1, 10, 25):
        samples = np.rint(5000 * np.sin(2 * np.pi * hz * times)).astype(np.int64)
        found = ticks(samples, rate_hz)
        expected = 5000 * np.sin(2 * np.pi * hz * np.arange(len(found)) / d.TICKS_HZ)
        assert np.abs(found - expected)[d.TICKS_HZ :].max() < 0.03 * 5000


@pytest.mark.parametrize("rate_hz", [250, 360, 500, 1000])
def test_what_would_alias_is_damped(rate_hz):
    times = np.arange(4 * rate_hz) / rate_hz
    found = ticks(np.rint(5000 * np.sin(2 * np.pi * 100 * times)).astype(np.int64), rate_hz)
    assert np.abs(found[d.TICKS_HZ :]).max() < 0.02 * 5000


def test_beats_come_out_as_the_study_s_own_resampling_gives_them(heart):
    samples = heart([1.0, 1.8, 2.6], 360) - 1024
    found, theirs = ticks(samples, 360), resample_poly(samples, 1, 3)
    assert np.abs(found - theirs[: len(found)]).max() < 0.02 * np.ptp(theirs)


@pytest.mark.parametrize("rate_hz", range(d.LOWEST_HZ, d.HIGHEST_HZ + 1, 7))
def test_sums_of_any_samples_fit_32_bits_and_weights_their_room(rate_hz):
    for phase in range(d.TICKS_HZ):
        before, behind = weights(rate_hz, phase)
        assert 2**15 * (np.abs(before).sum() + np.abs(behind).sum()) < 2**31
        width = -(-2 * (d.REACH * d.FINE << 16) // step_of(rate_hz))  # the C's room for them
        assert len(before) + len(behind) <= width
        assert width + 7 < d.HISTORY
    assert gain_of(rate_hz) <= 2**20
    assert d.TICKS_HZ * step_of(rate_hz) < 2**32


def test_a_level_stays_level():
    for rate_hz in RATES:
        found = ticks(np.full(1000, 1000), rate_hz)
        np.testing.assert_array_equal(found, 1000)


def test_ticks_are_known_when_the_samples_that_they_need_are_there():
    assert due(360, 5).tolist() == []
    assert due(360, 20).tolist() == [12, 15, 18]
    assert due(128, 8).tolist() == [5, 6, 7]
