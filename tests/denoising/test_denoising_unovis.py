"""A folder of UnoViS auto2012 is read whole: drives at 180 Hz, people apart, faults by name."""

import numpy as np
import pytest
import scipy.io

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.denoising import unovis
from ecglib.denoising.unovis import acquire, folds, read
from ecglib.denoising.unovis_mat import FILE

FS_HZ, SECONDS = 200, 8
PEAKS_S = np.arange(0.5, SECONDS, 0.8)


def struct_array(structures):
    """A MATLAB array (1, n) of structures."""
    array = np.zeros((1, len(structures)), [(name, object) for name in structures[0]])
    for i, one in enumerate(structures):
        array[0, i] = tuple(one.values())
    return array


def signal(number, fs_hz=FS_HZ, seconds=SECONDS):
    """R peaks at PEAKS_S of a size by channel, on baseline wander and an offset."""
    time_s = np.arange(seconds * fs_hz) / fs_hz
    beats = np.exp(-(((time_s[:, None] - PEAKS_S) / 0.02) ** 2)).sum(1)
    return (5 + number * beats + np.sin(2 * np.pi * 0.05 * time_s)).astype(np.float32)[:, None]


def channel(number, fs_hz=FS_HZ, by_hand=None, **changed):
    of_reference = number == 4
    loc = 1 + np.rint(PEAKS_S * fs_hz)[:, None] if of_reference else np.zeros((0, 0))
    detected = {"name": "detector", "loc": loc + 3}
    by_hand = {"name": "by hand", "loc": loc if by_hand is None else by_hand}
    whole = {
        "name": "ecg" if of_reference else f"cecg{number}",
        "data": signal(number, fs_hz),
        "fs": np.uint16(fs_hz),
        "ann": struct_array([detected, by_hand]),
    }
    whole |= changed
    return {name: value for name, value in whole.items() if value is not None}


def record(*changed, count=4, every=None):
    """Channels, of which those in `changed`, by number, differ."""
    own = dict(changed)
    of = [channel(n, **(every or {}), **own.get(n, {})) for n in range(1, count + 1)]
    return {"channels": struct_array(of)}


def write(folder, records=None, **more):
    folder.mkdir(parents=True, exist_ok=True)
    whole = [record()] * 31 if records is None else records
    scipy.io.savemat(folder / FILE, {"unovis": struct_array(whole)} | more, do_compression=True)
    return folder


def write_people(folder, text):
    (folder / "people.csv").write_text(text)
    return folder


@pytest.fixture
def two(tmp_path):
    """two(second): a folder with a sound record and this one, of two people."""

    def folder(second):
        people = "record,person\nauto2012_1,anna\nauto2012_2,ben\n"
        return write_people(write(tmp_path / "two", [record(), second]), people)

    return folder


# Reading


def test_a_record_becomes_a_drive(tmp_path):
    found = read(write(tmp_path))
    assert len(found.drives) == 31 and found.left_out == {}
    drive = found.drives[0]
    assert drive.name == "auto2012_1" and np.isnan(drive.snr_db)
    assert drive.channels.shape == (3, 180 * SECONDS) and drive.channels.dtype == np.float32
    assert drive.reference.shape == (180 * SECONDS,) and drive.reference.dtype == np.float32
    assert drive.reference.std() == pytest.approx(1, abs=1e-4)
    assert drive.label.tolist() == [0] * len(PEAKS_S) and drive.label.dtype == np.uint8
    assert np.abs(drive.channels.mean(1)).max() < 0.05  # the offset is out of the band
    gains = np.abs(drive.channels).max(1)
    np.testing.assert_allclose(gains / gains[0], [1, 2, 3], rtol=0.05)


def test_positions_are_those_by_hand_and_lie_on_the_peaks(tmp_path):
    drive = read(write(tmp_path)).drives[0]
    assert drive.sample.tolist() == np.rint(180 * PEAKS_S).astype(int).tolist()
    for of in (drive.reference, *drive.channels):
        peaks = [at - 20 + of[at - 20 : at + 21].argmax() for at in drive.sample]
        assert peaks == drive.sample.tolist()


def test_without_positions_by_hand_a_detectors_are_taken(two):
    drive = read(two(record((4, {"by_hand": np.zeros((0, 0))})))).drives[1]
    expected = np.rint(180 * (PEAKS_S + 3 / FS_HZ)).astype(int)
    assert drive.sample.tolist() == expected.tolist()


def test_one_record_is_read_as_several_are(tmp_path):
    folder = write_people(write(tmp_path, [record()]), "record,person\nauto2012_1,anna\n")
    found = read(folder)
    assert found.person == {"auto2012_1": "anna"} and len(found.drives) == 1


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (
            record((2, {"data": np.where(np.arange(1600)[:, None] == 9, np.nan, signal(2))})),
            "record auto2012_2, channel 2: 1 of 1600 samples are not finite",
        ),
        (record((3, {"data": np.full((1600, 1), 5.0)})), "auto2012_2, channel 3 is flat"),
        (record((4, {"data": np.zeros((0, 0))})), "auto2012_2, channel 4 is empty"),
        (record((1, {"data": "none"})), "auto2012_2, channel 1: it holds no numbers"),
        (
            record((1, {"data": signal(1)[:-5]})),
            "auto2012_2: channels of 1595 and 1600 samples at 200 Hz; they must be of one length",
        ),
        (record((1, {"fs": 250})), "channels of 1600 samples at 200 and 250 Hz; they must be of"),
        (record(every={"fs_hz": 64}), "auto2012_2 has 64 Hz; the band needs 80 Hz"),
        (
            record(every={"data": signal(2, seconds=5)}),
            "auto2012_2 lasts 5.0 s, less than one window of 5.7 s",
        ),
        (
            record((4, {"ann": struct_array([{"loc": np.zeros((0, 0))}] * 2)})),
            "auto2012_2: its reference has fewer than two annotated R peaks",
        ),
    ],
)
def test_records_that_cannot_be_used_are_left_out_with_the_reason(two, second, reason):
    found = read(two(second))
    assert [drive.name for drive in found.drives] == ["auto2012_1"]
    assert found.person == {"auto2012_1": "anna"}
    assert list(found.left_out) == ["auto2012_2"] and reason in found.left_out["auto2012_2"]


