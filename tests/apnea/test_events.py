"""Respiratory events are read as they were scored, or refused in words; one label a second."""

from datetime import time

import numpy as np
import pytest
from event_files import FOOTER, HEADER, line, text

from ecglib.apnea import ucddb
from ecglib.apnea.events import (
    APNEAS,
    HYPOPNEAS,
    Event,
    as_published,
    read_apneas_csv,
    read_events,
    seconds,
)
from ecglib.data.errors import DataError

EVENING = time(22, 0, 0)
HOURS_S = 8 * 3600


@pytest.fixture
def read(tmp_path):
    """Reads an event file of the given lines or text, of a night from ten in the evening to six."""

    def reader(*lines, start=EVENING, duration_s=HOURS_S, **frame):
        path = tmp_path / "ucddb002_respevt.txt"
        path.write_bytes(text(*lines, **frame).encode())
        return read_events(path, start, duration_s, "ucddb002")

    return reader


# Reading


def test_events_pass_midnight(read):
    events = read(line("23:59:50", "APNEA-O", 20), line("00:10:00", "HYP-C", 9))
    assert events == [Event(7190, 7210, "APNEA-O"), Event(7800, 7809, "HYP-C")]


def test_a_recording_that_starts_after_midnight(read):
    assert read(line("00:29:13", "HYP-C", 16), start=time(0, 11, 4)) == [Event(1089, 1105, "HYP-C")]


def test_a_recording_that_starts_between_two_seconds(read):
    events = read(line("22:00:01", "HYP-C", 16), start=time(22, 0, 0, 500_000))
    assert events == [Event(0.5, 16.5, "HYP-C")]


def test_an_event_may_start_and_end_with_the_recording(read):
    assert read(line("22:00:00", "HYP-O", HOURS_S)) == [Event(0, HOURS_S, "HYP-O")]


@pytest.mark.parametrize("kind", sorted(APNEAS - {"APNEA"} | HYPOPNEAS))
def test_every_type_of_the_database_is_read(read, kind):
    assert read(line("23:00:00", kind, 12)) == [Event(3600, 3612, kind)]


def test_periodic_breathing_and_what_is_possible_are_no_events(read):
    assert read(line("02:00:00", "PB EVENT", 14, "PB"), line("02:01:00", "POSSIBLE", 6)) == []


@pytest.mark.parametrize("flag", ["", "PB", "CS", " PB", "  CS"])
@pytest.mark.parametrize("lasts", [9, 16, 120])
def test_a_flag_before_the_duration_changes_nothing(read, flag, lasts):
    assert read(line("23:00:00", "APNEA-C", lasts, flag)) == [Event(3600, 3600 + lasts, "APNEA-C")]


def test_columns_without_a_value_may_be_blank_or_absent(read):
    whole = line("23:00:00", "HYP-C", 13)
    assert read(f"{whole[:30]:78}", whole[:30]) == [Event(3600, 3613, "HYP-C")] * 2


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("last", ["", "\r\n"])
def test_line_ends_that_a_copy_has_changed(tmp_path, end, last):
    path = tmp_path / "x.txt"
    path.write_bytes((text(line("23:00:00", "HYP-C", 13)) + last).replace("\r\n", end).encode())
    assert read_events(path, EVENING, HOURS_S, "x") == [Event(3600, 3613, "HYP-C")]


def test_a_night_without_events(read):
    assert read() == []


