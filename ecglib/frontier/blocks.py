"""Whole filters in blocks that the device's kernels like, the cheapest loss for its price first.

Kernels multiply two channels in one word and compute four steps of two outputs at once, so that a
width of whole blocks of four leaves none of it idle.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ecglib.pruning.filters.groups import Alive, filter_groups, widths
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
    least for each cycle (or MAC) that it saves. One block stays in every layer.

    Raises:
        ValueError: the network still costs more when every layer has come down to one block.
    """
    scores, removed = taylor(network, filter_groups(network), batches, 0), []
    while (now := price(network)) > limit:
        found = [_without(network, name, of, block) for name, of in scores.items()]
        found = [one for one in found if one is not None]
        if not found:
            raise ValueError(f"one block in every layer costs {now:,}, more than {limit:,.0f}")
        rated = [(lost / (now - price(smaller)), i) for i, (smaller, _, lost) in enumerate(found)]
        _, best = min(rated)
        network, alive, lost = found[best]
        ((name, keep),) = alive.items()
        scores = scores | {name: scores[name][keep]}
        removed.append({"layer": name, "score": lost, "price": price(network)} | widths(network))
    return network, removed


def _without(
    network: nn.Module, name: str, scores: Tensor, block: int
) -> tuple[nn.Module, Alive, float] | None:
    """The network without the layer's least block, what stays, and the score that goes."""
    if len(scores) < 2 * block:
        return None
    least = scores.argsort(stable=True)[:block]
    keep = torch.ones(len(scores), dtype=torch.bool)
    keep[least] = False
    return shrink(network, {name: keep}), {name: keep}, float(scores[least].sum())


def limits(begin: float, end: float, count: int) -> list[float]:
    """Prices to come down to one after another, each by the same factor, to `end` exactly."""
    return [*(begin * (end / begin) ** (n / count) for n in range(1, count)), end]
