import numpy as np
import pytest

from ecglib.data.records import Record
from ecglib.stream import noisy


def test_noise_comes_after_five_minutes_every_other_two_at_the_ratio_asked_for(heart, monkeypatch):
    given = np.random.default_rng(0).standard_normal((6, 5000))
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: given)
    beats = np.arange(705) + 0.5
    signal = np.tile(heart([0.5], duration_s=1), 705).astype(np.int16)
    symbols = np.array(["N"] * len(beats))
    clean = Record("x", "MLII", 360, signal, 200.0, 1024, (beats * 360).astype(int), symbols)
    loud = noisy.with_noise(clean, 6, "em")
    added = (loud.signal_adc.astype(int) - signal).reshape(-1, 360)[: 47 * 15]
    power = (added.std(1).reshape(47, 15) ** 2).mean(1)
    minutes = np.arange(47) * 15 / 60
    inside = (minutes >= 5) & ((minutes - 5) // 2 % 2 == 0)
    assert not power[~inside].any()
    height = np.ptp(signal[162:199].astype(float))
    expected = height**2 / 8 / 10**0.6
    assert power[inside].mean() == pytest.approx(expected, rel=0.1)


@pytest.fixture
def flat():
    beats = np.arange(400) + 0.5
    signal = np.zeros(400 * 360, np.int16)
    signal[(beats * 360).astype(int)] = 800
    symbols = np.array(["N"] * len(beats))
    return Record("x", "MLII", 360, signal, 200.0, 1024, (beats * 360).astype(int), symbols)


def test_what_wanders_slower_than_a_second_is_no_noise_to_the_ratio(flat, monkeypatch):
    """WFDB's `sigamp` measures noise about the mean of each second."""
    quick = np.random.default_rng(0).standard_normal(300_000)
    slow = 20 * np.sin(2 * np.pi * np.arange(300_000) / 360 / 150)
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: np.tile(quick + slow, (6, 1)))
    loud = noisy.with_noise(flat, 12, "em").signal_adc.astype(int) - flat.signal_adc
    inside = loud[300 * 360 : 400 * 360].reshape(100, 360)
    assert np.median(inside.std(1)) ** 2 == pytest.approx(800**2 / 8 / 10**1.2, rel=0.1)
    assert np.ptp(inside.mean(1)) > 1000  # and goes beyond 11 bits: nothing is cut off


def test_noise_begins_and_ends_without_a_step(flat, monkeypatch):
    level = 5 + np.sin(2 * np.pi * 3 * (np.arange(300_000) / 360 + 0.1))
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: np.tile(level, (6, 1)))
    added = noisy.with_noise(flat, 0, "em").signal_adc.astype(int) - flat.signal_adc
    assert not added[: 300 * 360].any()
    assert np.abs(np.diff(added)).max() < 0.05 * np.ptp(added) < 100


def test_odd_beats_and_seconds_do_not_move_the_ratio(flat, monkeypatch):
    noise = np.random.default_rng(0).standard_normal(300_000)
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: np.tile(noise, (6, 1)))
    calm = noisy.with_noise(flat, 0, "em").signal_adc.astype(int) - flat.signal_adc
    loud = noise.copy()
    loud[: 10 * 360] *= 50
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: np.tile(loud, (6, 1)))
    again = noisy.with_noise(flat, 0, "em").signal_adc.astype(int) - flat.signal_adc
    assert again[310 * 360 :].std() == pytest.approx(calm[310 * 360 :].std(), rel=0.05)
