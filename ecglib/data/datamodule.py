"""Batches of normalised heartbeats from arrays in memory."""

from collections.abc import Callable, Iterator

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from ecglib.data.augmentation import Augmentation, augmented
from ecglib.data.beats import Beats
from ecglib.data.noise import read_noise
from ecglib.data.normalisation import normalised
from ecglib.data.records import DataError
from ecglib.data.rhythm import rhythm_features
from ecglib.data.splits import split_indices
from ecglib.settings.words import CLASSES

EVALUATION_BATCH = 1024  # small enough for the activations to stay in the cache


class Batches:
    """An epoch of (B, 1, length) windows and (B,) labels, each batch one indexing of the arrays.

    Lightning takes any iterable with a length; PyTorch's DataLoader would add its own time to every
    step and nothing else. With a generator the order is new each epoch, and a last, smaller batch
    is left out. `change` maps each batch of windows to the ones to train on.
    """

    def __init__(
        self,
        windows: Tensor,
        labels: Tensor,
        batch_size: int,
        generator: torch.Generator | None = None,
        change: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.windows, self.labels = windows, labels
        self.batch_size, self.generator, self.change = batch_size, generator, change

    def __len__(self) -> int:
        whole, rest = divmod(len(self.labels), self.batch_size)
        return whole + (rest > 0 and self.generator is None)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.labels))
        if self.generator is not None:
            order = torch.randperm(len(self.labels), generator=self.generator)
        for rows in order.split(self.batch_size)[: len(self)]:
            windows = self.windows[rows]
            yield self.change(windows) if self.change else windows, self.labels[rows]


def balancing_weights(labels: Tensor, balance: float) -> Tensor:
    """Weights (5,) proportional to count ** -balance of each class, 1 on average over the labels.

    Cui et al., CVPR 2019 (arXiv:1901.05555), discuss what lies between no balance and full.
    """
    counts = torch.bincount(labels, minlength=len(CLASSES)).double()
    weights = counts**-balance
    return (weights * counts.sum() / (weights * counts).sum()).float()


class HeartbeatData(pl.LightningDataModule):
    """Train, validation and test beats of one split as (B, 1, length) float32 and (B,) int64.

    Shuffling is by `seed` alone: two modules with the same seed give the same batches, whatever
    else has drawn random numbers. A later fit goes on in the sequence of orders, so that stages of
    pruning do not see the same few orders again and again.

    features: append the rhythm features of each beat to its window, (B, 1, length + 8).
    augmentation: how training batches, and only they, are changed anew each time they are drawn;
    the features stay as they are. class_balance: the `class_weights` (5,) of the loss are
    proportional to count ** -class_balance of the training labels, 1 on average over these; 0
    weighs all beats alike, 1 all classes.
    """

    def __init__(
        self,
        beats: Beats,
        split: str,
        seed: int,
        *,
        batch_size: int,
        normalise: str,
        features: bool = False,
        augmentation: Augmentation | None = None,
        class_balance: float = 0.0,
    ) -> None:
        super().__init__()
        self.batch_size, self.augmentation = batch_size, augmentation
        self.shuffle = torch.Generator().manual_seed(seed)
        self.changes = torch.Generator().manual_seed(seed)
        self.length = beats.adc.shape[1]
        values = normalised(beats, normalise)
        if features:
            values = np.concatenate([values, rhythm_features(beats)], axis=1)
        windows = torch.from_numpy(values).unsqueeze(1)
        labels = torch.from_numpy(beats.label.astype(np.int64))
        index = split_indices(beats, split, seed)
        self.parts = {part: (windows[rows], labels[rows]) for part, rows in index.items()}
        if (n := len(index["train"])) < batch_size:
            raise DataError(f"{n} training beats do not fill one batch of {batch_size}")
        self.test_record = beats.record_names[beats.record[index["test"]]]
        self.class_weights = balancing_weights(self.parts["train"][1], class_balance)
        noisy = augmentation is not None and augmentation.noise > 0
        self.noise = torch.from_numpy(read_noise(augmentation.fs_hz)) if noisy else None

    def tensors(self, part: str) -> tuple[Tensor, Tensor]:
        """All windows (n, 1, length) and labels (n,) of `train`, `validation` or `test`."""
        return self.parts[part]

    def train_dataloader(self) -> Batches:
        """The training beats, in a new order each epoch."""
        change = self._augmented if self.augmentation else None
        return Batches(*self.tensors("train"), self.batch_size, self.shuffle, change)

    def _augmented(self, inputs: Tensor) -> Tensor:
        windows, features = inputs[:, :, : self.length], inputs[:, :, self.length :]
        windows = augmented(windows, self.augmentation, self.noise, self.changes)
        return torch.cat([windows, features], dim=2)

    def val_dataloader(self) -> Batches:
        """All validation beats, in order."""
        return Batches(*self.tensors("validation"), EVALUATION_BATCH)

    def transfer_batch_to_device(
        self, batch: tuple[Tensor, Tensor], device: torch.device, dataloader_idx: int
    ) -> tuple[Tensor, Tensor]:
        """Nothing to move: arrays and network are on the CPU."""
        return batch