def test_no_record_that_can_be_used(tmp_path):
    flat = record((1, {"data": np.ones((1600, 1))}))
    with pytest.raises(DataError, match="no record that can be used\nrecord auto2012_1.* is flat"):
        read(write(tmp_path, [flat] * 31))


# Files of another kind


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (record(count=3), r"unovis\(2\) has 3 channels, expected 4: three capacitive ones and"),
        (record(count=7), r"unovis\(2\) has 7 channels, expected 4"),
        ({"channels": np.zeros((0, 0))}, r"unovis\(2\) has 0 channels"),
    ],
)
def test_another_number_of_channels(two, second, message):
    with pytest.raises(DataError, match=message):
        read(two(second))


@pytest.mark.parametrize("field", ["data", "fs", "ann"])
def test_a_channel_without_a_field(tmp_path, field):
    with pytest.raises(DataError, match=rf"unovis\(1\).channels\(1\) has no field '{field}'"):
        read(write(tmp_path, [record(every={field: None})] * 2))


def test_files_of_another_kind(tmp_path):
    write(tmp_path, [{"signals": 1.0}])
    with pytest.raises(DataError, match=r"unovis\(1\) has no field 'channels': is it a UnoViS_aut"):
        read(tmp_path)
    scipy.io.savemat(tmp_path / FILE, {"other": 1, "more": 2})
    with pytest.raises(DataError, match=f"{FILE} has no variable 'unovis', but other, more"):
        read(tmp_path)


def test_damaged_files_and_version_7_3(tmp_path):
    whole = (write(tmp_path) / FILE).read_bytes()
    for content in (whole[:-200], whole[:100], b"", b"no MATLAB file" * 50):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(DataError, match=f"{FILE} is no whole MATLAB file: .*get it again"):
            read(tmp_path)
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / FILE).write_bytes(header.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n" + bytes(512))
    with pytest.raises(DataError, match=r"version 7.3, which is not read: .*save\(.*'-v7'\)"):
        read(tmp_path)


# People


def test_the_people_of_31_records_are_known(tmp_path):
    person = read(write(tmp_path)).person
    several = [
        [name for name in person if person[name] == one] for one in sorted({*person.values()})
    ]
    assert [len(names) for names in several] == [5, 5, 4, 11, 4, 2]
    assert several[5] == ["auto2012_22", "auto2012_23"]


def test_other_records_need_a_list_of_people(tmp_path):
    folder = write(tmp_path, [record()] * 2)
    with pytest.raises(
        DataError, match="has 2 records, not the 31 whose people .*people.csv.*`record,person`"
    ):
        read(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name,who\nauto2012_1,a\n",
            "people.csv is no such list: write a first line `record,person`",
        ),
        ("record,person\nauto2012_1,a\n", "is wrong about auto2012_2"),
        ("record,person\nauto2012_1,a\nauto2012_2,\n", "is wrong about auto2012_2"),
        ("record,person\nauto2012_1,a\nauto2012_2\n", "is wrong about auto2012_2"),
        ("record,person\nauto2012_1,a\nauto2012_2,b\nauto2012_3,b\n", "is wrong about auto2012_3"),
        ("record,person\nauto2012_1,a\nauto2012_2,b\nauto2012_1,b\n", "names a record twice"),
    ],
)
def test_a_list_of_people_that_is_wrong(two, text, message):
    with pytest.raises(DataError, match=message):
        read(write_people(two(record()), text))


def test_each_person_is_left_out_once():
    person = {"a": "1", "b": "2", "c": "1", "d": "3"}
    parts = folds(person)
    assert parts["1"] == (["b", "d"], ["a", "c"])
    assert list(parts) == ["1", "2", "3"]
    for train, test in parts.values():
        assert sorted(train + test) == list(person)
        assert not {person[name] for name in train} & {person[name] for name in test}
    with pytest.raises(DataError, match="fewer than two people"):
        folds({"a": "1", "b": "1"})


# The door


@pytest.fixture(autouse=True)
def no_local_copy(tmp_path, monkeypatch):
    monkeypatch.delenv("ECGLIB_UNOVIS", raising=False)
    monkeypatch.setattr(unovis, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")


def test_the_environment_comes_first_then_the_copy_beside_then_data(tmp_path, monkeypatch):
    for folder in (tmp_path / "data" / "unovis", tmp_path / "beside", tmp_path / "own"):
        write(folder, [record()])
        if folder.name == "own":
            monkeypatch.setenv("ECGLIB_UNOVIS", str(folder))
        assert acquire() == folder


def test_without_the_file_one_line_names_three_ways(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no UnoViS auto2012 here. .*three ways") as told:
        acquire()
    assert "\n" not in str(told.value) and unovis.URL in str(told.value)
    monkeypatch.setenv("ECGLIB_UNOVIS", str(tmp_path))
    with pytest.raises(DataError, match="ECGLIB_UNOVIS names no folder with .*three ways"):
        acquire()
    with pytest.raises(DataError, match="missing file .*three ways"):
        read(tmp_path)
