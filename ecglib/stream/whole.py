"""Whole records through the stream's C on this computer, and what comes of them."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import resample_poly

from ecglib.data.records import Record, RecordWarning, acquire, read_record
from ecglib.device.integer import IntegerNetwork
from ecglib.settings.config import settings
from ecglib.stream.host import Library
from ecglib.stream.reference import Event
from ecglib.stream.scoring import confusion
from ecglib.stream.stretches import Converter

MITDB = Converter(360, 0, 2047)
WIDE = Converter(360, -(2**15), 2**15 - 1)  # of records that noise takes out of that range
END_S = 2  # without a sample: the last beat is told, too


def records_of(names: Iterable[str]) -> Iterator[Record]:
    """MIT-BIH records of the study's lead; those without it give their first."""
    names = list(names)
    folder = acquire(names)
    for name in names:
        with warnings.catch_warnings():  # the data stage has told them
            warnings.simplefilter("ignore", RecordWarning)
            yield read_record(folder, name, lead=settings().data.lead, or_first=True)


def at_rate(record: Record, rate_hz: int) -> Record:
    """The record as a converter of another rate would give it, by scipy's `resample_poly`."""
    if rate_hz == record.fs_hz:
        return record
    common = np.gcd(rate_hz, round(record.fs_hz))
    middle = record.signal_adc.mean()
    up, down = rate_hz // common, round(record.fs_hz) // common
    signal = np.rint(resample_poly(record.signal_adc - middle, up, down) + middle)
    return replace(
        record,
        fs_hz=float(rate_hz),
        signal_adc=signal.clip(MITDB.lowest, MITDB.highest).astype(np.int64),
        sample=np.rint(record.sample * rate_hz / record.fs_hz).astype(np.int64),
        invalid=None,
    )


def events_of(library: Library, record: Record, converter: Converter = MITDB) -> list[Event]:
    """All events of a record from its first sample to its last, as the C tells them.

    converter: its range; the rate is the record's.
    """
    converter = replace(converter, rate_hz=round(record.fs_hz))
    end = np.full(END_S * converter.rate_hz, converter.highest + 1)
    stream = library.stream(converter)
    return stream.push(np.concatenate([record.signal_adc.astype(np.int64), end]))


def streamed(
    network: IntegerNetwork,
    records: Iterable[Record],
    since_s: Sequence[float] = (0.0,),
    converter: Converter = MITDB,
) -> list[dict[str, np.ndarray]]:
    """Record -> `scoring.confusion` of the stream with this network, for each of these beginnings.

    CompilerMissing: this computer has no C compiler.
    """
    library = Library(network)
    found: list[dict[str, np.ndarray]] = [{} for _ in since_s]
    for record in records:
        told = events_of(library, record, converter)
        for matrices, begin_s in zip(found, since_s, strict=True):
            matrices[record.name] = confusion(record, told, begin_s)
    return found
