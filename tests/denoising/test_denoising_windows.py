"""Windows cover a record, lie where they were cut, and know neither gain nor polarity."""

import numpy as np
import pytest
from invented import heart, seat

from ecglib.data.errors import DataError
from ecglib.denoising.leads import WINDOW, banded
from ecglib.denoising.windows import FIRST, HOP, cut, polarity, scaled, starts


@pytest.fixture(scope="module")
def channels():
    return banded(seat(heart(6 * FIRST)[0], noise=0.3))


@pytest.mark.parametrize("more", [0, 1, HOP - 1, HOP, HOP + 1, 7 * HOP, 7 * HOP + 300])
def test_windows_cover_every_sample_and_end_with_the_record(more):
    at = starts(WINDOW + more)
    assert at[0] == 0 and at[-1] == more
    assert (np.diff(at) > 0).all() and (np.diff(at) <= HOP).all()


def test_a_record_shorter_than_a_window_is_refused():
    with pytest.raises(DataError, match=r"1023 samples are shorter than .* of 1024 \(5.7 s"):
        starts(WINDOW - 1)
    with pytest.raises(DataError, match="channels of 1023 samples: give a window of 1024"):
        cut(np.zeros((3, WINDOW - 1)), np.array([0]))


def test_a_window_holds_what_was_there(channels):
    at = np.array([0, 1, 700, channels.shape[1] - WINDOW])
    found = cut(channels, at)
    assert found.shape == (4, 3, WINDOW) and found.dtype == np.float32
    for window, start in zip(found, at, strict=True):
        piece = channels[:, start : start + WINDOW]
        expected = np.array([[1], [-1], [1]]) * piece / piece.std(1, keepdims=True)
        np.testing.assert_allclose(window, expected, rtol=1e-4, atol=1e-6)


def test_gain_and_polarity_of_a_channel_make_no_difference(channels):
    at = starts(channels.shape[1])
    expected = cut(channels, at)
    for by in ([-1, 1, 1], [1, -1, -1], [1e-6, 1e6, -1e-6]):
        found = cut(np.array(by)[:, None] * channels, at)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_peaks_point_up_in_every_window(channels):
    assert polarity(channels)[:, 0].tolist() == [1, -1, 1]
    found = cut(channels, starts(channels.shape[1]))
    assert ((found**3).mean(2) > 0.5).all()


def test_no_polarity_is_told_from_what_comes_later(channels):
    """But for the first 23 s, which a device has to wait for."""
    later = channels.copy()
    later[:, 2 * FIRST :] *= -1
    at = np.arange(0, 2 * FIRST - 2 * WINDOW, HOP)
    np.testing.assert_allclose(cut(later, at), cut(channels, at), rtol=1e-3, atol=1e-3)


def test_which_way_is_up_is_told_from_all_that_was_seen(channels):
    """A minute of beats that point down in all channels is a heart's: nobody swaps wires."""
    down = channels.copy()
    down[:, -20 * HOP :] *= -1
    at = np.array([channels.shape[1] - WINDOW])
    np.testing.assert_allclose(cut(down, at), -cut(channels, at), rtol=1e-3, atol=1e-3)


def test_noise_of_one_channel_does_not_turn_it():
    """Spikes downwards, taller than its heartbeats and between them, in one channel."""
    reference, sample = heart(4 * FIRST)
    channels = seat(reference, noise=0.3)
    spikes = np.zeros(4 * FIRST)
    spikes[sample[1:] - 60] = 1.3 * reference.max()
    channels[0] -= 3 * np.convolve(spikes, np.exp(-((np.arange(-9, 10) / 3) ** 2)), "same")
    channels = banded(channels)
    assert polarity(channels[:1]) == -1  # alone
    assert polarity(channels)[:, 0].tolist() == [1, -1, 1]


def test_a_burst_in_all_channels_does_not_turn_them(channels):
    loud = channels.copy()
    burst = np.exp(-((np.arange(-9, 10) / 3) ** 2))
    loud[:, 3000:3019] -= 300 * np.array([[3.0], [-0.2], [40.0]]) * burst
    assert polarity(loud)[:, 0].tolist() == [1, -1, 1]
    assert (np.sign((banded(loud) ** 3).mean(1)) == [-1, 1, -1]).all()  # by it alone they would be


@pytest.mark.parametrize("value", [0.0, 5.0, -0.1, 1e-12])
def test_a_dead_or_stuck_channel_is_zeros_and_leaves_the_others(channels, value):
    damaged = channels.copy()
    damaged[1] = value
    at = starts(channels.shape[1])
    found, whole = cut(damaged, at), cut(channels, at)
    assert not found[:, 1].any()
    np.testing.assert_array_equal(found[:, [0, 2]], whole[:, [0, 2]])


def test_a_stretch_without_contact_stays_finite(channels):
    damaged = channels.copy()
    damaged[0, 2000 : 2000 + 3 * WINDOW] = 0
    found = cut(damaged, starts(channels.shape[1]))
    assert np.isfinite(found).all() and np.abs(found).max() < 40


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(channels, value):
    damaged = channels.copy()
    damaged[2, [1234, 1240]] = value
    with pytest.raises(DataError, match="channel 2 has 2 samples .* not finite, the first at 1234"):
        cut(damaged, np.array([0]))


def test_every_window_is_scaled_by_itself():
    of = np.random.default_rng(0).normal(size=(2, 3, WINDOW)) * np.array([1e-3, 1, 1e3])[:, None]
    of[1, 1] = 0
    found = scaled(of)
    np.testing.assert_allclose(found.std(2), [[1, 1, 1], [1, 0, 1]], atol=1e-9)
