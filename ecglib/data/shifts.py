"""Windows cut where a detector sees the R peak, not the annotator: some samples early or late."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from ecglib.data.beats import Beats, ratio, resample
from ecglib.data.datamodule import Batches, HeartbeatData
from ecglib.data.normalisation import normalised
from ecglib.data.records import DataError, Record
from ecglib.settings.sections import Window


@dataclass(frozen=True)
class Signals:
    """Beats and the signals that they were cut from, to cut them anew.

    signal: (samples,), all records at the window's rate, one after another. ends: (records + 1,),
    where in it each record begins, and the end of the last. rates: (records, 2), how many samples
    of the window take the time of how many of the record.
    """

    beats: Beats
    window: Window
    signal: np.ndarray
    ends: np.ndarray
    rates: np.ndarray

    @classmethod
    def of(cls, beats: Beats, window: Window, records: Iterable[Record]) -> "Signals":
        """The records, in the order of the beats' record_names.

        Raises:
            DataError: the beats have not been cut from these.
        """
        parts, rates = [], []
        for record in records:
            parts.append(resample(record.signal_adc, record.fs_hz, window.fs_hz))
            rates.append(ratio(record.fs_hz, window.fs_hz))
        ends = np.cumsum([0, *map(len, parts)])
        signals = cls(beats, window, np.concatenate(parts), ends, np.array(rates))
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

        The samples are those of the record. Beyond a record's end its last value is repeated.
        """
        places = self._places(rows, shift)
        first, end = self._bounds(rows)
        columns = {field.name: getattr(self.beats, field.name) for field in fields(Beats)}
        names = columns.pop("record_names")
        of_rows = {name: column[rows] for name, column in columns.items() if name != "adc"}
        adc = self.signal[np.clip(places, first[:, None], end[:, None] - 1)]
        return Beats(adc=adc, record_names=names, **of_rows)

    def windows(self, rows: np.ndarray, shift: np.ndarray | int) -> Tensor:
        """What `cut` gives as networks take it, normalised: (rows, 1, length) float32."""
        values = normalised(self.cut(rows, shift), self.window.normalise)
        return torch.from_numpy(values).unsqueeze(1)

    def cut_short(self, rows: np.ndarray, shift: int) -> int:
        """How many of these beats reach beyond an end of their record if shifted so."""
        first, end = self._bounds(rows)
        places = self._places(rows, shift)
        return int(((places[:, 0] < first) | (places[:, -1] >= end)).sum())

    def _bounds(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        record = self.beats.record[rows].astype(int)
        return self.ends[record], self.ends[record + 1]

    def _places(self, rows: np.ndarray, shift: np.ndarray | int) -> np.ndarray:
        """(rows, length): where in the signal every sample stands, if no record ended."""
        up, down = self.rates[self.beats.record[rows]].T
        peak = np.rint((self.beats.sample[rows] + shift) * up / down)
        start = self._bounds(rows)[0] + peak.astype(int) - self.window.r_index
        return start[:, None] + np.arange(self.window.length)


class ShiftedData(pl.LightningDataModule):
    """Training beats cut anew each epoch, a shift drawn for each; the rest as `plain` has it.

    rows: (n,) of the training beats among those of the signals. most: samples of the record that a
    shift has, either way; it is the sum of two uniform draws, so that small ones are frequent.
    Order and shifts are by the seed alone. There is no other augmentation.
    """

    def __init__(
        self, plain: HeartbeatData, signals: Signals, rows: np.ndarray, most: int, seed: int
    ) -> None:
        super().__init__()
        self.plain, self.signals, self.most = plain, signals, most
        self.rows, self.class_weights = torch.from_numpy(rows), plain.class_weights
        self.shuffle = torch.Generator().manual_seed(seed)
        self.shifts = torch.Generator().manual_seed(seed)

    def train_dataloader(self) -> Batches:
        """The beats of a new order and new shifts each epoch, (B, 1, length) and (B,)."""
        labels = torch.from_numpy(self.signals.beats.label.astype(np.int64))[self.rows]
        return Batches(self.rows, labels, self.plain.batch_size, self.shuffle, self._shifted)

    def _shifted(self, rows: Tensor) -> Tensor:
        half, rest = self.most // 2, self.most - self.most // 2
        by = torch.randint(-half, rest + 1, (len(rows),), generator=self.shifts)
        by += torch.randint(-rest, half + 1, (len(rows),), generator=self.shifts)
        return self.signals.windows(rows.numpy(), by.numpy())

    def val_dataloader(self) -> Batches:
        """All validation beats, in order, where they are annotated."""
        return self.plain.val_dataloader()

    def transfer_batch_to_device(
        self, batch: tuple[Tensor, Tensor], device: torch.device, dataloader_idx: int
    ) -> tuple[Tensor, Tensor]:
        """Nothing to move: arrays and network are on the CPU."""
        return batch
