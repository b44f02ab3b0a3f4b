"""What every cell of the room starts from: its beats, its dense network, its fits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
from torch import nn

from ecglib import models, paths
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import HeartbeatData
from ecglib.deployment.integers import run_of
from ecglib.frontier.events import Event
from ecglib.frontier.settings import Fitting, settings
from ecglib.frontier.within import Change, WithinFit
from ecglib.methods import fitting
from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import LogSparsity
from ecglib.pruning.masks import Masks
from ecglib.settings import config
from ecglib.settings.sections import Training
from ecglib.training import classifier

SPLIT = "intra"  # of all networks but the one that is made for patients never met
UNSEEN = {"rhythm_cnn": "inter"}


def split_of(model: str) -> str:
    """Random beats, or patients apart."""
    return UNSEEN.get(model, SPLIT)


def beats_of(model: str) -> Beats:
    """Every beat, cut as the data stage stores it for a model."""
    return Beats.load(path_of(config.settings().data.windows[model]))


def chosen(model: str) -> Fitting | Training:
    """What its fits share: for patients apart, what the study's own do."""
    if model in UNSEEN:
        return config.settings().training[split_of(model)]
    return settings().fitting


def epochs_of(model: str) -> int:
    """How many each of its methods has after the dense network's own."""
    return settings().epochs_of.get(model, settings().epochs)


def load_data(model: str, seed: int) -> HeartbeatData:
    """The beats of a seed's split for a model, random ones with the room's class balance."""
    if model in UNSEEN:
        return fitting.load_data(run_of(model, split_of(model), seed))
    return HeartbeatData(
        beats_of(model),
        SPLIT,
        seed,
        batch_size=chosen(model).batch_size,
        normalise=config.settings().data.windows[model].normalise,
        class_balance=chosen(model).class_balance,
    )


def dense_path(model: str, seed: int) -> Path:
    """Where the study's dense network of a seed lies in git."""
    return paths.REPORTS / "sweep" / f"{split_of(model)}-{model}-dense-s{seed}.safetensors"


def fit(
    network: nn.Module,
    data: HeartbeatData,
    model: str,
    epochs: int,
    callbacks: Sequence[pl.Callback] = (),
    **options: object,
) -> pd.DataFrame:
    """One fit, one learning-rate cycle, with what is `chosen` for the model; its history.

    options: of `classifier.fit` that differ from these.
    """
    of = chosen(model)
    shared = {
        "learning_rate": of.learning_rate_of.get(model, of.learning_rate),
        "weight_decay": of.weight_decay,
        "label_smoothing": of.label_smoothing,
        "class_weights": data.class_weights if of.class_balance else None,
    }
    return classifier.fit(network, data, epochs=epochs, callbacks=callbacks, **shared | options)


@dataclass
class Course:
    """A cell's way from the dense network on: its fits after each other, and what they told.

    `history` has a row an epoch, `told` one an event; both count epochs from the course's begin.
    weights: prunable ones of the dense network.
    """

    model: str
    seed: int
    target: float
    data: HeartbeatData
    network: nn.Module
    masks: Masks
    weights: int
    epochs: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def steps(self, epochs: int = 1) -> int:
        """The optimizer's steps of so many epochs."""
        return epochs * len(self.data.train_dataloader())

    def of_this(self, sparsity: float) -> float:
        """The network's own sparsity at one of the dense network: another if filters have left."""
        here = self._here()
        return sparsity if here == self.weights else 1 - (1 - sparsity) * self.weights / here

    def of_dense(self, sparsity: float) -> float:
        """The sparsity counted from the dense network's weights at one of the network as it is."""
        here = self._here()
        return sparsity if here == self.weights else 1 - (1 - sparsity) * here / self.weights

    def _here(self) -> int:
        return sum(mask.numel() for mask in self.masks.values())

    def fit(
        self,
        network: nn.Module,
        epochs: int,
        callbacks: Sequence[pl.Callback] = (),
        **options: object,
    ) -> pd.DataFrame:
        """One fit as `pruning.multistage.Fit` is; its history, which the course keeps as well."""
        found = fit(network, self.data, self.model, epochs, callbacks, **options)
        rows = found.to_dict("records")
        self.history += [row | {"epoch": self.epochs + int(row["epoch"])} for row in rows]
        self.epochs += len(rows)  # a callback may end a fit before its last epoch
        return found

    def fit_within(self, epochs: int, events: Sequence[Event], change: Change) -> None:
        """One fit of the course's network in which `change` makes new masks at the events."""
        within = WithinFit(self.masks, events, change)
        begun, each = self.epochs, self.steps()
        self.fit(self.network, epochs, [within, LogSparsity()])
        self.masks = within.masks
        for row in within.told:
            at = {"epoch": begun + row["step"] / each, "sparsity": self.of_dense(row["sparsity"])}
            self.told.append({name: row[name] for name in row if name != "step"} | at)


def start(model: str, seed: int, target: float) -> Course:
    """A course at its beginning.

    Raises:
        ValueError: the dense network is absent or damaged.
    """
    network = models.load(model, dense_path(model, seed))
    data = load_data(model, seed)
    masks = mask_values.ones(network)
    weights = sum(mask.numel() for mask in masks.values())
    return Course(model, seed, target, data, network, masks, weights)
