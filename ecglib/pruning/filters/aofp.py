"""Approximated Oracle Filter Pruning: a search for filters that the next layer hardly misses.

Ding, Ding, Guo, Han, Yan, ICML 2019 (arXiv:1905.04748), section 3 and algorithm 1. One search per
layer: mask random halves of the candidates, add the damage to each filter that was masked, keep the
better half, until a half is harmless enough to go.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor


@dataclass
class Search:
    """The state of one layer's search.

    alive: (count,) boolean. candidates: indices, the search space S. damage, drawn: (count,) sums
    of the damages of the masks that a filter was in, and how many these were. masks: all of them.
    """

    alive: Tensor
    candidates: Tensor
    damage: Tensor
    drawn: Tensor
    masks: int = 0


class Decision(NamedTuple):
    """What a round of masks has decided about the better half of the candidates.

    filters: its indices, the least damaging first. damage: the mean damage of the worst of them.
    """

    action: Literal["remove", "halve", "restart"]
    filters: Tensor
    damage: float


def start(alive: Tensor) -> Search:
    """A search among all filters that are alive, (count,) boolean."""
    return _round(alive, alive.nonzero().flatten())


def _round(alive: Tensor, candidates: Tensor) -> Search:
    return Search(alive, candidates, torch.zeros(len(alive)), torch.zeros(len(alive)))


def draw(search: Search, generator: torch.Generator) -> Tensor:
    """A random half of the candidates, rounded down: indices."""
    order = torch.randperm(len(search.candidates), generator=generator)
    return search.candidates[order[: len(search.candidates) // 2]]


def accumulate(search: Search, masked: Tensor, damage: float) -> None:
    """Add a mask's damage to each filter that was in it."""
    search.damage[masked] += damage
    search.drawn[masked] += 1
    search.masks += 1


def mean_damage(search: Search) -> Tensor:
    """(count,): infinite for a filter that was never masked."""
    return torch.where(search.drawn > 0, search.damage / search.drawn.clamp_min(1), torch.inf)


def decide(search: Search, theta: float) -> tuple[Decision, Search]:
    """One step of the binary search: the decision, and the search as it goes on.

    Half of the candidates is harmless enough (its worst one under theta): it goes, and the search
    starts again among those alive. Else it becomes the search space; a single filter that is not
    harmless starts the search again.

    Raises:
        ValueError: fewer than two candidates: a layer's last filter is never searched.
    """
    half = len(search.candidates) // 2
    if half < 1:
        raise ValueError("a search needs two filters: the last one of a layer stays")
    mean = mean_damage(search)[search.candidates]
    best = search.candidates[mean.argsort(stable=True)[:half]]
    worst = float(mean.sort().values[half - 1])
    if worst < theta:
        alive = search.alive.clone()
        alive[best] = False
        return Decision("remove", best, worst), start(alive)
    if half > 1:
        return Decision("halve", best, worst), _round(search.alive, best)
    return Decision("restart", best, worst), start(search.alive)
