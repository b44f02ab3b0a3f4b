"""Batches of normalised heartbeats from arrays in memory."""

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

from ecglib.data.beats import Beats
from ecglib.data.records import DataError
from ecglib.data.splits import split_indices

NORMALISATIONS = ("beat", "record")
EVALUATION_BATCH = 1024  # small enough for the activations to stay in the cache


def normalised(beats: Beats, by: str) -> np.ndarray:
    """Z-scored windows (n, length) float32, by the statistics of each `beat` or each `record`."""
    adc = beats.adc.astype(np.float32)
    if by == "beat":
        mean, std = adc.mean(1, keepdims=True), adc.std(1, keepdims=True)
    elif by == "record":
        groups = [beats.adc[beats.record == r] for r in range(len(beats.record_names))]
        mean = np.array([g.mean() for g in groups], np.float32)[beats.record, None]
        std = np.array([g.std() for g in groups], np.float32)[beats.record, None]
    else:
        raise DataError(f"unknown normalisation {by!r}; one of {', '.join(NORMALISATIONS)}")
    return (adc - mean) / np.maximum(std, 1e-6)  # a flat window becomes zeros, not NaN


class HeartbeatData(pl.LightningDataModule):
    """Train, validation and test beats of one split as (B, 1, length) float32 and (B,) int64.

    Shuffling is by `seed` alone: two modules with the same seed give the same batches, whatever
    else has drawn random numbers.
    """

    def __init__(
        self, beats: Beats, split: str, seed: int, *, batch_size: int, normalise: str
    ) -> None:
        super().__init__()
        self.seed, self.batch_size = seed, batch_size
        windows = torch.from_numpy(normalised(beats, normalise)).unsqueeze(1)
        labels = torch.from_numpy(beats.label.astype(np.int64))
        index = split_indices(beats, split, seed)
        self.parts = {
            part: TensorDataset(windows[rows], labels[rows]) for part, rows in index.items()
        }
        self.test_record = beats.record_names[beats.record[index["test"]]]

    def tensors(self, part: str) -> tuple[Tensor, Tensor]:
        """All windows (n, 1, length) and labels (n,) of `train`, `validation` or `test`."""
        return self.parts[part].tensors

    def train_dataloader(self) -> DataLoader:
        shuffle = RandomSampler(
            self.parts["train"], generator=torch.Generator().manual_seed(self.seed)
        )
        return self._loader("train", BatchSampler(shuffle, self.batch_size, drop_last=True))

    def val_dataloader(self) -> DataLoader:
        rows = range(len(self.parts["validation"]))
        return self._loader("validation", BatchSampler(rows, EVALUATION_BATCH, drop_last=False))

    def _loader(self, part: str, batches: BatchSampler) -> DataLoader:
        # The sampler gives whole batches of indices, so a batch is one slice of the arrays
        # instead of one Python call and one copy per beat.
        return DataLoader(self.parts[part], sampler=batches, batch_size=None)
