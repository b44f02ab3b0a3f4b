"""Importance criteria: weights -> a score per weight; the smallest scores are removed first."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Scores = dict[str, Tensor]


def magnitude(weights: Mapping[str, Tensor], generator: torch.Generator) -> Scores:
    """|w|: the criterion of Han et al., NeurIPS 2015 (arXiv:1506.02626)."""
    return {name: weight.detach().abs() for name, weight in weights.items()}


def random(weights: Mapping[str, Tensor], generator: torch.Generator) -> Scores:
    """Uniform noise: the control that any criterion has to beat."""
    return {name: torch.rand(weight.shape, generator=generator) for name, weight in weights.items()}


CRITERIA: dict[str, Callable[[Mapping[str, Tensor], torch.Generator], Scores]] = {
    "magnitude": magnitude,
    "random": random,
}
