"""Fine-tuning with the integers' rounding in the forward pass, under the mask.

Weights and values are rounded as `quantize` rounds them; gradients pass straight through (Jacob et
al., CVPR 2018, arXiv:1712.05877, section 3). It helps where few weights are left to make up for
each other's rounding.
"""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, fx, nn

from ecglib.device.integer import LARGEST
from ecglib.device.quantize import WEIGHT_LEVELS, calibrated
from ecglib.device.structure import structure, traced
from ecglib.pruning.callbacks import HoldMask
from ecglib.pruning.masks import Masks


def fine_tuned(
    network: nn.Module,
    masks: Masks,
    windows: Tensor,
    fit: Callable[..., object],
    epochs: int,
) -> nn.Module:
    """A copy of the network, trained for some epochs to be quantised; removed weights stay zero.

    windows: (n, 1, length) to find the ranges of values on, which then stay. fit: see
    `pruning.multistage`.

    Raises:
        IntegerError: see `quantize`.
    """
    tuned = copy.deepcopy(network).eval()
    fit(_rounding(tuned, windows), epochs, [HoldMask(masks)])
    found = copy.deepcopy(network)
    found.load_state_dict(tuned.state_dict())
    return found


def _rounding(network: nn.Module, windows: Tensor) -> fx.GraphModule:
    """A module of the network's own weights that rounds them, and every tensor between layers."""
    graph = traced(network)
    inputs, groups = structure(network, graph)
    nodes = [*inputs, *(group.last for group in groups[:-1])]  # logits are not rounded
    for node, tensor in calibrated(network, graph, nodes, windows).items():
        users = list(node.users)
        with graph.inserting_after(node):
            rounded = graph.call_function(
                torch.fake_quantize_per_tensor_affine,
                (node, tensor.scale, tensor.zero, 0, LARGEST),
            )
        for user in users:
            user.replace_input_with(node, rounded)
    for module in network.modules():
        for kind, rounding in ROUNDING.items():
            if isinstance(module, kind):
                module.__class__ = rounding
    return fx.GraphModule(network, graph)


class _Convolution(nn.Conv1d):
    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, _rounded(self.weight), self.bias)


class _Dense(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, _rounded(self.weight), self.bias)


ROUNDING = {nn.Conv1d: _Convolution, nn.Linear: _Dense}


def _rounded(weight: Tensor) -> Tensor:
    """The weight in steps of its output channel's largest over 127."""
    largest = weight.detach().abs().flatten(1).amax(1)
    scale = torch.where(largest > 0, largest / WEIGHT_LEVELS, 1.0)
    zero = torch.zeros(len(weight), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(
        weight, scale, zero, 0, -WEIGHT_LEVELS, WEIGHT_LEVELS
    )
