"""Whole filters in blocks that the device's kernels like, the cheapest loss for its price first.

Kernels multiply two channels in one word and compute four steps of two outputs at once, so that a
width of whole blocks of four leaves none of it idle.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ecglib.pruning.filters.groups import Alive, everything, filter_groups, widths
from ecglib.pruning.filters.scores import taylor
from ecglib.pruning.filters.shrink import shrink

Price = Callable[[nn.Module], int]  # what a network costs, in cycles or in MACs
Batches = Sequence[tuple[Tensor, Tensor]]


def cut_to(
    network: nn.Module, limit: float, price: Price, batches: Batches, block: int
) -> tuple[nn.Module, list[dict[str, Any]]]:
    """A smaller network, a copy, of a price of at most `limit`; and a row for each block that went.

    A block is the `block` filters (or hidden units) of a layer that are worth least, by the Taylor
    estimate (sum of g w)^2 of `scores.taylor` on these batches. The block goes whose estimate is
    least for each cycle (or MAC) that it saves; one block stays in every layer. What fits beside
    the others after all comes back, the last that went first.

    Raises:
        ValueError: the network still costs more when every layer has come down to one block.
    """
    groups = filter_groups(network)
    scores, alive = taylor(network, groups, batches, 0), everything(groups)
    rows: list[dict[str, Any]] = []
    removed: list[tuple[str, Tensor]] = []

    def costs(of: Alive) -> int:
        return price(shrink(network, of))

    while (now := costs(alive)) > limit:
        found = []
        for name, keep in alive.items():
            if keep.sum() >= 2 * block:
                least = scores[name].masked_fill(~keep, torch.inf).argsort(stable=True)[:block]
                without, lost = _with(alive, name, least, False), float(scores[name][least].sum())
                found.append((lost / (now - costs(without)), name, least, lost))
        if not found:
            raise ValueError(f"one block in every layer costs {now:,}, more than {limit:,.0f}")
        _, name, least, lost = min(found, key=lambda one: one[:2])
        alive = _with(alive, name, least, False)
        removed.append((name, least))
        rows.append({"layer": name, "score": lost})
    for at in reversed(range(len(removed))):
        more = _with(alive, *removed[at], True)
        if costs(more) <= limit:
            alive = more
            del rows[at]
    smaller = shrink(network, alive)
    return smaller, [row | {"price": price(smaller)} | widths(smaller) for row in rows]


def _with(alive: Alive, name: str, filters: Tensor, stay: bool) -> Alive:
    """The same with these filters of a layer alive, or gone."""
    keep = alive[name].clone()
    keep[filters] = stay
    return alive | {name: keep}


def limits(begin: float, end: float, count: int) -> list[float]:
    """Prices to come down to one after another, each by the same factor, to `end` exactly."""
    return [*(begin * (end / begin) ** (n / count) for n in range(1, count)), end]
