import numpy as np

from ecglib.stream import design as d
from ecglib.stream.filtering import filtered


def test_a_flat_line_has_no_energy_wherever_it_lies():
    for level in (-32768, 0, 32767):
        assert not filtered(np.full(300, level)).energy.any()


def test_the_band_passes_a_beat_and_not_the_wander_below_it():
    times = np.arange(1200) / d.TICKS_HZ
    height = {
        hz: np.ptp(filtered(np.rint(1000 * np.sin(2 * np.pi * hz * times)).astype(int)).band[200:])
        for hz in (0.3, 10, 50)
    }
    assert height[10] > 20 * height[0.3]
    assert height[10] > 5 * height[50]


def test_a_spike_stands_as_many_ticks_later_as_is_said():
    signal = np.zeros(200, np.int64)
    signal[100] = 1000
    assert filtered(signal).band.argmax() == 100 + d.DELAY
