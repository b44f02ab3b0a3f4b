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
    added = (loud.signal_adc.astype(int) - signal).reshape(-1, 360 * 15)[:47]
    power = (added**2).mean(1)
    minutes = np.arange(47) * 15 / 60
    inside = (minutes >= 5) & ((minutes - 5) // 2 % 2 == 0)
    assert not power[~inside].any()
    height = np.ptp(signal[162:199].astype(float))
    expected = height**2 / 8 / 10**0.6
    assert power[inside].mean() == pytest.approx(expected, rel=0.1)