# Bad input


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (line("23:00:00", "HYP-C", -5), "at 23:00:00 lasts -5 s: it ends before it starts"),
        (line("23:00:00", "HYP-C", 0), "at 23:00:00 lasts 0 s: it ends before it starts"),
        (line("21:59:50", "HYP-C", 12), "at 21:59:50 starts 10 s before the recording"),
        (line("06:00:00", "HYP-C", 12), "at 06:00:00 ends 12 s after the recording of 28800 s"),
        (
            line("05:59:50", "HYP-C", 12),
            "at 05:59:50 ends 2 s after .*is the file of another night",
        ),
        (line("24:00:00", "HYP-C", 12), "'24:00:00' is no time of day"),
        (line("23:60:00", "HYP-C", 12), "'23:60:00' is no time of day"),
        (line("noon", "HYP-C", 12), "'noon' is no time of day"),
        (line("", "POSSIBLE", 6), "'' is no time of day"),
        (line("23:00:00", "HYP-C", ""), "'' is no duration in seconds"),
        (line("23:00:00", "HYP-C", "", "PB"), "'PB' is no duration in seconds"),
        (line("23:00:00", "HYP-C", "nan"), "'nan' is no duration in seconds"),
        (line("23:00:00", "HYP-X", 12), "unknown type of event 'HYP-X'"),
        (line("23:00:00", "", 12), "unknown type of event ''"),
        ("23:00:00  HYP-C", "too short for a time, a type and a duration: '23:00:00  HYP-C'"),
        ("", "too short for a time, a type and a duration: ''"),
        (FOOTER, "too short"),
    ],
)
def test_a_bad_line_is_refused_with_its_place(read, bad, says):
    good = line("23:00:00", "HYP-C", 12)
    with pytest.raises(
        DataError, match=rf"night ucddb002: .*ucddb002_respevt.txt, line 5: .*{says}"
    ):
        read(good, bad, good)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_file_without_its_header_is_refused(read, number):
    header = list(HEADER)
    del header[number - 1]
    with pytest.raises(DataError, match=rf"ucddb002_respevt.txt, line {number}: no header line"):
        read(line("23:00:00", "HYP-C", 12), header=header)


def test_a_file_without_its_footer_is_refused(read):
    lines = [line("23:00:00", "HYP-C", 12)] * 2
    with pytest.raises(DataError, match=r"line 5: no end-of-file mark \(0x1A\).*copy it again"):
        read(*lines, footer=())


