"""A criterion that costs nothing: what Adam has gathered already stands for the curvature."""

from collections.abc import Mapping
from typing import Any

import torch

from ecglib.frontier.within import Moment
from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks
from ecglib.pruning.prune import prune


@torch.no_grad()
def by_second_moment(
    moment: Moment, prices: Mapping[str, int] | None = None
) -> tuple[Masks, dict[str, Any]]:
    """Remove the smallest w^2 v, v Adam's second moment: the mean of squared gradients.

    A diagonal Fisher matrix in the place of the Hessian of Optimal Brain Damage (LeCun et al.,
    NeurIPS 1989, equation 2), from the batches of the training itself. With prices (name -> price
    of each element) the sparsity is a fraction of the summed prices, and scores are divided by
    price^(1/2): the study's exponent, see `pruning.scores.magnitude_per_mac`.
    """
    weights = mask_values.prunable(moment.network)
    scores = {
        name: weight.detach() ** 2 * moment.second_moment[name] for name, weight in weights.items()
    }
    if prices:
        scores = {name: score / prices[name] ** 0.5 for name, score in scores.items()}
    return prune(scores, moment.masks, moment.event.sparsity, "global", prices), {}
