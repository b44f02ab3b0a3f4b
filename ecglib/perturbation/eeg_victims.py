"""EEG networks as victims: band-pass, scale or alignment, network; and how they are trained."""

import warnings
from dataclasses import dataclass, replace
from typing import Protocol

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.perturbation import eeg_networks
from ecglib.perturbation.bands import Band, alignment
from ecglib.perturbation.trials import RATE_HZ
from ecglib.perturbation.victims import Inputs, spread
from ecglib.training import classifier

WHOLE, FAST = (0.5, 38.0), (4.0, 38.0)  # Hz: with and without slow potentials and eye movements
MAIN, ALIGNED = "eegnet", "eegnet, 4-38 Hz, aligned"
# What a victim is called -> its network, its band, and whether people are aligned. Those on one
# band without alignment stand on the same inputs: perturbations go from one to the other.
VICTIMS = {
    MAIN: ("eegnet", WHOLE, False),
    ALIGNED: ("eegnet", FAST, True),
    "deep_convnet": ("deep_convnet", WHOLE, False),
    "shallow_convnet": ("shallow_convnet", WHOLE, False),
}


class Fitting(Protocol):
    """How a network is trained: AdamW, one learning-rate cycle; the last epoch counts."""

    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int


@dataclass(frozen=True)
class EegVictim:
    """A network on (n, 8, 512) microvolt at 128 Hz as recorded, behind a band-pass.

    std: in microvolt, of the training people's inputs as recorded; scale: of these in the band.
    aligned: each person's trials are aligned by the covariance of all of those that are answered
    together, see `bands.alignment`; else they are divided by the scale.
    """

    network: nn.Module
    band: nn.Module
    std: float
    scale: float
    aligned: bool
    classes: int = eeg_networks.CLASSES
    linear: bool = True

    def context(self, inputs: Inputs) -> Tensor | None:
        """(n, 8, 8) the alignment of each input, from its band; None where none is used."""
        return alignment(self.band(inputs.x), inputs.group) if self.aligned else None

    def seen(self, x: Tensor, context: Tensor | None) -> Tensor:
        """(n, 8, 512) microvolt -> (n, 8, 512), what the network sees."""
        filtered = self.band(x)
        return filtered / self.scale if context is None else context @ filtered


class Trials(pl.LightningDataModule):
    """What the network sees of the training people, in a new order each epoch."""

    def __init__(self, seen: Tensor, label: Tensor, *, batch_size: int, seed: int) -> None:
        super().__init__()
        self.seen, self.batch_size = TensorDataset(seen, label), batch_size
        self.shuffle = torch.Generator().manual_seed(seed)

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.seen, self.batch_size, shuffle=True, generator=self.shuffle)


def victim_of(
    network: nn.Module, people: Inputs, limits_hz: tuple[float, float], *, aligned: bool
) -> EegVictim:
    """A network with the pipeline of these people, who train it."""
    band = Band(*limits_hz, people.x.shape[2], RATE_HZ)
    return EegVictim(network, band, spread(people), float(band(people.x).std()), aligned)


def behind_the_band(victim: EegVictim) -> EegVictim:
    """The same network as published work attacks it: its inputs are filtered already.

    So its bound is in standard deviations of the band.
    """
    return replace(victim, band=nn.Identity(), std=victim.scale)


def train(
    name: str,
    people: Inputs,
    limits_hz: tuple[float, float],
    fitting: Fitting,
    *,
    aligned: bool,
    seed: int,
) -> EegVictim:
    """Train a network of EEG_NETWORKS on these people's trials; nothing else is looked at.

    limits_hz: of the band that it reads. One thread.

    Raises:
        UnknownName: no network of this name.
        ValueError: a class has no trial, or limits of no band; DataError as `bands.alignment`.
    """
    if len(people.label.unique()) < eeg_networks.CLASSES:
        raise ValueError("to train on are trials of one class alone")
    victim = victim_of(eeg_networks.build(name, seed), people, limits_hz, aligned=aligned)
    seen = victim.seen(people.x, victim.context(people))
    data = Trials(seen, people.label, batch_size=fitting.batch_size, seed=seed)
    with warnings.catch_warnings():  # nothing is chosen by it, so no epoch is validated
        warnings.filterwarnings("ignore", message=".*no `val_dataloader`.*")
        classifier.fit(
            *(victim.network, data),
            epochs=fitting.epochs,
            callbacks=[eeg_networks.MaxNorms()],
            learning_rate=fitting.learning_rate,
            weight_decay=fitting.weight_decay,
            classes=eeg_networks.CLASSES,
        )
    return victim
