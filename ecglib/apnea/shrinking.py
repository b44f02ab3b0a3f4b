"""The published network made smaller: pruned in stages or once, or with weights of one bit."""

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ecglib.apnea.networks import Sliding
from ecglib.device.storage import INT8_STORAGE
from ecglib.pruning import scores  # noqa: F401  (criteria register)
from ecglib.pruning.masks import PRUNABLE_LAYERS
from ecglib.pruning.multistage import Fit, multistage
from ecglib.pruning.prune import pruner
from ecglib.settings.schedules import Stage, one_shot


class Shrunk(NamedTuple):
    """A network that is smaller in some way: method, sparsity asked for (0: none), the network."""

    method: str
    target_sparsity: float
    network: Sliding


def pruned(dense: Sliding, stages: Sequence[Stage], fit: Fit, seed: int) -> Iterator[Shrunk]:
    """In stages, then once to each stage's sparsity with as many epochs as the stages had spent.

    By magnitude over all layers, as in the study's `multistage`. `dense` stays as it is.
    """
    for reached in multistage(copy.deepcopy(dense), stages, fit, _by_magnitude(seed)):
        yield Shrunk("multistage", reached.stage.sparsity, copy.deepcopy(reached.network))
    for stage in stages:
        once = one_shot(stages, stage.sparsity)
        (reached,) = multistage(copy.deepcopy(dense), once, fit, _by_magnitude(seed))
        yield Shrunk("one_shot", stage.sparsity, reached.network)


def _by_magnitude(seed: int):
    return pruner("magnitude", "global", seed=seed)


def binarised(dense: Sliding, epochs: int, fit: Fit) -> Iterator[Shrunk]:
    """Weights of one bit: their plain sign, and their sign times a scale of each output channel.

    Biases and batch normalisation stay as they are. `dense` stays as it is.
    """
    for method, scaled in (("binarised, sign", False), ("binarised, scaled", True)):
        network = copy.deepcopy(dense)
        layers = [layer for layer in network.modules() if isinstance(layer, PRUNABLE_LAYERS)]
        for layer in layers:
            parametrize.register_parametrization(layer, "weight", _OneBit(scaled=scaled))
        fit(network, epochs)
        for layer in layers:  # what was trained with stays, as plain weights
            parametrize.remove_parametrizations(layer, "weight")
        yield Shrunk(method, 0.0, network)


class _OneBit(nn.Module):
    """The sign of a weight, in training with a straight-through gradient where |weight| <= 1.

    Courbariaux et al., arXiv:1602.02830, equation 4 and section 1.2. With the scale of Rastegari et
    al., arXiv:1603.05279, equation 6: the mean magnitude of the output channel's weights.
    """

    def __init__(self, *, scaled: bool) -> None:
        super().__init__()
        self.scaled = scaled

    def forward(self, weight: Tensor) -> Tensor:
        """The same shape, values -1 and 1, or times the scale."""
        clipped = weight.clamp(-1, 1)
        sign = torch.where(weight < 0, -1.0, 1.0)
        straight_through = clipped + (sign - clipped).detach()
        if not self.scaled:
            return straight_through
        return straight_through * weight.abs().flatten(1).mean(1).view(
            -1, *[1] * (weight.dim() - 1)
        )


def weight_bytes(chain: nn.Module) -> int:
    """Bytes of the weights of a folded network, with int32 biases.

    A layer takes one bit a weight if each output has one magnitude (the device has a scale for each
    output anyway), else int8 in the smallest of a dense, CSR and bitmap encoding.
    """
    layers = [layer for layer in chain.modules() if isinstance(layer, PRUNABLE_LAYERS)]
    return sum(_bytes_of(layer.weight.detach(), len(layer.bias)) for layer in layers)


def _bytes_of(weight: Tensor, biases: int) -> int:
    magnitudes = weight.abs().flatten(1)
    if (magnitudes > 0).all() and torch.allclose(magnitudes, magnitudes[:, :1], rtol=1e-5):
        return -(-weight.numel() // 8) + 4 * biases
    return min(encoded(weight, biases) for encoded in INT8_STORAGE)
