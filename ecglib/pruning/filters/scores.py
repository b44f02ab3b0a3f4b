"""What a filter is worth: a network -> a score per filter of each group; the smallest go first."""

import copy
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from ecglib.pruning.filters.groups import FilterGroup

Groups = dict[str, FilterGroup]
Scores = dict[str, Tensor]  # group name -> (count,)
Batches = Iterable[tuple[Tensor, Tensor]]  # inputs and class indices
Score = Callable[[nn.Module, Groups, Batches, int], Scores]  # the last is a seed


def l1(network: nn.Module, groups: Groups, batches: Batches, seed: int) -> Scores:
    """Sum of |w|: Li et al., ICLR 2017 (arXiv:1608.08710), section 3.1.

    Of tied channels, here and below, over all layers that write them: this study's choice.
    """
    return {name: _flat(network, group).abs().sum(1) for name, group in groups.items()}


def geometric_median(network: nn.Module, groups: Groups, batches: Batches, seed: int) -> Scores:
    """Sum of distances to the layer's other filters: He et al., CVPR 2019 (arXiv:1811.00250).

    What lies near the middle of the others can be replaced by them.
    """
    flat = {name: _flat(network, group) for name, group in groups.items()}
    return {name: torch.cdist(weights, weights).sum(1) for name, weights in flat.items()}


def taylor(network: nn.Module, groups: Groups, batches: Batches, seed: int) -> Scores:
    """Mean over batches of (sum of g w over a filter's weights and biases)^2.

    The first-order importance of a group of weights of Molchanov et al., CVPR 2019
    (arXiv:1906.10771): the estimated change of the loss without it, squared.
    """
    parts = [(name, part) for name, group in groups.items() for part in group.parts(network)]
    total = {name: torch.zeros(group.count) for name, group in groups.items()}
    network.eval()
    for count, (inputs, labels) in enumerate(batches, start=1):
        loss = nn.functional.cross_entropy(network(inputs), labels)
        gates = {name: torch.zeros(group.count) for name, group in groups.items()}
        slopes = torch.autograd.grad(loss, [part for _, part in parts])
        for (name, part), slope in zip(parts, slopes, strict=True):
            gates[name] += (slope * part.detach()).reshape(len(part), -1).sum(1)
        for name, gate in gates.items():
            total[name] += (gate**2 - total[name]) / count
    return total


def random(network: nn.Module, groups: Groups, batches: Batches, seed: int) -> Scores:
    """Uniform noise: the control that any score has to beat."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(group.count, generator=generator) for name, group in groups.items()}


@torch.no_grad()
def oracle(network: nn.Module, groups: Groups, batches: Batches, seed: int) -> Scores:
    """How much the mean cross-entropy rises if the filter alone gives zeros: the exact answer.

    What the other scores approximate, at the cost of one evaluation for each filter.
    """
    network = copy.deepcopy(network).eval()
    batches, scores = list(batches), {}
    whole = _loss(network, batches)
    for name, group in groups.items():
        parts = group.parts(network)
        scores[name] = torch.zeros(group.count)
        for index in range(group.count):
            kept = [part[index].clone() for part in parts]
            for part in parts:
                part[index] = 0.0
            scores[name][index] = _loss(network, batches) - whole
            for part, values in zip(parts, kept, strict=True):
                part[index] = values
    return scores


def _loss(network: nn.Module, batches: list[tuple[Tensor, Tensor]]) -> float:
    total = sum(
        float(nn.functional.cross_entropy(network(inputs), labels, reduction="sum"))
        for inputs, labels in batches
    )
    return total / sum(len(labels) for _, labels in batches)


def _flat(network: nn.Module, group: FilterGroup) -> Tensor:
    """(filters, weights of each), without biases: those of all layers that write it."""
    weights = (part.detach() for part in group.parts(network) if part.dim() > 1)
    return torch.cat([weight.flatten(1) for weight in weights], dim=1)
