"""AOFP during a fit: every layer's search advances with each training batch."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ecglib.pruning.filters import aofp
from ecglib.pruning.filters.followers import Followers
from ecglib.pruning.filters.groups import Alive, everything, targets
from ecglib.pruning.filters.removal import Select, Selection, Size, as_lists, remove_in_order
from ecglib.pruning.filters.scores import Batches, Scores
from ecglib.pruning.filters.shrink import shrink, silence


@dataclass(frozen=True)
class Course:
    """How a search goes; the published settings are 1000 (400 for LeNet-5), 0.01 (0.05) and 500.

    iterations_per_half: batches until a decision.
    masks_per_batch: each for its own part of the batch (published: 1). What a mask says depends
        more on which filters it joins than on the beats: many masks on few beats rank better.
    theta: the damage that is harmless, multiplied by theta_growth whenever no layer finds any
        (published: constant, as no size is asked for).
    warm_up: batches before the first search; the layers start one after the other within the
        batches of one decision.
    """

    iterations_per_half: int
    masks_per_batch: int
    theta: float
    theta_growth: float
    warm_up: int


class SearchFilters(pl.Callback):
    """Search all groups at once until the network's size is at most `limit`; removed filters stay
    at zero, weights and biases.

    alive: the filters left. events: one dict per decision. evaluated_beats: what the search has
    run through the network beyond training, the base path's pass and the ablated ones' as one each.
    """

    def __init__(
        self, network: nn.Module, course: Course, *, limit: int, size: Size, seed: int
    ) -> None:
        self.network, self.course, self.limit, self.size = network, course, limit, size
        self.groups = targets(network)
        self.followers = Followers(network, self.groups)
        self.searches = {n: aofp.start(keep) for n, keep in everything(self.groups).items()}
        self.generator = torch.Generator().manual_seed(seed)
        self.theta, self.fruitless = course.theta, set()
        self.events: list[dict] = []
        self.batches = self.evaluated_beats = 0
        self.reached = size(network) <= limit

    @property
    def alive(self) -> Alive:
        """The filters left, by group."""
        return {name: search.alive for name, search in self.searches.items()}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        silence(self.network, self.alive, self.groups)
        if not self.reached:
            self.advance(batch[0])

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = self.reached

    def advance(self, inputs: Tensor) -> None:
        """One batch, (B, channels, steps), for every search that has begun and has a choice."""
        self.batches += 1
        masks = range(self.course.masks_per_batch)
        masked = {
            n: [aofp.draw(self.searches[n], self.generator) for _ in masks] for n in self._open()
        }
        if not masked:
            return
        self.evaluated_beats += 2 * len(inputs)
        enough = self.course.iterations_per_half * len(masks)
        for name, damages in self.followers.damages(inputs, masked).items():
            for mask, damage in zip(masked[name], damages, strict=True):
                aofp.accumulate(self.searches[name], mask, damage)
            if self.searches[name].masks >= enough and not self.reached:
                self._decide(name)

    def _open(self) -> list[str]:
        """The groups whose search has begun and that have two filters or more."""
        each = self.course.iterations_per_half / len(self.groups)
        return [
            name
            for place, (name, search) in enumerate(self.searches.items())
            if self.batches > self.course.warm_up + int(place * each) and search.alive.sum() > 1
        ]

    def _decide(self, name: str) -> None:
        before = self.searches[name]
        decision, self.searches[name] = aofp.decide(before, self.theta)
        self._note(name, before, decision)
        if decision.action == "remove":
            self._remove(name, before, decision.filters)
        elif decision.action == "restart":
            self.fruitless.add(name)
            if self.fruitless >= set(self._open()):
                self.theta *= self.course.theta_growth
                self.fruitless.clear()

    def _remove(self, name: str, before: aofp.Search, filters: Tensor) -> None:
        """No more of them than the limit asks for."""
        alive = self.alive | {name: before.alive}
        order = [(name, int(index)) for index in filters]
        alive = remove_in_order(self.network, alive, order, self.limit, self.size)
        self.searches[name] = aofp.start(alive[name])
        self.fruitless.discard(name)
        silence(self.network, self.alive, self.groups)
        removed = (before.alive & ~alive[name]).nonzero().flatten().tolist()
        self.events[-1] |= {"left": int(alive[name].sum()), "removed": removed}
        self.reached = self.size(shrink(self.network, alive)) <= self.limit

    def _note(self, name: str, search: aofp.Search, decision: aofp.Decision) -> None:
        mean = aofp.mean_damage(search)[search.candidates]
        self.events.append(
            {
                "batch": self.batches,
                "group": name,
                "action": decision.action,
                "theta": self.theta,
                "left": int(search.alive.sum()),
                "removed": [],
                "filters": search.candidates.tolist(),
                "damage": as_lists({name: mean})[name],
            }
        )


def by_search(
    fit: Callable[..., pd.DataFrame],
    course: Course,
    size: Size,
    seed: int,
    *,
    learning_rate: float,
    share: float,
) -> Select:
    """Select by a search while the network trains on, for at most `share` of the stage's epochs.

    What is left of them when the limit is reached goes to the smaller network. fit: see
    `multistage`; it takes a `learning_rate`, too.
    """

    def select(network: nn.Module, limit: int, epochs: int) -> Selection:
        search = SearchFilters(network, course, limit=limit, size=size, seed=seed)
        most = 0 if search.reached else max(1, int(share * epochs))
        history = fit(network, most, [search], learning_rate=learning_rate)
        notes = {"search": search.events, "evaluated_beats": search.evaluated_beats}
        return Selection(search.alive, history, notes)

    return select


def scored_without_training(
    network: nn.Module, batches: Batches, seed: int, masks_per_batch: int
) -> Scores:
    """Every filter's mean damage over these batches, under random halves of all filters.

    What a search's first round would find if the network stood still: to be held against the
    oracle.
    """
    groups = targets(network)
    followers = Followers(network, groups)
    searches = {name: aofp.start(keep) for name, keep in everything(groups).items()}
    generator = torch.Generator().manual_seed(seed)
    for inputs, _ in batches:
        masked = {
            name: [aofp.draw(search, generator) for _ in range(masks_per_batch)]
            for name, search in searches.items()
        }
        for name, damages in followers.damages(inputs, masked).items():
            for mask, damage in zip(masked[name], damages, strict=True):
                aofp.accumulate(searches[name], mask, damage)
    return {name: aofp.mean_damage(search) for name, search in searches.items()}
