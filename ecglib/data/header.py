"""WFDB headers (.hea): what a record's signal files hold.

Source: header(5) of the WFDB Applications Guide, physionet.org/physiotools/wag/header-5.htm. Read
here and not by wfdb, which takes no name with a dot, and drops the sign from a unit such as `µV`.
"""

import re
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import NamedTuple

from ecglib.data.errors import DataError

LONGEST = 2**31 - 1  # samples; positions of beats are stored in 32 bits
WHOLE, INTEGER = r"\d{1,12}", r"[-+]?\d{1,12}"
NUMBER = r"[-+]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[eE][-+]?\d{1,3})?"
RECORD = re.compile(
    rf"[^\s/]+(?:/(?P<segments>{WHOLE}))?\s+(?P<n_signals>{WHOLE})"
    rf"(?:\s+(?P<fs>{NUMBER})(?:/{NUMBER}(?:\({NUMBER}\))?)?(?:\s+(?P<length>{WHOLE})(?:\s.*)?)?)?"
)
SIGNAL = re.compile(
    rf"(?P<file>\S+)\s+(?P<fmt>{WHOLE})"
    rf"(?:x(?P<per_frame>{WHOLE}))?(?::(?P<skew>{WHOLE}))?(?:\+(?P<offset>{WHOLE}))?"
    rf"(?:\s+(?P<gain>{NUMBER})(?:\((?P<baseline>{INTEGER})\))?(?:/(?P<units>\S+))?"
    rf"(?:\s+{INTEGER}(?:\s+(?P<zero>{INTEGER})(?:\s+(?P<first>{INTEGER})"
    rf"(?:\s+(?P<checksum>{INTEGER})(?:\s+{INTEGER}(?:\s+(?P<lead>.*))?)?)?)?)?)?)?"
)
SEGMENT = re.compile(rf"(?P<name>\S+)\s+(?P<length>{WHOLE})")


class Signal(NamedTuple):
    """One signal line. `per_frame` samples each frame; `skew` in frames; `gain` in ADC per unit."""

    file: str
    fmt: str
    per_frame: int
    skew: int
    offset: int
    gain: float
    baseline: int
    units: str
    first: int
    checksum: int
    lead: str


class Segment(NamedTuple):
    """One segment line; a name of `~` stands for a gap of `length` frames."""

    name: str
    length: int


@dataclass(frozen=True)
class Header:
    """A header of signals, or of segments. `fs_hz` frames a second; `length` in frames, or None."""

    fs_hz: float
    length: int | None
    signals: tuple[Signal, ...]
    segments: tuple[Segment, ...]


def read_header(path: Path, record: str) -> Header:
    """Read one header of a record, at `path` with .hea behind it.

    Raises:
        DataError: no such file, or a line that is not as header(5) has it; the line is quoted.
    """
    path = path.with_name(f"{path.name}.hea")  # a record's name may have dots itself
    if not path.is_file():
        raise DataError(f"record {record}: missing {path}")
    raw = path.read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    stripped = [line.strip() for line in text.replace("\r", "\n").split("\n")]
    first, *lines = [line for line in stripped if line and line[0] != "#"] or [""]
    of = _matched(RECORD, first, f"record {record}: the record line of {path}")
    fs_hz = float(of["fs"] or 250)
    if not 0 < fs_hz < inf:
        raise DataError(f"record {record}: {fs_hz:g} Hz in {path} is no sampling rate")
    length = int(of["length"] or 0) or None
    if length and length > LONGEST:
        raise DataError(f"record {record} is longer than {LONGEST} samples: cut it into several")
    segments = of["segments"] is not None
    n, kind = (int(of["segments"]), "segment") if segments else (int(of["n_signals"]), "signal")
    if len(lines) != n:
        raise DataError(f"record {record}: {path} announces {n} {kind}s and lists {len(lines)}")
    where = f"record {record}: a {kind} line of {path}"
    if segments:
        found = [_matched(SEGMENT, line, where) for line in lines]
        listed = tuple(Segment(one["name"], int(one["length"])) for one in found)
        return Header(fs_hz, length, (), listed)
    signals = tuple(_signal(_matched(SIGNAL, line, where), i) for i, line in enumerate(lines))
    return Header(fs_hz, length, signals, ())


def _matched(pattern: re.Pattern, line: str, where: str) -> dict[str, str | None]:
    if not (found := pattern.fullmatch(line)):
        raise DataError(f"{where} is not as WFDB's header(5) has it: {line!r}")
    return found.groupdict()


def _signal(of: dict[str, str | None], index: int) -> Signal:
    """With the defaults of header(5)."""
    zero = int(of["zero"] or 0)
    return Signal(
        file=of["file"],
        fmt=of["fmt"],
        per_frame=int(of["per_frame"] or 1),
        skew=int(of["skew"] or 0),
        offset=int(of["offset"] or 0),
        gain=float(of["gain"] or 0) or 200.0,
        baseline=zero if of["baseline"] is None else int(of["baseline"]),
        units=of["units"] or "mV",
        first=int(of["first"] or 0),
        checksum=int(of["checksum"] or 0),
        lead=(of["lead"] or f"signal {index}").strip(),
    )