def test_a_file_that_is_empty_missing_or_a_folder(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(DataError, match="empty, line 1: no header line"):
        read_events(tmp_path / "empty", EVENING, HOURS_S, "x")
    with pytest.raises(DataError, match="night x: .*none cannot be read .*No such file"):
        read_events(tmp_path / "none", EVENING, HOURS_S, "x")
    with pytest.raises(DataError, match="night x: .* cannot be read .*directory"):
        read_events(tmp_path, EVENING, HOURS_S, "x")


def test_a_changed_file_is_read_or_refused_in_words(tmp_path):
    kinds, path = ("APNEA-O", "HYP-C", "POSSIBLE"), tmp_path / "x_respevt.txt"
    whole = text(*[line(f"23:{n:02}:00", kinds[n % 3], 9 + n) for n in range(6)]).encode()
    rng, refused = np.random.default_rng(0), 0
    for _ in range(200):
        raw = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            at, many = int(rng.integers(0, len(raw))), int(rng.integers(1, 20))
            changes = [b"", rng.bytes(many), b"9" * many, b"-", b"\r\n", raw[:at], b" " * many]
            raw[at : at + many] = changes[rng.integers(0, len(changes))]
        path.write_bytes(bytes(raw))
        try:
            events = read_events(path, EVENING, HOURS_S, "x")
        except DataError as error:
            assert "x_respevt.txt, line " in str(error)
            refused += 1
        else:
            assert all(0 <= e.start_s < e.end_s <= HOURS_S for e in events)
            assert {e.kind for e in events} <= APNEAS | HYPOPNEAS
    assert 50 < refused < 190


# One label a second


def test_a_second_is_marked_from_the_start_of_an_event_to_its_end():
    events = [Event(2, 4, "APNEA-O"), Event(3, 5, "APNEA-C"), Event(6, 7, "HYP-O")]
    assert np.flatnonzero(seconds(events, 8, APNEAS)).tolist() == [2, 3, 4]
    assert np.flatnonzero(seconds(events, 8, APNEAS | HYPOPNEAS)).tolist() == [2, 3, 4, 6]
    assert seconds([], 8, APNEAS).tolist() == [False] * 8


def test_a_second_of_which_an_event_has_a_part_is_marked():
    assert np.flatnonzero(seconds([Event(1.5, 3.5, "HYP-C")], 5, HYPOPNEAS)).tolist() == [1, 2, 3]


@pytest.mark.parametrize(("start_s", "end_s"), [(-1, 3), (7, 9), (3, 3), (4, 3)])
def test_an_event_outside_the_seconds_is_refused(start_s, end_s):
    with pytest.raises(DataError, match="is empty, or not within 8 s"):
        seconds([Event(start_s, end_s, "HYP-C")], 8, APNEAS)


# The nine apneas of ucddb002, which starts at 00:11:04, and as the published study timed them.
UCDDB002 = """01:40:48 O 15, 01:42:22 O 17, 03:57:04 O 19, 03:57:52 O 16, 03:58:30 O 17,
03:59:17 M 22, 04:15:35 O 26, 05:05:03 M 12, 05:05:49 O 16"""
PUBLISHED_002 = [
    (5383, 5399), (5477, 5495), (13559, 13579), (13607, 13624), (13645, 13663), (13692, 13715),
    (14670, 14697), (17638, 17651), (17684, 17701),
]  # fmt: skip


def test_apneas_are_labelled_as_published(read):
    scored = [event.split() for event in UCDDB002.split(",")]
    lines = [line(clock, f"APNEA-{kind}", lasts) for clock, kind, lasts in scored]
    lines.insert(1, line("01:41:32", "HYP-C", 12))
    events = read(*lines, start=time(0, 11, 4), duration_s=22470)
    published = np.zeros(22470, bool)
    for start_s, end_s in PUBLISHED_002:
        published[start_s:end_s] = True
    assert (seconds(as_published(events), 22470, APNEAS) == published).all()
    assert published.sum() - seconds(events, 22470, APNEAS).sum() == len(PUBLISHED_002)


def test_the_second_before_the_recording_is_not_labelled():
    assert as_published([Event(0, 4, "HYP-C")]) == [Event(0, 4, "HYP-C")]


# apneas.csv

CSV = "record,duration_s,start_s,end_s\nucddb002,22470,5383,5399\nucddb003,26478,5984,5998\n"


@pytest.fixture
def read_csv(tmp_path):
    def reader(content):
        (tmp_path / "apneas.csv").write_text(content)
        return read_apneas_csv(tmp_path / "apneas.csv")

    return reader


def test_the_apneas_of_each_record(read_csv):
    nights = read_csv(CSV + "ucddb002,22470,5390,5400\n")
    assert {name: night.duration_s for name, night in nights.items()} == {
        "ucddb002": 22470,
        "ucddb003": 26478,
    }
    assert nights["ucddb002"].events == (Event(5383, 5399, "APNEA"), Event(5390, 5400, "APNEA"))
    assert seconds(nights["ucddb002"].events, 22470, APNEAS).sum() == 17


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("ucddb002,22470,5399,5383", "apnea at 5399 s ends at 5383 s, before it starts"),
        ("ucddb002,22470,5399,5399", "before it starts"),
        ("ucddb002,22470,-1,5", "from -1 to 5 s is not within 22470 s"),
        ("ucddb002,22470,22465,22471", "from 22465 to 22471 s is not within 22470 s"),
        ("ucddb002,22471,1,5", "ucddb002 lasts 22471 s here, 22470 s above"),
        ("ucddb002,22470,1", "needs a record and three whole numbers"),
        ("ucddb002,22470,1,5,6", "needs a record and three whole numbers"),
        ("ucddb002,22470,1.5,5", "needs a record and three whole numbers"),
        (",22470,1,5", "needs a record and three whole numbers"),
        ("", "needs a record and three whole numbers"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(read_csv, bad, says):
    with pytest.raises(DataError, match=f"apneas.csv, line 4: .*{says}"):
        read_csv(CSV + bad + "\n")


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", CSV.splitlines()[0], CSV.splitlines()[1]])
def test_a_table_of_another_header_or_without_rows_is_refused(read_csv, content):
    with pytest.raises(DataError, match="apneas.csv, line 1: needs the header record,duration_s"):
        read_csv(content)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DataError, match="apneas of UCDDB: .*apneas.csv cannot be read"):
        read_apneas_csv(tmp_path / "apneas.csv")


def test_the_real_table():
    path = ucddb.BESIDE / "apneas.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    nights = read_apneas_csv(path)
    assert tuple(nights) == tuple(name for name in ucddb.NAMES if name not in ucddb.LEFT_OUT)
    assert sum(len(night.events) for night in nights.values()) == 689
    assert sum(e.end_s - e.start_s for night in nights.values() for e in night.events) == 14022
    marked = sum(seconds(night.events, night.duration_s, APNEAS).sum() for night in nights.values())
    assert marked == 14020  # two overlap
    assert [(e.start_s, e.end_s) for e in nights["ucddb002"].events] == PUBLISHED_002
