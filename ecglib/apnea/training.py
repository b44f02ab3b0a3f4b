"""Fits on stretches of nights, and what a network says of a whole night."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.apnea.networks import Chain, Sliding
from ecglib.apnea.nights import APNEA, UNKNOWN, Night, length_for
from ecglib.apnea.protocols import Parts
from ecglib.training import classifier

STRETCH = 40  # windows of one element of a batch


class Stretches(pl.LightningDataModule):
    """Nights as stretches of STRETCH windows: a batch holds signals (B, 1, T) and labels (B, n).

    Only windows of the wanted part are counted in the loss; the labels of the others are UNKNOWN.
    """

    def __init__(
        self, nights: Sequence[Night], parts: Parts, part: int, *, batch_size: int, seed: int
    ) -> None:
        super().__init__()
        self.batch_size, self.shuffle = batch_size, torch.Generator().manual_seed(seed)
        cut = [piece for night in nights for piece in stretches(night, parts[night.name] == part)]
        self.signal = torch.from_numpy(np.stack([signal for signal, _ in cut]))[:, None]
        self.label = torch.from_numpy(np.stack([label for _, label in cut]))
        counts = [int((self.label == kind).sum()) for kind in (0, 1)]
        if not all(counts):
            raise ValueError(f"to train on are {counts[0]} normal and {counts[1]} apnea windows")
        # Each class weighs the same, as if the rarer one were repeated.
        self.class_weights = torch.tensor([sum(counts) / (2 * count) for count in counts])

    def train_dataloader(self) -> DataLoader:
        """Stretches in a new order each epoch."""
        data = TensorDataset(self.signal, self.label)
        return DataLoader(data, self.batch_size, shuffle=True, generator=self.shuffle)


def stretches(night: Night, used: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pieces (samples, labels) of a night in which some window is used.

    The last piece ends with the night; what it shares with the one before counts once.
    """
    count, label = min(STRETCH, len(used)), np.where(used, night.label, UNKNOWN)
    starts = [*range(0, len(used) - count, count), len(used) - count]
    pieces, done = [], 0
    for start in starts:
        of = label[start : start + count].copy()
        of[: done - start] = UNKNOWN
        done = start + count
        signal = night.signal[start * night.step :][: length_for(count, night.step)]
        if count < STRETCH:
            signal = np.pad(signal, (0, (STRETCH - count) * night.step))
            of = np.pad(of, (0, STRETCH - count), constant_values=UNKNOWN)
        if (of != UNKNOWN).any():
            pieces.append((signal, of))
    return pieces


def fitter(
    nights: Sequence[Night], parts: Parts, chosen, *, part: int = 0, seed: int
) -> "Fit":
    """fit(network, epochs, callbacks) on one part of these nights; `network` is a `Sliding`."""
    data = Stretches(nights, parts, part, batch_size=chosen.batch_size, seed=seed)
    return partial(
        _fit,
        data=data,
        learning_rate=chosen.learning_rate,
        weight_decay=chosen.weight_decay,
        class_weights=data.class_weights,
        classes=2,
    )


def _fit(network: nn.Module, epochs: int, callbacks: Sequence = (), **fixed) -> pd.DataFrame:
    return classifier.fit(network, fixed.pop("data"), epochs=epochs, callbacks=callbacks, **fixed)


@torch.no_grad()
def probabilities(network: Sliding, night: Night) -> np.ndarray:
    """(windows,) the probability of apnea that the network gives each window of a night."""
    network.eval()
    logits = network(torch.from_numpy(night.signal)[None, None])
    return logits.softmax(1)[0, APNEA].numpy()
