"""Windows cut where a detector sees the R peak, not the annotator: some samples early or late."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from ecglib.data.beats import Beats, resample
from ecglib.data.records import MITDB_FS_HZ, DataError, Record
from ecglib.settings.sections import Window


@dataclass(frozen=True)
class Signals:
    """Beats and the signals that they were cut from, to cut them anew.

    signal: (samples,) int16, all records at the window's rate, one after another. ends: (records +
    1,), where in it each record begins, and the end of the last.
    """

    beats: Beats
    window: Window
    signal: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, beats: Beats, window: Window, records: Iterable[Record]) -> "Signals":
        """The records, in the order of the beats' record_names.

        Raises:
            DataError: the beats have not been cut from these.
        """
        parts = [resample(record.signal_adc, record.fs_hz, window.fs_hz) for record in records]
        ends = np.cumsum([0, *map(len, parts)])
        signals = cls(beats, window, np.concatenate(parts), ends)
        for record, name in enumerate(beats.record_names):
            rows = np.flatnonzero(beats.record == record)
            if not np.array_equal(signals.cut(rows, 0).adc, beats.adc[rows]):
                raise DataError(
                    f"the beats of record {name} in data/beats were not cut from the record that "
                    "is here: run notebooks/01_data.ipynb, which cuts them anew"
                )
        return signals

    def cut(self, rows: np.ndarray, shift: np.ndarray | int) -> Beats:
        """These beats as if the R peak had been seen so many samples late: (rows,), or one for all.

        The samples are those of the record, 360 a second. Beyond a record's end its last value is
        repeated.
        """
        places = self._places(rows, shift)
        first, end = self._bounds(rows)
        adc = self.signal[np.clip(places, first[:, None], end[:, None] - 1)]
        of_each = {f.name: getattr(self.beats, f.name) for f in fields(Beats)}
        names = of_each.pop("record_names")
        return Beats(
            **{name: column[rows] for name, column in of_each.items()} | {"adc": adc},
            record_names=names,
        )

    def cut_short(self, rows: np.ndarray, most: int) -> int:
        """How many of these beats reach beyond their record if shifted so far either way."""
        first, end = self._bounds(rows)
        early, late = self._places(rows, -most)[:, 0], self._places(rows, most)[:, -1]
        return int(((early < first) | (late >= end)).sum())

    def _bounds(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        record = self.beats.record[rows].astype(int)
        return self.ends[record], self.ends[record + 1]

    def _places(self, rows: np.ndarray, shift: np.ndarray | int) -> np.ndarray:
        """(rows, length): where in the signal every sample stands, if no record ended."""
        peak = np.rint((self.beats.sample[rows] + shift) * self.window.fs_hz / MITDB_FS_HZ)
        start = self._bounds(rows)[0] + peak.astype(int) - self.window.r_index
        return start[:, None] + np.arange(self.window.length)
