"""The short network's beats: samples of the record, summed in sevens, at 51 Hz.

Sums take no weights on the device, and no other resampling is needed there. The beats and their
splits are those of kachuee2018, and so is nearly what is seen of each: 0.57 s before the R peak and
0.83 s behind it (0.92 s by kachuee2018), which often holds the next beat. acharya2017 sees 0.28 s
and 0.45 s of slightly other beats: its scores are compared with that in mind.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ecglib.data.beats import Beats, path_of
from ecglib.data.errors import DataError, RecordWarning
from ecglib.data.records import acquire, read_record
from ecglib.frontier.short import SAMPLES
from ecglib.settings import config

OF = "kachuee2018"  # whose beats and splits
SUMMED, FS_HZ = 7, 360  # samples of a sum, and their rate
BEFORE = 204  # samples before the R peak, at 360 Hz: 71 at 125 Hz, as OF has them
R_INDEX = BEFORE // SUMMED  # of the sum that holds the R peak


def cut(beats: Beats, signals: Mapping[str, np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Record by record the rows of its beats (n,), and their windows (n, SAMPLES x SUMMED).

    signals: record name -> (samples,) integers at 360 Hz.

    Raises:
        DataError: a window reaches beyond its record.
    """
    length = SAMPLES * SUMMED
    for record, name in enumerate(beats.record_names.tolist()):
        rows, signal = np.flatnonzero(beats.record == record), signals[name]
        start = beats.sample[rows].astype(np.int64) - BEFORE
        if len(rows) and (start.min() < 0 or start.max() + length > len(signal)):
            raise DataError(f"a beat reaches beyond record {name}: it was cut from another one")
        yield rows, np.lib.stride_tricks.sliding_window_view(signal, length)[start]


def summed(windows: np.ndarray) -> np.ndarray:
    """(n, SAMPLES x SUMMED) integers -> (n, SAMPLES) int16, as `ecg_sums` in C has them.

    Raises:
        DataError: a sum does not fit 16 bits.
    """
    sums = windows.reshape(len(windows), SAMPLES, SUMMED).sum(2, dtype=np.int64)
    if len(sums) and np.abs(sums).max() > np.iinfo(np.int16).max:
        raise DataError(f"a sum of {SUMMED} samples does not fit 16 bits")
    return sums.astype(np.int16)


def of_sums(beats: Beats, signals: Mapping[str, np.ndarray]) -> Beats:
    """These beats with sums in the place of their windows, (n, SAMPLES) int16."""
    sums = np.empty((len(beats), SAMPLES), np.int16)
    for rows, windows in cut(beats, signals):
        sums[rows] = summed(windows)
    return replace(beats, adc=sums)


@lru_cache(maxsize=1)
def kachuee_beats() -> Beats:
    """The beats of OF, as the data stage stores them."""
    return Beats.load(path_of(config.settings().data.windows[OF]))


@lru_cache(maxsize=1)
def all_beats() -> Beats:
    """Every beat of the study as sums; DataError where its records are not to be had."""
    beats = kachuee_beats()
    return of_sums(beats, signals_of(beats))


def some_windows(count: int) -> np.ndarray:
    """(count, SAMPLES x SUMMED): of the first beats, what `all_beats` are the sums of."""
    beats = kachuee_beats()
    _, windows = next(cut(beats, signals_of(beats)))
    return windows[:count]


def signals_of(beats: Beats) -> dict[str, np.ndarray]:
    """Record name -> its samples (n,), of every record of these beats."""
    names, lead = beats.record_names.tolist(), config.settings().data.lead
    folder = acquire(names)
    with warnings.catch_warnings():  # the data stage has told them
        warnings.simplefilter("ignore", RecordWarning)
        records = [read_record(folder, name, lead=lead, or_first=True) for name in names]
    if other := [one.name for one in records if one.fs_hz != FS_HZ]:
        raise DataError(f"record {other[0]} is not sampled at {FS_HZ} Hz")
    return {one.name: one.signal_adc for one in records}
