"""Scores + target sparsity + mask -> a new mask: exact counts, nested in the old one.

An allocation says how many weights each layer keeps; within a layer the highest scores stay.
"""

import math
from collections.abc import Callable

import torch

from ecglib.pruning.masks import Masks
from ecglib.pruning.scores import Scores

Budget = dict[str, int]  # layer name -> weights kept


def prune(scores: Scores, masks: Masks, sparsity: float, allocation: str) -> Masks:
    """The mask at `sparsity` (an absolute target, not an amount of what is left).

    Exactly round(sparsity x weights) weights are removed in all; what was removed stays removed;
    of equal scores the one that stands first stays.

    Raises:
        ValueError: a sparsity outside [0, 1) or below the mask's, an unknown allocation, or
            scores that are not finite.
    """
    if not 0.0 <= sparsity < 1.0:
        raise ValueError(f"sparsity {sparsity} is outside [0, 1)")
    if allocation not in ALLOCATIONS:
        raise ValueError(f"unknown allocation {allocation!r}; one of {', '.join(ALLOCATIONS)}")
    for name, score in scores.items():
        if not score.isfinite().all():
            raise ValueError(f"scores of {name} are not all finite: has the training diverged?")
    total = sum(mask.numel() for mask in masks.values())
    alive = sum(int(mask.sum()) for mask in masks.values())
    keep = total - round(sparsity * total)
    if keep > alive:
        raise ValueError(
            f"sparsity {sparsity} is below the {1 - alive / total:.6g} already reached; "
            "removed weights do not come back"
        )
    # Removed weights rank below every score a criterion can give.
    ranked = {name: scores[name].masked_fill(~masks[name], -math.inf) for name in masks}
    budget = ALLOCATIONS[allocation](ranked, masks, keep)
    return {name: _top(ranked[name], budget[name]) for name in masks}


def _top(scores: torch.Tensor, count: int) -> torch.Tensor:
    order = scores.flatten().argsort(descending=True, stable=True)
    mask = torch.zeros(scores.numel(), dtype=torch.bool)
    mask[order[:count]] = True
    return mask.view_as(scores)


def global_budget(scores: Scores, masks: Masks, keep: int) -> Budget:
    """One ranking over all layers: each keeps what it has among the best `keep` scores."""
    mask = _top(torch.cat([score.flatten() for score in scores.values()]), keep)
    counts = [int(part.sum()) for part in mask.split([m.numel() for m in masks.values()])]
    return dict(zip(masks, counts, strict=True))


def uniform_budget(scores: Scores, masks: Masks, keep: int) -> Budget:
    """The same sparsity in every layer, the rounding shared out by largest remainder."""
    total = sum(mask.numel() for mask in masks.values())
    shares = {name: keep * mask.numel() / total for name, mask in masks.items()}
    alive = {name: int(mask.sum()) for name, mask in masks.items()}
    budget = {name: min(math.floor(share), alive[name]) for name, share in shares.items()}
    # Where a layer is already at its limit the rest goes to the next in line.
    while left := keep - sum(budget.values()):
        open_layers = [name for name in masks if budget[name] < alive[name]]
        by_remainder = sorted(open_layers, key=lambda name: budget[name] - shares[name])
        for name in by_remainder[:left]:
            budget[name] += 1
    return budget


ALLOCATIONS: dict[str, Callable[[Scores, Masks, int], Budget]] = {
    "global": global_budget,
    "uniform": uniform_budget,
}
