"""Importance criteria: a network -> a score per prunable weight; the smallest are removed first."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ecglib.device.cost import macs_per_weight
from ecglib.pruning.masks import prunable
from ecglib.settings.registry import CRITERIA

Scores = dict[str, Tensor]
Batches = Iterable[tuple[Tensor, Tensor]]  # inputs and class indices


@CRITERIA.register("magnitude")
def magnitude(network: nn.Module, batches: Batches, generator: torch.Generator) -> Scores:
    """|w|: the criterion of Han et al., NeurIPS 2015 (arXiv:1506.02626)."""
    return {name: weight.detach().abs() for name, weight in prunable(network).items()}


@CRITERIA.register("magnitude per MAC")
def magnitude_per_mac(network: nn.Module, batches: Batches, generator: torch.Generator) -> Scores:
    """|w| / n^(1/4), n the multiplications per beat that the weight takes part in.

    Of two weights of a size the one that costs more goes first. For a sum of w^2 within a budget of
    MACs w^2 / n would be the greedy choice, |w| / n^(1/2), which empties convolutions; half of that
    exponent is this study's choice, by validation beats of seed 0 at 10 % of the MACs.
    """
    each = macs_per_weight(network)
    return {
        name: score / each[name] ** 0.25
        for name, score in magnitude(network, batches, generator).items()
    }


@CRITERIA.register("magnitude half per MAC")
def magnitude_half_per_mac(
    network: nn.Module, batches: Batches, generator: torch.Generator
) -> Scores:
    """|w| / n^(1/8), n as in `magnitude_per_mac`: half its exponent.

    For pairs on a budget of weights. There |w| alone keeps convolutions, few weights at many
    multiplications each, nearly whole, and |w| / n^(1/4) emptied one (seed 1, 60 % of the
    weights). This study's choice, by cycles and validation beats of seeds 0 and 1.
    """
    # A mean of the two rather than a helper with an exponent: finished cells stay up to date.
    plain = magnitude(network, batches, generator)
    priced = magnitude_per_mac(network, batches, generator)
    return {name: (plain[name] * priced[name]).sqrt() for name in plain}


@CRITERIA.register("gradient", settings=("scoring_beats",))
def gradient(network: nn.Module, batches: Batches, generator: torch.Generator) -> Scores:
    """Mean over batches of (g w)^2, g the gradient of the batch's cross-entropy.

    The first-order Taylor estimate of how much the loss changes without the weight: Molchanov et
    al., CVPR 2019 (arXiv:1906.10771), equation 8, for single weights. The square stands inside the
    mean, because at the end of a training the mean gradient is about zero for every weight.
    """
    weights = prunable(network)
    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    network.eval()
    for count, (inputs, labels) in enumerate(batches, start=1):
        loss = nn.functional.cross_entropy(network(inputs), labels)
        for name, grad in zip(
            weights, torch.autograd.grad(loss, list(weights.values())), strict=True
        ):
            total[name] += ((grad * weights[name].detach()) ** 2 - total[name]) / count
    return total


@CRITERIA.register("random masks")
def random(network: nn.Module, batches: Batches, generator: torch.Generator) -> Scores:
    """Uniform noise: the control that any criterion has to beat."""
    return {
        name: torch.rand(weight.shape, generator=generator)
        for name, weight in prunable(network).items()
    }
