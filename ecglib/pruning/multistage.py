"""Multistage pruning: for each stage prune, fit, record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd
from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask, LogSparsity
from ecglib.pruning.masks import Masks
from ecglib.settings.schedules import Stage, checked

# fit(network, epochs, callbacks) trains the network in place and returns its history per epoch.
Fit = Callable[[nn.Module, int, Sequence], pd.DataFrame]
# prune_to(network, masks, sparsity) gives the next masks, nested in those before.
PruneTo = Callable[[nn.Module, Masks, float], Masks]


@dataclass(frozen=True)
class Reached:
    """The state of the network (which was changed in place) after one stage.

    learning_rate: where the method chose one of its own. filters: of a network that became smaller,
    widths by group, and notes of the search.
    """

    network: nn.Module
    stage: Stage
    epochs_spent: int
    masks: Masks
    history: pd.DataFrame
    learning_rate: float | None = None
    filters: dict = field(default_factory=dict)


def multistage(
    network: nn.Module,
    stages: Sequence[Stage],
    fit: Fit,
    prune_to: PruneTo,
    *,
    rewind: Callable[[nn.Module], None] | None = None,
) -> Iterator[Reached]:
    """Take the network along the stages, yielding after each: one run gives every sparsity on it.

    Each fit starts a fresh optimizer and learning-rate schedule. One-shot pruning is a schedule of
    one stage; without fine-tuning, a stage of no epochs. `rewind` sets the weights back, in place,
    before each fit; the masks stay.

    Raises:
        ValueError: stages that do not rise within [0, 1).
    """
    masks, spent = mask_values.ones(network), 0
    for stage in checked(stages):
        masks = prune_to(network, masks, stage.sparsity)
        if rewind:
            rewind(network)
        mask_values.apply(masks, network)
        history = fit(network, stage.epochs, [HoldMask(masks), LogSparsity()])
        spent += stage.epochs
        yield Reached(network, stage, spent, masks, history)
