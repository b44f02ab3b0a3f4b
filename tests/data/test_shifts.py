"""A shifted window is what cutting with another R peak gives, up to the record's very ends."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ecglib.data.beats import Beats, cut
from ecglib.data.records import DataError, Record
from ecglib.data.shifts import Signals
from ecglib.settings.sections import Window

AT_360_HZ = Window(fs_hz=360, length=260, r_index=99, normalise="beat")
AT_125_HZ = Window(fs_hz=125, length=187, r_index=71, normalise="beat")


def record_of(name, sample, samples=4000):
    noise = np.random.default_rng(int(name)).integers(0, 2048, samples).astype(np.int16)
    sample = np.array(sample)
    return Record(
        name, "MLII", 360, noise, 200.0, 1024, sample, np.array(["N", "V"] * 9)[: len(sample)]
    )


RECORDS = [record_of("100", [600, 1000, 1700, 3000]), record_of("101", [900, 1333, 2000])]


@pytest.mark.parametrize("window", [AT_360_HZ, AT_125_HZ], ids=str)
@pytest.mark.parametrize("shift", [-5, -1, 0, 3, 5])
def test_a_shifted_window_is_that_of_an_r_peak_seen_so_many_samples_late(window, shift):
    signals = Signals.of(cut(RECORDS, window), window, RECORDS)
    found = signals.cut(np.array([1, 2, 5]), shift)
    late = cut([replace(record, sample=record.sample + shift) for record in RECORDS], window)
    assert np.array_equal(found.adc, late.adc[[1, 2, 5]])
    before = signals.beats
    for field in fields(Beats):
        if field.name not in ("adc", "record_names"):  # the annotator's, not the detector's
            assert np.array_equal(
                getattr(found, field.name), getattr(before, field.name)[[1, 2, 5]]
            )


def test_late_by_three_is_an_r_peak_three_samples_earlier_in_the_window():
    signals = Signals.of(cut(RECORDS, AT_360_HZ), AT_360_HZ, RECORDS)
    rows = np.arange(7)
    other = AT_360_HZ.model_copy(update={"r_index": 96})
    assert np.array_equal(signals.cut(rows, 3).adc, cut(RECORDS, other).adc)


def test_each_beat_has_a_shift_of_its_own():
    signals = Signals.of(cut(RECORDS, AT_360_HZ), AT_360_HZ, RECORDS)
    rows, shift = np.arange(7), np.array([0, 5, -5, 1, -2, 3, 0])
    found = signals.cut(rows, shift).adc
    for row, by in zip(rows, shift, strict=True):
        assert np.array_equal(found[row], signals.cut(np.array([row]), int(by)).adc[0])


def test_beyond_a_records_end_its_last_value_is_repeated_and_such_beats_are_counted():
    # The first window begins at the first record's first sample, the last ends at its last, and
    # another record comes before and after.
    at_ends = record_of("102", [99, 1000, 4000 - 161])
    records = [RECORDS[0], at_ends, RECORDS[1]]
    signals = Signals.of(cut(records, AT_360_HZ), AT_360_HZ, records)
    rows = np.flatnonzero(signals.beats.record == 1)
    early, late = signals.cut(rows, -4).adc[0], signals.cut(rows, 4).adc[-1]
    assert (early[:5] == at_ends.signal_adc[0]).all()
    assert np.array_equal(early[4:], at_ends.signal_adc[:256])
    assert (late[-5:] == at_ends.signal_adc[-1]).all()
    assert np.array_equal(late[:-4], at_ends.signal_adc[-256:])
    everywhere = np.arange(len(signals.beats))
    assert signals.cut_short(everywhere, 0) == 0
    assert signals.cut_short(everywhere, 1) == signals.cut_short(everywhere, -1) == 1
    assert signals.cut_short(rows[1:2], 5) == 0


def test_beats_of_other_records_are_an_error_that_says_what_to_do():
    beats = cut(RECORDS, AT_360_HZ)
    other = [RECORDS[0], replace(RECORDS[1], signal_adc=RECORDS[1].signal_adc + 1)]
    with pytest.raises(DataError, match="record 101 .* run notebooks/01_data.ipynb"):
        Signals.of(beats, AT_360_HZ, other)
