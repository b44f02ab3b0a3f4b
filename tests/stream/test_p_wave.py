"""The P wave's features in integers: those of the floats, and of the right samples."""

import numpy as np
import pytest

from ecglib.data.beats import Beats
from ecglib.stream import design as d
from ecglib.stream.p_wave import p_wave
from ecglib.stream.usual import TEMPLATE_BITS, Usual
from ecglib.unseen import features as of_floats

UNIT = np.log(2) / 2**15
AT = np.arange(d.WINDOW)
FLAT = np.zeros(d.WINDOW, np.int64)


def fixed(values):
    return np.rint(np.asarray(values) * 2**TEMPLATE_BITS).astype(np.int64)


def features(template, deviation):
    return np.clip(np.array(p_wave(fixed(template), fixed(deviation))) * UNIT, -2, 2)


def bump(at, height=0.3, wide=3.0):
    return height * np.exp(-(((AT - at) / wide) ** 2))


def test_they_are_those_of_the_floats_beat_by_beat():
    rng = np.random.default_rng(0)
    n = 150
    shape = 200 * np.exp(-(((AT - 50) / 4) ** 2)) + 30 * np.exp(-(((AT - 31) / 4) ** 2))
    windows = shape * rng.normal(1, 0.1, (n, 1)) + rng.normal(0, 4, (n, 112)) + 300
    windows[::7] -= 28 * np.exp(-(((AT - 31) / 4) ** 2))
    windows[::5] += np.linspace(0, 90, 112)
    windows = np.rint(windows).astype(np.int16)
    zeros, rr = np.zeros(n, np.uint8), np.full(n, 0.8, np.float32)
    beats = Beats(windows, zeros, zeros, np.arange(n, dtype=np.int32), rr, rr, np.array(["x"]))
    usual, found = Usual(), []
    for window in windows.astype(np.int64):
        found.append(p_wave(*usual.compared(window, regular=True, sound=True)))
    expected = of_floats.p_wave(beats)
    assert np.ptp(expected, axis=0).min() > 0.5
    np.testing.assert_allclose(np.clip(np.array(found) * UNIT, -2, 2), expected, atol=0.02)


def test_they_are_of_the_22_samples_from_31_before_the_r_peak_to_10_before_it():
    part = range(d.R_INDEX - 31, d.R_INDEX - 9)
    assert (d.P_FIRST, d.P_SAMPLES) == (part.start, len(part))
    assert of_floats.P_WAVE == slice(part.start, part.stop)
    calm = features(bump(30), FLAT)
    for at in (0, part.start - 1, part.stop, 111):
        np.testing.assert_array_equal(features(bump(30) + 3 * (at == AT), FLAT), calm)
        np.testing.assert_array_equal(features(bump(30), 3 * (at == AT)), calm)
    for at in (part.start, part.stop - 1):
        assert (features(bump(30) + 3 * (at == AT), FLAT) != calm).any()
        assert (features(bump(30), 3 * (at == AT)) != calm).any()


@pytest.mark.parametrize("slope", [-0.05, 0.002, 0.05])
def test_a_level_and_a_straight_line_are_no_p_wave(slope):
    line = 0.5 + slope * (AT - 50)
    calm = features(bump(30), bump(33, 0.1))
    np.testing.assert_allclose(features(bump(30) + line, bump(33, 0.1)), calm, atol=1e-3)
    np.testing.assert_allclose(features(bump(30), bump(33, 0.1) + line), calm, atol=1e-3)
    np.testing.assert_allclose(
        features(line, FLAT), [np.log(0.2), np.log(0.25), np.log(0.25)], atol=1e-4
    )


@pytest.mark.parametrize(("usual", "own"), [(-8, 16), (8, -16), (0, 16)])
def test_the_largest_values_overflow_nothing(usual, own):
    template, deviation = (np.where(AT % 2, of, 0) << TEMPLATE_BITS for of in (usual, own))
    rms = [max(abs(of) / 2, 0.02) for of in (usual, usual + own, own)]
    expected = np.log([rms[0] / 0.1, rms[1] / rms[0], rms[2] / rms[0]])
    np.testing.assert_allclose(np.array(p_wave(template, deviation)) * UNIT, expected, atol=0.01)
