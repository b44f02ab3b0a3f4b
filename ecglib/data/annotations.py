"""Annotation files (.atr) in MIT format: where the beats are, in samples of the lead.

Source: annot(5) of the WFDB Applications Guide, physionet.org/physiotools/wag/annot-5.htm. Decoded
here: wfdb takes the header's rate for the file's own, and never ends on a note it does not know.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from wfdb.io.annotation import ann_label_table

from ecglib.data.errors import DataError, left_out

SKIP, AUX = 59, 63  # from SKIP on, words that are no annotations themselves
NOTE, NO_ANNOTATION = 22, 0
SYMBOLS = dict(zip(ann_label_table["label_store"], ann_label_table["symbol"], strict=True))
RESOLUTION = "## time resolution: "
BEGIN, END = "## annotation type definitions", "## end of definitions"


def read_annotations(
    path: Path, record: str, *, clock_hz: float, fs_hz: float, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n,) int64 in samples at `fs_hz`, in order, and symbols (n,) there.

    The file counts in samples at its own time resolution, or at `clock_hz` if it has none.
    Annotations before the start or past the end of `length` samples are left out, and those out of
    order put in order, with a `RecordWarning` each.

    Raises:
        DataError: no such file, or one that is cut short or otherwise not in MIT format.
    """
    if not path.is_file():
        raise DataError(
            f"record {record}: missing {path}, its beats; wfdb.wrann writes such a file from "
            "positions, symbols and the rate that the positions count (fs=)"
        )
    found = list(_decoded(path, record))
    own_hz, symbols, rest = _definitions(found, path, record)
    ticks = np.array([time for time, _, _ in rest], dtype=np.int64)
    names = np.array([symbols.get(code, f"[{code}]") for _, code, _ in rest], dtype=str)
    if out_of_order := int((np.diff(ticks) < 0).sum()):
        left_out(record, out_of_order, "annotations stood before earlier ones; now in order")
        order = np.argsort(ticks, kind="stable")
        ticks, names = ticks[order], names[order]
    sample = np.rint(ticks * (fs_hz / (own_hz or clock_hz))).astype(np.int64)
    inside = (sample >= 0) & (sample < length)
    left_out(record, int((~inside).sum()), f"annotations outside its {length} samples left out")
    return sample[inside], names[inside]


def _decoded(path: Path, record: str) -> Iterator[tuple[int, int, str]]:
    """Time, code and note of each entry, in the order of the file."""
    raw = path.read_bytes()
    words = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2").tolist()
    if len(raw) % 2 or not words or words[-1]:  # the format's end mark is two zero bytes
        raise DataError(f"record {record}: {path} is cut short; copy or fetch it again")
    words += [0] * 3  # whatever the last words announce, the end mark ends it
    time, at = 0, 0
    while words[at]:
        while (code := words[at] >> 10) == SKIP and at < len(words) - 3:
            ahead = words[at + 1] << 16 | words[at + 2]
            time, at = time + ahead - (ahead >> 31 << 32), at + 3
        time, note, at = time + (words[at] & 1023), "", at + 1
        while (extra := words[at] >> 10) > SKIP:
            size = words[at] & 1023 if extra == AUX else 0
            note = raw[2 * at + 2 : 2 * at + 2 + size].decode("latin-1") if size else note
            at = min(at + 1 + (size + 1) // 2, len(words) - 1)
        if code >= SKIP or at >= len(words) - 3:
            raise DataError(
                f"record {record}: {path} breaks the MIT format at byte {2 * at}; fetch it again"
            )
        yield time, code, note
    if any(words[at:]):
        raise DataError(
            f"record {record}: {path} has an end mark at byte {2 * at} and more behind it; copy or "
            "fetch it again"
        )


def _definitions(
    found: list[tuple[int, int, str]], path: Path, record: str
) -> tuple[float | None, dict[int, str], list[tuple[int, int, str]]]:
    """The file's own time resolution and symbols, which notes at its start give, and the rest."""
    own_hz, symbols, rest, defining = None, dict(SYMBOLS), [], False
    for time, code, note in found:
        if (time, code) == (0, NOTE) and (defining or note.startswith("## ")):
            if note.startswith(RESOLUTION):
                own_hz = _resolution(note, path, record)
            elif defining and (of := re.match(r"(\d{1,3}) (\S+)", note)):
                symbols[int(of[1])] = of[2]
            defining = note != END and (defining or note == BEGIN)
        elif code != NO_ANNOTATION:
            rest.append((time, code, note))
    return own_hz, symbols, rest


def _resolution(note: str, path: Path, record: str) -> float:
    number = re.fullmatch(r"\d{1,12}(\.\d{1,12})?", note.removeprefix(RESOLUTION).strip())
    if number and 1 <= float(number[0]) <= 1e9:
        return float(number[0])
    raise DataError(f"record {record}: {path} has no rate in {note!r}; mend or fetch it again")
