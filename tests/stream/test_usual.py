import numpy as np

from ecglib.data.beats import Beats
from ecglib.data.patient import deviations
from ecglib.stream.rhythm import Rhythm
from ecglib.stream.usual import TEMPLATE_BITS, Usual


def deviation(usual, window, *, regular=True, sound=True):
    return usual.compared(window, regular=regular, sound=sound)[1]


def test_deviations_are_the_study_s():
    rng = np.random.default_rng(0)
    n, at = 150, np.arange(112)
    shape = 200 * np.exp(-(((at - 50) / 4) ** 2))
    windows = np.rint(shape * rng.normal(1, 0.1, (n, 1)) + rng.normal(0, 8, (n, 112)) + 300)
    windows[::9] = np.rint(-300 * np.exp(-(((at - 55) / 12) ** 2)))
    rr = np.where(np.arange(n) % 7 == 3, 0.5, 0.8)
    zeros = np.zeros(n, np.uint8)
    beats = Beats(
        windows.astype(np.int16),
        zeros,
        zeros,
        np.arange(n, dtype=np.int32),
        rr.astype(np.float32),
        rr.astype(np.float32),
        np.array(["x"]),
    )
    usual, rhythm, found = Usual(), Rhythm(), []
    for window, interval in zip(windows.astype(np.int64), rr, strict=True):
        whole = round(interval * 1920)
        regular = rhythm.is_regular(whole)
        rhythm.features(whole, whole)
        found.append(deviation(usual, window, regular=regular))
    np.testing.assert_allclose(np.array(found) / 2**TEMPLATE_BITS, deviations(beats), atol=0.01)


def test_a_signal_that_is_none_changes_nothing_that_is_usual():
    window = np.rint(300 * np.exp(-(((np.arange(112) - 50) / 4) ** 2))).astype(np.int64)
    usual = Usual()
    deviation(usual, window)
    before = usual.scale_q24, usual.template.copy(), usual.counted
    deviation(usual, np.full(112, 900), sound=False)
    assert (usual.scale_q24, usual.counted) == (before[0], before[2])
    np.testing.assert_array_equal(usual.template, before[1])
    assert np.abs(deviation(usual, window)).max() < 2**10


def test_a_stream_that_begins_with_none_learns_from_its_first_sound_beat():
    window = np.rint(300 * np.exp(-(((np.arange(112) - 50) / 4) ** 2))).astype(np.int64)
    usual = Usual()
    deviation(usual, np.zeros(112, np.int64), sound=False)
    assert not deviation(usual, window).any()
    fresh = Usual()
    deviation(fresh, window)
    np.testing.assert_array_equal(usual.template, fresh.template)
