"""The short network's beats: sums of the record's own samples, exactly, in Python and in C."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecglib.data.beats import Beats
from ecglib.data.errors import DataError
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.frontier import short_beats, sums
from ecglib.frontier.short import SAMPLES
from ecglib.frontier.short_beats import BEFORE, OF, R_INDEX, SUMMED
from ecglib.settings import config

LENGTH = SAMPLES * SUMMED


def of_peaks(sample, record, names):
    """Beats at these samples, of one class."""
    sample, record = np.array(sample, np.int32), np.array(record, np.uint8)
    ones = np.ones(len(sample), np.float32)
    adc = np.zeros((len(sample), 4), np.int16)
    return Beats(adc, np.zeros(len(sample), np.uint8), record, sample, ones, ones, np.array(names))


def test_every_value_is_the_sum_of_neighbours_of_its_own_record():
    draw = np.random.default_rng(0)
    signals = {name: draw.integers(0, 2048, 2000).astype(np.int16) for name in ("b", "a")}
    beats = of_peaks([300, 900, 777], [0, 1, 1], ["b", "a"])
    found = short_beats.of_sums(beats, signals)
    assert found.adc.dtype == np.int16 and found.adc.shape == (3, SAMPLES)
    for row, (name, peak) in enumerate((("b", 300), ("a", 900), ("a", 777))):
        for i in range(SAMPLES):
            at = peak - BEFORE + SUMMED * i
            assert found.adc[row, i] == sum(int(x) for x in signals[name][at : at + SUMMED])
    assert np.array_equal(found.sample, beats.sample) and np.array_equal(found.label, beats.label)


def test_the_r_peak_lies_in_the_sum_of_its_index():
    signal = np.zeros(3000, np.int16)
    peaks = [400, 1203, 2209]
    signal[peaks] = 1000
    found = short_beats.of_sums(of_peaks(peaks, [0, 0, 0], ["a"]), {"a": signal})
    assert (found.adc[:, R_INDEX] == 1000).all()
    assert (np.delete(found.adc, R_INDEX, axis=1) == 0).all()


def test_it_sees_no_more_of_a_beat_than_the_model_whose_beats_they_are():
    window = config.load().data.windows[OF]
    assert BEFORE / 360 <= window.r_index / window.fs_hz
    behind = (window.length - window.r_index) / window.fs_hz
    assert (LENGTH - BEFORE) / 360 <= behind
    assert behind - (LENGTH - BEFORE) / 360 < 0.1  # nor much less


@pytest.mark.parametrize("peak", [BEFORE - 1, 1000 - LENGTH + BEFORE + 1])
def test_a_beat_that_reaches_beyond_its_record_is_an_error(peak):
    beats, signal = of_peaks([peak], [0], ["104"]), np.zeros(1000, np.int16)
    with pytest.raises(DataError, match="beyond record 104"):
        short_beats.of_sums(beats, {"104": signal})


def test_a_sum_that_does_not_fit_is_an_error():
    with pytest.raises(DataError, match="does not fit 16 bits"):
        short_beats.summed(np.full((1, LENGTH), 2**15 // SUMMED + 1, np.int16))


def test_the_c_gives_the_same_sums_and_a_price():
    try:
        compiler.device_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    draw = np.random.default_rng(1)
    most = 2**15 // SUMMED
    windows = draw.integers(-most, most, (3, LENGTH)).astype(np.int16)
    windows[0] = -most
    found = sums.cycles(windows)
    assert LENGTH < found < 4 * LENGTH  # some cycles a sample
    assert found == sums.cycles(windows[1:])  # whatever the values


def test_the_real_beats_keep_labels_and_order(mitdb):
    if not short_beats.path_of(config.load().data.windows[OF]).is_file():
        pytest.skip("the data stage has not run")
    found, of = short_beats.all_beats(), short_beats.kachuee_beats()
    assert np.array_equal(found.label, of.label) and np.array_equal(found.sample, of.sample)
    # At both rates a beat looks alike: the sum around the R peak against its samples there.
    peak = of.adc[:, 70:73].astype(float).mean(1)
    assert np.corrcoef(peak, found.adc[:, R_INDEX])[0, 1] > 0.8


def test_sums_of_another_rate_are_refused(monkeypatch):
    record = SimpleNamespace(name="100", fs_hz=250.0, signal_adc=np.zeros(9, np.int16))
    monkeypatch.setattr(short_beats, "acquire", lambda names: None)
    monkeypatch.setattr(short_beats, "read_record", lambda *_, **__: record)
    with pytest.raises(DataError, match="100 is not sampled at 360 Hz"):
        short_beats.signals_of(of_peaks([300], [0], ["100"]))
