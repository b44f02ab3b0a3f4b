"""A lead of a WFDB record: of one segment or of many, of any number of samples a frame, aligned."""

from pathlib import Path

import numpy as np

from ecglib.data.errors import DataError
from ecglib.data.header import LONGEST, Header, Segment, read_header
from ecglib.data.leads import Lead, choose, in_millivolt
from ecglib.data.samples import reserved, stored_samples

GAP = "~"  # the name of a segment without samples


def read_lead(path: Path, record: str, wanted: str, *, or_first: bool) -> Lead:
    """The wanted lead of a WFDB record; `path` is that of its header, without .hea.

    Raises:
        DataError: no such lead, or files that are missing, cut short, of another checksum, or
            otherwise not as their header says.
    """
    header = read_header(path, record)
    if header.segments:
        return _joined(path, header, record, wanted, or_first)
    return _lead(path, header, record, _chosen(header, record, wanted, or_first))


def _chosen(header: Header, record: str, wanted: str, or_first: bool) -> int:
    if not header.signals:
        raise DataError(f"record {record} has no usable lead: its header lists no signals")
    names = [signal.lead for signal in header.signals]
    return choose(names, wanted, or_first=or_first, record=record)


def _lead(path: Path, header: Header, record: str, index: int) -> Lead:
    """One signal of a header of signals."""
    signal = header.signals[index]
    adc = stored_samples(path.parent, header, record)[index].astype(np.int64)
    marker = reserved(signal)
    invalid = np.zeros(len(adc), bool) if marker is None else adc == marker
    if late := min(signal.skew * signal.per_frame, len(adc)):
        adc, invalid = np.roll(adc, -late), np.roll(invalid, -late)
        invalid[len(adc) - late :] = True  # what the skew has moved out of the file
    fs_hz = header.fs_hz * signal.per_frame
    lead = Lead(signal.lead, fs_hz, header.fs_hz, adc, invalid, signal.gain, signal.baseline)
    return in_millivolt(lead, signal.units, record)


def _joined(path: Path, header: Header, record: str, wanted: str, or_first: bool) -> Lead:
    """One lead out of segments, in the finest of their gains.

    In a variable layout the first segment only lists the leads, and each of the others has some of
    them. Where a segment lacks the lead, and in gaps, samples are invalid.
    """
    length = sum(segment.length for segment in header.segments)
    if length != (header.length or length) or length > LONGEST:
        raise DataError(f"record {record}: its segments have {length} samples, and not its length")
    variable = header.segments[0].length == 0
    layout = _header_of(header.segments[0], path, header, record)
    index = _chosen(layout, record, wanted, or_first)
    name, per_frame = layout.signals[index].lead, layout.signals[index].per_frame
    parts, start = {}, 0
    for segment in header.segments:
        if segment.name != GAP and segment.length:
            of = _header_of(segment, path, header, record)
            names = [signal.lead for signal in of.signals]
            if not variable or name in names:
                at = names.index(name) if variable else index
                parts[start] = _part(segment, path, of, record, at, per_frame)
        start += segment.length * per_frame
    if not parts:
        raise DataError(f"record {record}: no segment of it holds lead {name!r}; choose another")
    return _merged(parts, start)._replace(name=name)


def _merged(parts: dict[int, Lead], length: int) -> Lead:
    """The parts of a lead, each at its first sample; what lies between them is invalid."""
    finest = max(parts.values(), key=lambda lead: lead.gain_adc_per_mv)
    adc, invalid = np.zeros(length, np.int64), np.ones(length, bool)
    for first, part in parts.items():
        here = slice(first, first + len(part.adc))
        finer = finest.gain_adc_per_mv / part.gain_adc_per_mv
        adc[here] = np.rint((part.adc - part.baseline_adc) * finer + finest.baseline_adc)
        invalid[here] = part.invalid
    return finest._replace(adc=adc, invalid=invalid)


def _header_of(segment: Segment, path: Path, whole: Header, record: str) -> Header:
    """A segment's own header, which must fit that of the whole."""
    of = read_header(path.with_name(segment.name), record)
    if of.segments or of.fs_hz != whole.fs_hz:
        raise DataError(
            f"record {record}: its segment {segment.name} has segments itself, or another "
            "sampling rate: read its parts as records of their own"
        )
    return of


def _part(
    segment: Segment, path: Path, of: Header, record: str, index: int, per_frame: int
) -> Lead:
    """A segment's share of the lead; DataError where it is not as long as announced."""
    if index < len(of.signals):
        lead = _lead(path.with_name(segment.name), of, record, index)
        if len(lead.adc) == segment.length * per_frame:
            return lead
    raise DataError(
        f"record {record}: the lead in its segment {segment.name} is missing or not "
        f"{segment.length} samples long, as its header announces; fetch the headers again"
    )
