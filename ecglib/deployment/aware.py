"""Fine-tuning with the integers' rounding in the forward pass, under the mask.

Weights, biases, skips and values are rounded as `quantize` rounds them; gradients pass straight
through (Jacob et al., CVPR 2018, arXiv:1712.05877, section 3). The ranges of values are found once,
before.
"""

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, fx, nn

from ecglib.device import integer
from ecglib.device.integer import LARGEST
from ecglib.device.quantize import WEIGHT_LEVELS, calibrated, over_one_scale, weight_steps
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

    windows: (n, 1, length) to find the ranges of values on. fit: see `pruning.multistage`.

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
    tensors = calibrated(network, graph, nodes, windows)
    for node, tensor in tensors.items():
        _round_behind(graph, node, tensor)
    layers = {node.target: node for node in graph.nodes if node.op == "call_module"}
    for group in groups:
        skip_scale = tensors[group.skip].scale if group.skip else 0.0
        if group.skip:
            _add_inside(graph, layers[group.name])
        group.module.__class__ = _Dense if isinstance(group.module, nn.Linear) else _Convolution
        group.module.grid = _Grid([tensors[node] for node in group.sources], skip_scale)
    return fx.GraphModule(network, graph)


def _round_behind(graph: fx.Graph, node: fx.Node, tensor: integer.Tensor) -> None:
    users = list(node.users)
    with graph.inserting_after(node):
        rounded = graph.call_function(
            torch.fake_quantize_per_tensor_affine, (node, tensor.scale, tensor.zero, 0, LARGEST)
        )
    for user in users:
        user.replace_input_with(node, rounded)


def _add_inside(graph: fx.Graph, layer: fx.Node) -> None:
    """Let a layer add its skip itself, as its integers do: in units of its sums."""
    (addition,) = layer.users
    (skip,) = (other for other in addition.args if other is not layer)
    layer.args = (*layer.args, skip)
    addition.replace_all_uses_with(layer)
    graph.erase_node(addition)


class _Rounded(NamedTuple):
    """A layer's weight and bias as their integers stand for them.

    skip: (outputs,), the factor of the tensor that is added: 1 but for the rounding of its integer.
    """

    weight: Tensor
    bias: Tensor | None
    skip: Tensor


class _Grid(NamedTuple):
    """What decides the steps of a layer's integers, beside the weights and the bias."""

    sources: list[integer.Tensor]
    skip_scale: float

    def rounded(self, weight: Tensor, bias: Tensor | None) -> _Rounded:
        """The layer as its integers stand for it."""
        factor = over_one_scale(self.sources, weight.shape[1]).to(weight)
        factor = factor.view(-1, *[1] * (weight.dim() - 2))
        scaled = weight * factor
        known = weight.new_zeros(len(weight)) if bias is None else bias.detach()
        steps = weight_steps(scaled.detach(), known, self.sources[0].scale, self.skip_scale)
        zeros = torch.zeros(len(weight), dtype=torch.int32)
        integers = torch.fake_quantize_per_channel_affine(
            scaled, steps, zeros, 0, -WEIGHT_LEVELS, WEIGHT_LEVELS
        )
        sums = self.sources[0].scale * steps  # what one unit of a sum stands for
        skip = (self.skip_scale / sums).round() * sums / (self.skip_scale or 1.0)
        return _Rounded(integers / factor, None if bias is None else _to_units(bias, sums), skip)


def _to_units(values: Tensor, unit: Tensor) -> Tensor:
    """The nearest multiples; gradients are those of the values."""
    return values + ((values / unit).round() * unit - values).detach()


class _Convolution(nn.Conv1d):
    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        of = self.grid.rounded(self.weight, self.bias)
        found = self._conv_forward(x, of.weight, of.bias)
        return found if skip is None else found + skip * of.skip[:, None]


class _Dense(nn.Linear):
    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        of = self.grid.rounded(self.weight, self.bias)
        found = nn.functional.linear(x, of.weight, of.bias)
        return found if skip is None else found + skip * of.skip
