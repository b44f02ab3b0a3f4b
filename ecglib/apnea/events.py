"""Respiratory events of the UCD Sleep Apnea Database, and one label a second from them.

Source: PhysioNet ucddb 1.0.0 (St. Vincent's University Hospital / University College Dublin;
Goldberger et al., Circulation 101(23):e215-e220, 2000). A file `ucddbNNN_respevt.txt` has three
header lines, one line an event, and the DOS end-of-file mark (0x1A) as its last line:

                                  Respiratory Event List
            Respiratory Event           Desaturation   Snore Arousal     B/T
     Time       Type   PB/CS  Duration  Low    %Drop                 Rate  Change
    00:29:13  HYP-C             16       89.9    4.1     -     -      64.7   -5.7
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ecglib.data.errors import DataError

APNEAS = frozenset({"APNEA", "APNEA-O", "APNEA-C", "APNEA-M"})  # apneas.csv does not say which
HYPOPNEAS = frozenset({"HYP-O", "HYP-C", "HYP-M"})
NO_EVENTS = {"PB", "POSSIBLE"}  # periodic breathing, and what its scorer was not sure of

HEADER = ("Respiratory Event List", "Respiratory Event", "Time")  # how its lines begin
FOOTER = "\x1a"
CSV_HEADER = "record,duration_s,start_s,end_s"
TIME, TYPE = slice(0, 10), slice(10, 20)
# PB/CS and the duration, of which the last word counts: aligned to the right, a duration of three
# digits begins a column before its own.
DURATION = slice(20, 37)
SHORTEST = 29  # characters up to the last digit of a duration
CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
WHOLE = re.compile(r"-?[0-9]{1,6}")
DAY_S = 24 * 3600


@dataclass(frozen=True)
class Event:
    """[start_s, end_s) after the recording's start; kind as its file says, of APNEAS, HYPOPNEAS."""

    start_s: float
    end_s: float
    kind: str


class Timed(NamedTuple):
    """A night's length in seconds, and its events."""

    duration_s: int
    events: tuple[Event, ...]


def read_events(path: Path, start_of_recording: time, duration_s: float, name: str) -> list[Event]:
    """The apneas and hypopneas of a night, as the file orders them.

    The file gives times of day, which pass midnight. Periodic breathing (`PB`) and `POSSIBLE` are
    left out. name: of the night, for messages.

    Raises:
        DataError: no such file, no header or footer, a line that is too short, no time or unknown
            in its type, or an event that ends before it starts or is not within the recording,
            as in a file of another night; it names the file and the line.
    """
    events = []
    for number, line in _body(path, name):
        try:
            event = _event(line, start_of_recording, duration_s)
        except ValueError as error:
            raise DataError(f"night {name}: {path}, line {number}: {error}") from None
        if event:
            events.append(event)
    return events


def as_published(events: Iterable[Event]) -> list[Event]:
    """The events as the published study labelled them: each begins one second earlier.

    Its public code (arlenejohn/CNN_sleep_apnea, loading.m) uses the seconds from the start of the
    recording to an event's start and to its end as one-based indices, both inclusive. So the second
    before the event is marked, too. `apneas.csv` holds what this gives for the apneas.
    """
    return [replace(event, start_s=max(0, event.start_s - 1)) for event in events]


def seconds(events: Iterable[Event], n_seconds: int, kinds: Collection[str]) -> np.ndarray:
    """(n_seconds,) bool: whether any moment of second i, [i, i + 1), lies in an event of `kinds`.

    Raises:
        DataError: an event that is empty, or not within the n_seconds.
    """
    marked = np.zeros(n_seconds, bool)
    for event in events:
        if not 0 <= event.start_s < event.end_s <= n_seconds:
            raise DataError(f"{event} is empty, or not within {n_seconds} s of recording")
        if event.kind in kinds:
            marked[floor(event.start_s) : ceil(event.end_s)] = True
    return marked


