"""Whole filters in blocks that the device's kernels like, the cheapest loss for its price first.

Kernels multiply two channels in one word and compute four steps of two outputs at once, so that a
width of whole blocks of four leaves none of it idle.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from torch import Tensor, nn

from ecglib.pruning.filters.groups import Alive, everything, filter_groups, widths
from ecglib.pruning.filters.scores import taylor
from ecglib.pruning.filters.shrink import shrink

Price = Callable[[nn.Module], int]  # what a network costs, in cycles or in MACs
Batches = Sequence[tuple[Tensor, Tensor]]


def cut_to(
    network: nn.Module, limit: float, price: Price, batches: Batches, block: int
) -> tuple[nn.Module, list[dict[str, Any]]]:
    """A smaller network, a copy, of a price of at most `limit`; and a row for each layer that lost.

    A layer loses whole blocks: the `block` filters (or hidden units) that are worth least, by the
    Taylor estimate (sum of g w)^2 of `scores.taylor` on these batches. Of all widths that fit the
    limit those are taken whose lost filters are worth least together, and of equals the cheapest.
    One block stays in every layer.

    Raises:
        ValueError: the network still costs more when every layer has come down to one block.
    """
    groups = filter_groups(network)
    worth = taylor(network, groups, batches, 0)
    order = {name: of.argsort(stable=True) for name, of in worth.items()}

    def without(counts: Sequence[int]) -> Alive:
        keep = zip(everything(groups).items(), counts, strict=True)
        return {name: of.index_fill(0, order[name][:n], False) for (name, of), n in keep}

    fitting = []
    for counts in product(*(range(0, len(of) - block + 1, block) for of in worth.values())):
        costs = price(shrink(network, without(counts)))
        if costs <= limit:
            lost = [
                float(of[order[name][:n]].sum())
                for (name, of), n in zip(worth.items(), counts, strict=True)
            ]
            fitting.append((sum(lost), costs, counts, lost))
    if not fitting:  # the last of the products has one block in every layer
        raise ValueError(f"one block in every layer costs {costs:,}, more than {limit:,.0f}")
    _, costs, counts, lost = min(fitting)
    smaller = shrink(network, without(counts))
    told = {"price": costs} | widths(smaller)
    each = zip(worth, counts, lost, strict=True)
    return smaller, [{"layer": n, "lost": gone, "score": s} | told for n, gone, s in each if gone]


def limits(begin: float, end: float, count: int) -> list[float]:
    """Prices to come down to one after another, each by the same factor, to `end` exactly."""
    return [*(begin * (end / begin) ** (n / count) for n in range(1, count)), end]
