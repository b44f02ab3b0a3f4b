"""Fits on stretches of nights, and what a network says of a whole night."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from ecglib.apnea.networks import Sliding
from ecglib.apnea.nights import APNEA, CLASSES, NORMAL, UNKNOWN, WINDOW, Night, length_for
from ecglib.apnea.protocols import TRAIN, Parts
from ecglib.pruning.multistage import Fit
from ecglib.training import classifier

STRETCH = 40  # windows of one element of a batch
AT_ONCE = 2000  # windows in one evaluation, so that a night of ECG takes little memory


class Stretches(pl.LightningDataModule):
    """Nights as stretches of STRETCH windows: a batch holds signals (B, 1, T) and labels (B, n).

    Only windows that train are counted in the loss; the labels of the others are UNKNOWN.

    Raises:
        ValueError: a class has no window to train on.
    """

    def __init__(
        self, nights: Sequence[Night], parts: Parts, *, batch_size: int, seed: int
    ) -> None:
        super().__init__()
        self.batch_size, self.shuffle = batch_size, torch.Generator().manual_seed(seed)
        self.pieces = [p for night in nights for p in stretches(night, parts[night.name] == TRAIN)]
        labels = np.concatenate([label for _, label in self.pieces]) if self.pieces else []
        counts = [int(np.sum(np.equal(labels, kind))) for kind in (NORMAL, APNEA)]
        if not all(counts):
            raise ValueError(f"to train on are {counts[0]} normal and {counts[1]} apnea windows")
        # Each class weighs the same, as if the rarer one were repeated.
        self.class_weights = torch.tensor([sum(counts) / (2 * count) for count in counts])

    def train_dataloader(self) -> DataLoader:
        """Stretches in a new order each epoch."""
        return DataLoader(
            self.pieces,
            self.batch_size,
            shuffle=True,
            generator=self.shuffle,
            collate_fn=_batch,
        )


def _batch(pieces: list[tuple[np.ndarray, np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor]:
    signals, labels = zip(*pieces, strict=True)
    return torch.from_numpy(np.stack(signals))[:, None], torch.from_numpy(np.stack(labels))


def stretches(night: Night, used: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pieces (samples, labels) of a night in which some window is used; samples are views.

    No sample is in them that is in no used window: batch normalisation would learn from it.
    """
    at = np.flatnonzero(used)
    runs = np.split(at, np.flatnonzero(np.diff(at) * night.step > WINDOW) + 1)
    return [piece for run in runs if len(run) for piece in _cut(night, used, run[0], run[-1] + 1)]


def _cut(night: Night, used: np.ndarray, first: int, end: int) -> Iterator[tuple]:
    """Windows first to end as pieces of STRETCH; those that are not used are UNKNOWN.

    The last piece ends where they end; what it shares with the one before counts once. Fewer
    windows than one piece has are filled up with zeros, the mean, and UNKNOWN.
    """
    label = np.where(used, night.label, UNKNOWN)[first:end]
    signal = night.signal[first * night.step :][: length_for(len(label), night.step)]
    if missing := max(0, STRETCH - len(label)):
        signal = np.pad(signal, (0, missing * night.step))
        label = np.pad(label, (0, missing), constant_values=UNKNOWN)
    done = 0
    for start in [*range(0, len(label) - STRETCH, STRETCH), len(label) - STRETCH]:
        of = label[start : start + STRETCH].copy()
        of[: done - start] = UNKNOWN
        done = start + STRETCH
        if (of != UNKNOWN).any():
            yield signal[start * night.step :][: length_for(STRETCH, night.step)], of


def fitter(data: Stretches, **fixed: float) -> Fit:
    """fit(network, epochs, callbacks) on this data, `network` a `Sliding`; see `classifier.fit`.

    fixed: learning_rate and weight_decay.
    """

    def fit(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        with warnings.catch_warnings():  # nothing is chosen by it, so no epoch is validated
            warnings.filterwarnings("ignore", message=".*no `val_dataloader`.*")
            return classifier.fit(
                *(network, data),
                epochs=epochs,
                callbacks=callbacks,
                class_weights=data.class_weights,
                classes=len(CLASSES),
                **fixed,
            )

    return fit


@torch.no_grad()
def probabilities(network: Sliding, night: Night) -> np.ndarray:
    """(windows,) the probability of apnea that the network gives each window of a night."""
    network.eval()
    found = []
    for start in range(0, len(night.label), AT_ONCE):
        windows = min(AT_ONCE, len(night.label) - start)
        signal = night.signal[start * night.step :][: length_for(windows, night.step)]
        found.append(network(torch.from_numpy(signal)[None, None]).softmax(1)[0, APNEA])
    return torch.cat(found).numpy()
