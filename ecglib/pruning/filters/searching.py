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
from ecglib.pruning.filters.removal import Select, Selection, Size, as_lists, given_back
from ecglib.pruning.filters.shrink import shrink, silence


@dataclass(frozen=True)
class Course:
    """How a search goes.

    iterations_per_half: batches until a decision (published: 1000, for LeNet-5 400).
    masks_per_batch: each for its own part of the batch (published: 1). What a mask says depends
        more on which filters it joins than on the beats: many masks on few beats rank better.
    theta: the damage that is harmless (published: 0.01, for LeNet-5 0.05).
    theta_growth: theta is multiplied by it whenever every layer has searched in vain. The published
        theta is constant and has to be chosen such that its target is reached.
    warm_up: batches before the first search (published: 500); the layers start one after the other
        within the batches of one decision.
    """

    iterations_per_half: int
    masks_per_batch: int
    theta: float
    theta_growth: float
    warm_up: int


class SearchFilters(pl.Callback):
    """Search all groups at once until the network's size is at most `limit`; removed filters stay
    at zero, weights and biases.

    alive: the filters left. events: one dict per decision. returned: group and index of filters
    that came back because they fit in the end. evaluated_beats: what the search has run through the
    network beyond training, the base path's pass and the ablated ones' as one each.
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
        self.removed: dict[tuple[str, int], list[Tensor]] = {}  # with their weights
        self.returned: list[list] = []
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
        """One after the other until the limit is reached; then what fits beside comes back."""
        parts, alive = self.groups[name].parts(self.network), before.alive.clone()
        for index in filters.tolist():
            alive[index] = False
            self.events[-1]["removed"].append(index)
            self.removed[name, index] = [part[index].detach().clone() for part in parts]
            self.searches[name] = aofp.start(alive.clone())
            if self.size(shrink(self.network, self.alive)) <= self.limit:
                self.reached = True
                break
        self.events[-1]["left"] = int(alive.sum())
        self.fruitless.discard(name)
        silence(self.network, self.alive, self.groups)
        if self.reached:
            self._give_back()

    @torch.no_grad()
    def _give_back(self) -> None:
        """With the weights that they had."""
        order = list(self.removed)
        alive = given_back(self.network, self.alive, order, self.limit, self.size)
        for name, index in order:
            if alive[name][index]:
                parts = self.groups[name].parts(self.network)
                for part, values in zip(parts, self.removed[name, index], strict=True):
                    part[index] = values
                self.returned.append([name, index])
        self.searches = {name: aofp.start(keep) for name, keep in alive.items()}

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
    `multistage`; it takes a `learning_rate`, too, the peak of a cycle over the epochs offered.

    Raises:
        ValueError: the search does not reach the limit in these epochs; the message says how far
            it came.
    """

    def select(network: nn.Module, limit: int, epochs: int) -> Selection:
        search = SearchFilters(network, course, limit=limit, size=size, seed=seed)
        most = 0 if search.reached else int(share * epochs)
        history = fit(network, most, [search], learning_rate=learning_rate)
        if not search.reached:
            raise ValueError(
                f"the search has come to {size(shrink(network, search.alive))} of at most {limit} "
                f"in {search.batches} batches ({most} of {epochs} epochs), theta at "
                f"{search.theta:.3g}: give it more epochs, a larger share of them, a larger "
                "theta_growth, or fewer iterations_per_half"
            )
        notes = {"search": search.events, "returned": search.returned}
        return Selection(search.alive, history, notes | {"evaluated_beats": search.evaluated_beats})

    return select
