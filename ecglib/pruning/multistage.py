"""Multistage pruning: for each stage prune, fit, record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask, LogSparsity
from ecglib.pruning.masks import Masks
from ecglib.pruning.prune import prune
from ecglib.pruning.schedules import Stage, checked
from ecglib.pruning.scores import CRITERIA

# fit(network, epochs, callbacks) trains the network in place and returns its history per epoch.
Fit = Callable[[nn.Module, int, Sequence], pd.DataFrame]


@dataclass(frozen=True)
class Reached:
    """The state of the network (which was changed in place) after one stage."""

    stage: Stage
    epochs_spent: int
    masks: Masks
    history: pd.DataFrame


def multistage(
    network: nn.Module,
    stages: Sequence[Stage],
    fit: Fit,
    *,
    criterion: str,
    allocation: str,
    seed: int,
) -> Iterator[Reached]:
    """Take the network along the stages, yielding after each: one run gives every sparsity on it.

    Each fit starts a fresh optimizer and learning-rate schedule. One-shot pruning is a schedule of
    one stage; without fine-tuning, a stage of no epochs.

    Raises:
        ValueError: stages that do not rise within [0, 1), an unknown criterion or allocation.
    """
    if criterion not in CRITERIA:
        raise ValueError(f"unknown criterion {criterion!r}; one of {', '.join(CRITERIA)}")
    generator = torch.Generator().manual_seed(seed)
    masks, spent = mask_values.ones(network), 0
    for stage in checked(stages):
        scores = CRITERIA[criterion](mask_values.prunable(network), generator)
        masks = prune(scores, masks, stage.sparsity, allocation)
        mask_values.apply(masks, network)
        history = fit(network, stage.epochs, [HoldMask(masks), LogSparsity()])
        spent += stage.epochs
        yield Reached(stage, spent, masks, history)