def read_apneas_csv(path: Path) -> dict[str, Timed]:
    """The apneas of each record as the published study timed them; see `as_published`.

    Whole seconds, in the order of the file; some overlap. Their kind is "APNEA".

    Raises:
        DataError: no such file, another header, no row, a row without a name and three whole
            numbers, a second length for a record, or an apnea that ends before it starts or is not
            within the recording; it names the file and the line.
    """
    lines = _lines(path, "apneas of UCDDB")
    if lines[0] != CSV_HEADER or len(lines) < 2:
        raise DataError(f"{path}, line 1: needs the header {CSV_HEADER}, and rows below it")
    nights: dict[str, Timed] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            record, duration_s, event = _row(line)
            known = nights.get(record, Timed(duration_s, ()))
            if known.duration_s != duration_s:
                raise ValueError(f"{record} lasts {duration_s} s here, {known.duration_s} s above")
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}") from None
        nights[record] = known._replace(events=(*known.events, event))
    return nights


def _lines(path: Path, what: str) -> list[str]:
    """The lines of a file without their ends, at least one."""
    try:
        text = Path(path).read_bytes().decode("latin-1")  # any byte has a place in a message
    except OSError as error:
        raise DataError(f"{what}: {path} cannot be read ({error.strerror})") from None
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _body(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """The lines between header and footer, with their numbers."""
    lines = _lines(path, f"night {name}")
    for number, begins in enumerate(HEADER, start=1):
        if len(lines) < number or not lines[number - 1].strip().startswith(begins):
            raise DataError(f"night {name}: {path}, line {number}: no header line {begins!r}")
    if lines[-1].strip() != FOOTER:
        raise DataError(
            f"night {name}: {path}, line {len(lines)}: no end-of-file mark (0x1A) as the last "
            "line, so it may be cut off: copy it again"
        )
    yield from enumerate(lines[len(HEADER) : -1], start=len(HEADER) + 1)


def _event(line: str, start_of_recording: time, duration_s: float) -> Event | None:
    """The event of a line, or None for what is no event; ValueError says what is wrong."""
    if len(line.rstrip()) < SHORTEST:
        raise ValueError(f"too short for a time, a type and a duration: {line!r}")
    clock, kind = line[TIME].strip(), line[TYPE].strip()
    lasts = "".join(line[DURATION].split()[-1:])
    if not (parts := CLOCK.fullmatch(clock)):
        raise ValueError(f"{clock!r} is no time of day (hh:mm:ss)")
    if kind.partition(" ")[0] in NO_EVENTS:
        return None
    if kind not in (APNEAS | HYPOPNEAS):
        raise ValueError(f"unknown type of event {kind!r}")
    if not NUMBER.fullmatch(lasts):
        raise ValueError(f"{lasts!r} is no duration in seconds")
    if float(lasts) <= 0:
        raise ValueError(f"the event at {clock} lasts {lasts} s: it ends before it starts")
    start_s = (_of_day(time(*map(int, parts.groups()))) - _of_day(start_of_recording)) % DAY_S
    event = Event(start_s, start_s + float(lasts), kind)
    if start_s >= duration_s and DAY_S - start_s < start_s - duration_s:
        raise ValueError(f"the event at {clock} starts {DAY_S - start_s:g} s before the recording")
    if event.end_s > duration_s:
        raise ValueError(
            f"the event at {clock} ends {event.end_s - duration_s:g} s after the recording of "
            f"{duration_s:g} s: is the file of another night?"
        )
    return event


def _of_day(clock: time) -> float:
    """Seconds after midnight."""
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6


def _row(line: str) -> tuple[str, int, Event]:
    """Record, its length in seconds, and the apnea of a row; ValueError says what is wrong."""
    record, *numbers = line.split(",")
    if not record or len(numbers) != 3 or not all(map(WHOLE.fullmatch, numbers)):
        raise ValueError(f"needs a record and three whole numbers of seconds, has {line!r}")
    duration_s, start_s, end_s = map(int, numbers)
    if end_s <= start_s:
        raise ValueError(f"the apnea at {start_s} s ends at {end_s} s, before it starts")
    if not 0 <= start_s < end_s <= duration_s:
        raise ValueError(f"the apnea from {start_s} to {end_s} s is not within {duration_s} s")
    return record, duration_s, Event(start_s, end_s, "APNEA")
