"""The RR series: what beats that were missed or came early leave in it, and where a window lies."""

import numpy as np
import pytest

from ecglib.apnea import rr
from ecglib.apnea.nights import WINDOW
from ecglib.data.errors import DataError

MINUTES = 12


def wave(period_s=40, minutes=MINUTES):
    """Beats about 1 s apart, slower and faster in waves, as apnea has them."""
    beats = [0.5]
    while beats[-1] < 60 * minutes:
        beats.append(beats[-1] + 1 + 0.1 * np.sin(2 * np.pi * beats[-1] / period_s))
    return np.array(beats)


def without_edges(beats, step=rr.STEP):
    signal = rr.series(beats, MINUTES, "a01", step)
    around = (WINDOW - step) // 2
    return signal[around : len(signal) - around]


@pytest.mark.parametrize("step", [rr.STEP, rr.WIDE_STEP])
def test_a_wave_of_heart_rate_is_a_wave_of_its_period_at_either_rate(step):
    signal = without_edges(wave(period_s=40), step)
    assert len(signal) == MINUTES * step
    power = np.abs(np.fft.rfft(signal)) ** 2
    # The heart's own time runs a little slower in the long beats: 18 waves in 12 min, or nearly.
    assert power.argmax() == pytest.approx(MINUTES * 60 / 40, abs=1)
    assert power[power.argmax()] > 0.8 * power.sum()


@pytest.mark.parametrize("step", [rr.STEP, rr.WIDE_STEP])
def test_a_window_is_centred_on_its_minute(step):
    beats = np.arange(0.5, 60 * MINUTES)
    slow = (beats > 60 * 5) & (beats < 60 * 6)
    beats = np.cumsum(np.where(slow, 1.1, 1.0))
    signal = rr.series(beats, MINUTES, "a01", step)
    windows = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[::step]
    assert len(windows) == MINUTES
    own = windows[:, (WINDOW - step) // 2 : (WINDOW + step) // 2].mean(1)
    assert own.argmax() == 5
    assert not windows[0, : (WINDOW - step) // 2].any()  # before the night: its mean


def missed(beats):
    return np.delete(beats, [100, 300, 301, 500])


def early(beats):
    changed = beats.copy()
    changed[[150, 400]] -= 0.45
    return changed


def false(beats):
    return np.sort(np.append(beats, beats[[120, 350]] + 0.3))


@pytest.mark.parametrize("harm", [missed, early, false])
def test_beats_missed_early_or_false_leave_no_mark(harm):
    beats = wave()
    clean, mended = without_edges(beats), without_edges(harm(beats))
    assert len(harm(beats)) != len(beats) or not np.array_equal(harm(beats), beats)
    # 1 is the spread of the night; the harmed intervals would be 4 to 14 of it away.
    assert np.abs(mended - clean).max() < 0.5


def test_a_gap_is_bridged_by_a_line():
    beats = wave()
    gap = (beats > 200) & (beats < 260)
    signal = without_edges(beats[~gap])
    inside = signal[203 * rr.STEP // 60 : 257 * rr.STEP // 60]
    assert np.abs(np.diff(inside, 2)).max() < 1e-4


def test_a_night_without_spread_is_refused_by_name():
    beats = np.arange(0, 60 * MINUTES, 0.75)  # binary fractions: all intervals are equal
    with pytest.raises(DataError, match="a01 is flat: every sample is 0.75"):
        rr.series(beats, MINUTES, "a01")


def test_a_night_without_a_possible_interval_is_refused_by_name():
    with pytest.raises(DataError, match="a01 .* 0.4 to 2"):
        rr.series(np.arange(0, 60 * MINUTES, 3.0), MINUTES, "a01")


def test_beats_are_counted_in_their_minute():
    assert rr.beats_in_minutes(np.array([1.0, 59.9, 60.0, 185.0]), 4).tolist() == [2, 1, 0, 1]
