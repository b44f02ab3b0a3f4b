"""The Fisher matrix of a network over its remaining weights and its biases, from drawn beats.

Where labels are drawn from the network's own predictions it is the Gauss-Newton matrix of the
cross-entropy (Martens, JMLR 2020, arXiv:1412.1193, section 9).
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecglib.pruning.masks import PRUNABLE_LAYERS, Masks

AT_ONCE = 256  # beats whose gradients are made at a time


class Part(NamedTuple):
    """One layer's columns of the matrix: the kept weights (flat places), then all biases."""

    name: str
    layer: nn.Module
    kept: Tensor

    @property
    def columns(self) -> int:
        """How many it has."""
        return len(self.kept) + self.layer.bias.numel()

    @property
    def weight(self) -> str:
        """The name of its weight in masks."""
        return f"{self.name}.weight"


def parts(network: nn.Module, masks: Masks) -> list[Part]:
    """The columns, layer by layer in the network's order."""
    return [
        Part(name, layer, masks[f"{name}.weight"].flatten().nonzero().flatten())
        for name, layer in network.named_modules()
        if isinstance(layer, PRUNABLE_LAYERS)
    ]


class Drawn(NamedTuple):
    """Beats with labels drawn from what the network says of them, each with its weight.

    The weighted mean of any function of beat and label has the expectation that the plain mean
    over all beats, with a label drawn for each, has.
    """

    windows: Tensor
    labels: Tensor
    weights: Tensor


@torch.no_grad()
def drawn(network: nn.Module, windows: Tensor, beats: int, generator: torch.Generator) -> Drawn:
    """`beats` of windows (n, ...), with replacement, by how much the network doubts them.

    The probability of a beat goes with (1 - sum p^2)^(1/2), p the predicted probabilities: its
    gradients' mean square does so, squared, in the last layer. Each counts 1 / (n x probability).

    Raises:
        ValueError: predictions that are not finite, or not one beat of which there is any doubt.
    """
    network.eval()
    said = torch.cat([functional.softmax(network(w).double(), 1) for w in windows.split(1024)])
    doubt = (1 - said.square().sum(1)).clamp_min(0).sqrt()
    if not doubt.isfinite().all() or not doubt.any():
        raise ValueError(
            "the network's predictions are not finite, or without any doubt: no Fisher matrix can "
            "be made of them; has the training diverged? Lower frontier.fitting.learning_rate"
        )
    chance = doubt / doubt.sum()
    rows = torch.multinomial(chance, beats, replacement=True, generator=generator)
    labels = torch.multinomial(said[rows], 1, generator=generator).flatten()
    return Drawn(windows[rows], labels, 1 / (len(windows) * chance[rows]))


def gradients(network: nn.Module, of: list[Part], windows: Tensor, labels: Tensor) -> Tensor:
    """(n, columns): the gradient of each beat's cross-entropy, from one pass each way.

    From every layer's input and its output's gradient: convolutions of stride 1, and dense layers
    that are used once.
    """
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def keep(name: str):
        return lambda _, inputs, output: seen.update({name: (inputs[0].detach(), output)})

    hooks = [part.layer.register_forward_hook(keep(part.name)) for part in of]
    try:
        with torch.enable_grad():
            loss = functional.cross_entropy(network(windows), labels, reduction="sum")
            outputs = [seen[part.name][1] for part in of]
            backward = torch.autograd.grad(loss, outputs)
    finally:
        for hook in hooks:
            hook.remove()
    found = []
    for part, grad in zip(of, backward, strict=True):
        found += _of_layer(part, seen[part.name][0], grad)
    return torch.cat(found, 1)


def _of_layer(part: Part, inputs: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """(n, kept weights) and (n, biases) of one layer."""
    if isinstance(part.layer, nn.Linear):
        rows, columns = part.kept // inputs.shape[1], part.kept % inputs.shape[1]
        return grad[:, rows] * inputs[:, columns], grad
    (taps,), (padding,) = part.layer.kernel_size, part.layer.padding
    slid = functional.pad(inputs, (padding, padding)).unfold(2, taps, 1)  # (n, inputs, steps, taps)
    each = torch.einsum("not,nitk->noik", grad, slid)
    return each.flatten(1)[:, part.kept], grad.sum(2)


def _chunks(of: Drawn) -> Iterator[Drawn]:
    for three in zip(*(each.split(AT_ONCE) for each in of), strict=True):
        yield Drawn(*three)


def matrices(
    network: nn.Module, of: list[Part], beats: Drawn, groups: list[Tensor]
) -> list[Tensor]:
    """The weighted mean of g g^T over the beats, g their gradients: a matrix for each group.

    groups: the columns (m,) of each; what couples two groups is left out. Each (m, m) float64.
    """
    rows = [
        gradients(network, of, chunk.windows, chunk.labels) * chunk.weights.sqrt()[:, None].float()
        for chunk in _chunks(beats)
    ]
    whole = torch.cat(rows)
    picked = (whole[:, columns] for columns in groups)
    return [(some.T @ some).double() / len(beats.labels) for some in picked]


def grouped(of: list[Part], largest: int) -> list[Tensor]:
    """The columns of each matrix: all in one where they are `largest` or fewer.

    Else one matrix a layer, as WoodFisher's blocks (Singh and Alistarh, NeurIPS 2020,
    arXiv:2004.14340, section 3), and of a layer with more columns so many as are needed.
    """
    total = sum(part.columns for part in of)
    if total <= largest:
        return [torch.arange(total)]
    layers = torch.arange(total).split([part.columns for part in of])
    return [some for layer in layers for some in layer.split(largest)]
