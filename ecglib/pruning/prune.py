"""Scores + target + mask -> a new mask: nested in the old one, exact to the weight.

An allocation turns a criterion's scores into priorities that compare across layers; the highest
stay until the budget is spent. The budget counts weights, or whatever a weight's price is (MACs).
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ecglib.pruning.masks import Masks
from ecglib.pruning.scores import Batches, Scores
from ecglib.settings.registry import ALLOCATIONS, CRITERIA


def prune(
    scores: Scores,
    masks: Masks,
    sparsity: float,
    allocation: str,
    prices: Mapping[str, int] | None = None,
) -> Masks:
    """The mask at `sparsity` (an absolute target, not an amount of what is left).

    Without `prices` exactly round(sparsity x weights) weights are removed in all. With them
    (weight name -> price of each of its elements, e.g. its MACs) as many stay, in the order of
    priority, as a fraction 1 - sparsity of the summed prices pays for. What was removed stays
    removed; of equal priorities the one that stands first stays.

    Raises:
        ValueError: a sparsity outside [0, 1) or below the mask's, an unknown allocation, or
            scores that are not finite.
    """
    if not 0.0 <= sparsity < 1.0:
        raise ValueError(f"sparsity {sparsity} is outside [0, 1)")
    allocate = ALLOCATIONS[allocation]
    for name, score in scores.items():
        if not score.isfinite().all():
            raise ValueError(f"scores of {name} are not all finite: has the training diverged?")
    prices = prices or dict.fromkeys(masks, 1)
    price = torch.cat([torch.full((mask.numel(),), prices[name]) for name, mask in masks.items()])
    alive = torch.cat([mask.flatten() for mask in masks.values()])
    budget = int(price.sum()) - round(sparsity * int(price.sum()))
    if budget > (left := int(price[alive].sum())):
        raise ValueError(
            f"sparsity {sparsity} is below the {1 - left / int(price.sum()):.6g} already reached; "
            "removed weights do not come back"
        )
    priorities = allocate(scores, masks)
    priority = torch.cat([priorities[name].flatten() for name in masks])
    order = priority.masked_fill(~alive, -math.inf).argsort(descending=True, stable=True)
    keep = torch.zeros_like(alive)
    keep[order[price[order].cumsum(0) <= budget]] = True
    parts = keep.split([mask.numel() for mask in masks.values()])
    return {name: part.view_as(masks[name]) for name, part in zip(masks, parts, strict=True)}


@ALLOCATIONS.register("global", name="global")
def by_score(scores: Scores, masks: Masks) -> Scores:
    """Global: one ranking over all layers, by the scores as they are."""
    return scores


@ALLOCATIONS.register("uniform")
def uniform(scores: Scores, masks: Masks) -> Scores:
    """The same density in every layer, to the weight."""
    return _by_density(scores, masks, lambda shape: 1.0)


@ALLOCATIONS.register("ERK")
def erk(scores: Scores, masks: Masks) -> Scores:
    """Erdos-Renyi kernel: a layer's density goes with the sum of its sizes over their product.

    Small layers and narrow kernels stay denser: Evci et al., ICML 2020 (arXiv:1911.11134), section
    3.1. A layer whose share would pass all its weights keeps them all.
    """
    return _by_density(scores, masks, lambda shape: sum(shape) / math.prod(shape))


@ALLOCATIONS.register("LAMP")
def lamp(scores: Scores, masks: Masks) -> Scores:
    """Layer-adaptive: a squared score over the sum of the squared scores not below it in its layer.

    Lee et al., ICLR 2021 (arXiv:2010.07611), equation 2, for any score; each layer's best weight
    has priority 1, so no layer is emptied before all have one weight left.
    """
    return {name: _lamp(scores[name], masks[name]) for name in masks}


@ALLOCATIONS.register("in pairs")
def pairs(scores: Scores, masks: Masks) -> Scores:
    """Global, but two adjacent inputs of an output, at the same tap, leave together.

    Inputs 2j and 2j + 1, which a Cortex-M4 multiplies at once (SMLAD); an odd last input goes
    alone. A pair's score is the root mean square of its two. The last pair that a budget reaches
    may be halved, so that the count is exact.
    """
    squared = {name: scores[name].double().square() * masks[name] for name in masks}
    return {name: _mean_of_pairs(square).sqrt() for name, square in squared.items()}


def _mean_of_pairs(values: Tensor) -> Tensor:
    """(outputs, inputs, ...): both of a pair get their mean."""
    whole = values.shape[1] // 2 * 2
    two = values[:, :whole].unflatten(1, (whole // 2, 2))
    mean = two.mean(2, keepdim=True).expand_as(two).flatten(1, 2)
    return torch.cat([mean, values[:, whole:]], 1)


def _lamp(score: Tensor, mask: Tensor) -> Tensor:
    squared = score.double().square().masked_fill(~mask, 0.0).flatten()
    order = squared.argsort(descending=True, stable=True)
    ranked = torch.empty_like(squared)
    ranked[order] = squared[order] / squared[order].cumsum(0).clamp_min(1e-300)
    return ranked.view_as(score)


def _by_density(scores: Scores, masks: Masks, density: Callable[[torch.Size], float]) -> Scores:
    """Priorities by which every layer's density stays in proportion to `density` of its shape.

    A layer of n weights keeps the one of rank r from a density of (r - 1/2) / n on: that rounds
    to the nearest whole number of weights (Webster's method), so small layers are not emptied.
    """
    priorities = {}
    for name, mask in masks.items():
        order = scores[name].masked_fill(~mask, -math.inf).flatten()
        order = order.argsort(descending=True, stable=True)
        rank = torch.empty(mask.numel(), dtype=torch.float64)
        rank[order] = torch.arange(mask.numel(), dtype=torch.float64) + 0.5
        share = mask.numel() * density(mask.shape)
        priorities[name] = -(rank / share).view_as(mask)
    return priorities


def pruner(
    criterion: str,
    allocation: str,
    *,
    batches: Batches = (),
    seed: int,
    prices: Mapping[str, int] | None = None,
) -> Callable[[nn.Module, Masks, float], Masks]:
    """prune_to(network, masks, sparsity): score the network as it is now, then `prune`.

    batches: what the gradient criterion sees. Raises ValueError for an unknown criterion.
    """
    score, generator = CRITERIA[criterion], torch.Generator().manual_seed(seed)

    def prune_to(network: nn.Module, masks: Masks, sparsity: float) -> Masks:
        scores = score(network, batches, generator)
        return prune(scores, masks, sparsity, allocation, prices)

    return prune_to
