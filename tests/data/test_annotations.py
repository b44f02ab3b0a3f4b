"""Annotations come in the signal's samples, in order and inside the signal."""

import numpy as np
import pytest
import wfdb
from wfdb_files import BEATS, NOISE, atr, write

from ecglib.data import beats, records
from ecglib.data.annotations import read_annotations
from ecglib.data.records import MITDB_RECORDS, DataError, read_record


def read(path, *, clock_hz=360, fs_hz=360, length=2000):
    return read_annotations(path, "x", clock_hz=clock_hz, fs_hz=fs_hz, length=length)


@pytest.mark.parametrize(
    ("fs", "resolution", "expected"),
    [
        ("500", 250, [800, 1600, 1800]),
        ("250", 500, [200, 400, 450]),
        ("360", None, [400, 800, 900]),
        ("360", 1000, [144, 288, 324]),
        ("250.5", 250, [401, 802, 902]),
        ("250", 250.5, [399, 798, 898]),
    ],
)
def test_a_clock_of_the_files_own_is_converted(tmp_path, fs, resolution, expected):
    ticks = [(400, "N"), (800, "V"), (900, "N")]
    write(tmp_path, fs=fs, beats=ticks, resolution=resolution)
    record = read_record(tmp_path, "x", lead="II")
    assert record.sample.tolist() == expected and record.symbol.tolist() == ["N", "V", "N"]


def test_a_clock_that_is_no_number_is_refused(tmp_path):
    path = tmp_path / "x.atr"
    path.write_bytes(atr(BEATS, 250).replace(b"250", b"abc"))
    with pytest.raises(DataError, match="record x: .* no rate in '## time resolution: abc'"):
        read(path)


def test_annotations_outside_the_signal_are_left_out_with_their_number(tmp_path):
    beyond = [(-5, "N"), *BEATS, (2000, "N"), (2_000_000, "V")]
    write(tmp_path, beats=beyond)
    with pytest.warns(
        records.RecordWarning, match="record x: 3 annotations outside its 2000 samples"
    ) as told:
        record = read_record(tmp_path, "x", lead="II")
    assert record.sample.tolist() == [400, 800, 1200] and len(told) == 1


def test_annotations_out_of_order_are_put_in_order_with_a_count(tmp_path):
    write(tmp_path, beats=[(400, "N"), (1200, "S"), (800, "V"), (1600, "F"), (1500, "N")])
    with pytest.warns(records.RecordWarning, match="record x: 2 annotations stood before earlier"):
        record = read_record(tmp_path, "x", lead="II")
    assert record.sample.tolist() == [400, 800, 1200, 1500, 1600]
    assert "".join(record.symbol) == "NVSNF"


def test_two_beats_that_fall_on_one_sample_of_a_slower_signal_are_one(tmp_path):
    write(tmp_path, beats=[(1600, "N"), (1601, "V"), (3200, "N"), (4800, "N")], resolution=1440)
    window = beats.Window(fs_hz=360, length=260, r_index=99, normalise="beat")
    with pytest.warns(records.RecordWarning, match="record x: 1 beats at the sample of another"):
        cuts = beats.cut([read_record(tmp_path, "x", lead="II")], window)
    assert cuts.sample.tolist() == [400, 800, 1200] and (cuts.rr_next_s > 1).all()


def test_notes_comments_and_channels_are_no_beats(tmp_path):
    wfdb.wrann(
        "x",
        "atr",
        np.array([0, 5, 400, 800]),
        ['"', "+", "N", "V"],
        aux_note=["## of no known kind", "(AFIB", "", "odd"],
        chan=np.array([0, 1, 1, 0]),
        num=np.array([0, 2, 1, 0]),
        subtype=np.array([1, 0, 1, 0]),
        write_dir=str(tmp_path),
    )
    sample, symbol = read(tmp_path / "x.atr")
    assert sample[-3:].tolist() == [5, 400, 800] and "".join(symbol[-3:]) == "+NV"


def test_symbols_of_the_files_own_are_known(tmp_path):
    wfdb.wrann(
        "x",
        "atr",
        np.array([400, 800]),
        ["N", "W"],
        fs=720,
        custom_labels=[(42, "W", "a wide beat")],
        write_dir=str(tmp_path),
    )
    sample, symbol = read(tmp_path / "x.atr")
    assert sample.tolist() == [200, 400] and symbol.tolist() == ["N", "W"]


@pytest.mark.parametrize("at", [2, 8, 12, 18, -3, -1])
def test_a_cut_file_is_not_taken_for_fewer_beats(tmp_path, at):
    path = tmp_path / "x.atr"
    path.write_bytes(atr(BEATS)[:at])
    with pytest.raises(DataError, match=r"record x: .*x.atr (is cut short|breaks the MIT format)"):
        read(path)


def test_an_end_mark_in_the_middle_is_not_taken_for_the_end(tmp_path):
    path = tmp_path / "x.atr"
    path.write_bytes(atr(BEATS) + atr(BEATS))
    with pytest.raises(DataError, match="record x: .*x.atr has an end mark at byte 24 and more"):
        read(path)
    path.write_bytes(atr(BEATS) + b"\0" * 100)  # padding
    assert read(path)[0].tolist() == [400, 800, 1200]


def test_no_annotations_are_none(tmp_path):
    write(tmp_path, beats=[])
    record = read_record(tmp_path, "x", lead="II")
    assert len(record.sample) == len(record.symbol) == 0 and len(record.signal_adc) == len(NOISE)


@pytest.mark.slow
def test_real_annotations_are_those_that_wfdb_reads(mitdb, mitdb_records):
    assert len(mitdb_records) == len(MITDB_RECORDS)
    for record in mitdb_records[::12]:
        notes = wfdb.rdann(str(mitdb / record.name), "atr")
        assert record.sample.tolist() == notes.sample.tolist()
        assert record.symbol.tolist() == notes.symbol
