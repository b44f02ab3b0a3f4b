"""Raw inputs, and what every network under attack can do: answer them, whole pipeline included.

A perturbation is added to what the sensor records, before any filter or normalisation. So a
victim reads raw inputs, and its pipeline is a part of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

BATCH = 512  # inputs in one evaluation, so that it takes little memory


@dataclass(frozen=True)
class Inputs:
    """n inputs as recorded: x (n, channels, time) in `unit`, label (n,), group (n,).

    group: the person or record of each; some pipelines look at all inputs of one together. known:
    (n, k) what a network is told beside the signal, or nothing.
    """

    x: Tensor
    label: Tensor
    group: np.ndarray
    known: Tensor | None = None

    def __len__(self) -> int:
        return len(self.label)

    def of(self, rows: np.ndarray | Tensor) -> "Inputs":
        """These rows of them."""
        rows = torch.as_tensor(rows)
        known = None if self.known is None else self.known[rows]
        return Inputs(self.x[rows], self.label[rows], self.group[rows.numpy()], known)

    def plus(self, v: Tensor) -> "Inputs":
        """With v, (1, channels, time) or one an input, added to what was recorded."""
        return replace(self, x=self.x + v)


def spread(inputs: Inputs) -> float:
    """The standard deviation of what the sensor records, in its unit: what bounds are told in.

    Each channel of an input counts from its own mean, which is no part of the signal.
    """
    return float(inputs.x.var(2, correction=0).mean().sqrt())


class Victim(Protocol):
    """A network with its pipeline. std: the `spread` of its training inputs.

    network: what must not change under an attack. classes: how many it tells apart. linear: for
    inputs of one context, what the network sees of a sum is the sum of what it sees.
    """

    network: nn.Module
    std: float
    classes: int
    linear: bool

    def context(self, inputs: Inputs) -> Tensor | None:
        """(n, ...): what its pipeline takes from all these inputs together, or nothing."""

    def seen(self, x: Tensor, context: Tensor | None) -> Tensor:
        """(n, channels, time) raw inputs with the context of each -> what the network sees."""


def logits(victim: Victim, x: Tensor, context: Tensor | None) -> Tensor:
    """(n, channels, time) raw inputs with the context of each -> (n, classes)."""
    return victim.network(victim.seen(x, context))


def under(victim: Victim, inputs: Inputs) -> Callable[[Tensor, Tensor], Tensor]:
    """logits(rows, v) of these rows of the inputs with v, their context that without it.

    v: (1, channels, time), or one for each row. What a linear pipeline makes of the inputs is
    computed once.
    """
    context = victim.context(inputs)
    known = victim.seen(inputs.x, context) if victim.linear else inputs.x

    def found(rows: Tensor, v: Tensor) -> Tensor:
        of = None if context is None else context[rows]
        if victim.linear:
            return victim.network(known[rows] + victim.seen(v, of))
        return logits(victim, known[rows] + v, of)

    return found


@torch.no_grad()
def answers(victim: Victim, inputs: Inputs) -> Tensor:
    """(n,) the class that the victim gives each input; its pipeline runs on just these inputs.

    Raises:
        ValueError: an input or a logit is not finite.
    """
    if not inputs.x.isfinite().all():
        raise ValueError("inputs must be finite: no answer stands for a signal that is not")
    context, found = victim.context(inputs), []
    with frozen(victim.network):
        for rows in torch.arange(len(inputs)).split(BATCH):
            of = logits(victim, inputs.x[rows], None if context is None else context[rows])
            if not of.isfinite().all():
                raise ValueError("the network gives numbers that are not finite: train it anew")
            found.append(of.argmax(1))
    return torch.cat(found)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode, its weights without gradients; afterwards as it was."""
    was_training, wanted = network.training, [p.requires_grad for p in network.parameters()]
    network.eval().requires_grad_(False)
    try:
        yield
    finally:
        network.train(was_training)
        for parameter, gradient in zip(network.parameters(), wanted, strict=True):
            parameter.requires_grad_(gradient)
