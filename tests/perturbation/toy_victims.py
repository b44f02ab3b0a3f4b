"""A victim understood on paper: it says 1 where the weighted sum of its input is above 0."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ecglib.perturbation.victims import Inputs

CHANNELS, TIME = 2, 16


class Linear(nn.Module):
    """Batch normalisation is there to be disturbed: what it has seen decides nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CHANNELS, TIME, generator=_seeded(0)))
        self.norm = nn.BatchNorm1d(1, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        margin = (x * self.weight).flatten(1).sum(1, keepdim=True)
        self.norm(margin)
        return torch.cat([-margin, margin], 1)


@dataclass(frozen=True)
class ToyVictim:
    network: nn.Module
    std: float = 1.0
    classes: int = 2
    linear: bool = False

    def context(self, inputs: Inputs) -> None:
        return None

    def seen(self, x: Tensor, context: None) -> Tensor:
        return x


def victim(std: float = 1.0) -> ToyVictim:
    return ToyVictim(Linear(), std)


def inputs(count: int = 256, seed: int = 1, scale: float = 1.0) -> Inputs:
    x = scale * torch.randn(count, CHANNELS, TIME, generator=_seeded(seed))
    label = torch.randint(2, (count,), generator=_seeded(seed))
    return Inputs(x, label, np.arange(count) % 5)


def parts(count: int = 256) -> dict[str, Inputs]:
    return {part: inputs(count, seed) for seed, part in enumerate(("train", "validation", "test"))}


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
