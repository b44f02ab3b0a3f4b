"""Post-training quantisation: a trained network and beats to calibrate on -> the integer network.

Ranges of values come from PyTorch's histogram observer (the range of least squared error). Weights
are scaled per output channel and symmetric, so a weight that is zero stays zero: masks survive.
"""

import copy
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor as Floats
from torch import fx, nn
from torch.ao.quantization.observer import HistogramObserver

from ecglib.device.integer import INT32, LARGEST, IntegerError, IntegerNetwork, Layer, Tensor
from ecglib.device.structure import Group, structure, traced

WEIGHT_LEVELS = 127  # of each sign
LARGEST_BIAS = 2**24  # a channel of tiny weights is scaled by its bias instead
CHUNK = 1024  # beats run at once while calibrating


def quantize(network: nn.Module, windows: Floats) -> IntegerNetwork:
    """The integer network of a trained one; windows: (n, 1, length) float32 to calibrate on.

    Raises:
        IntegerError: a layer that the integer network has no counterpart of, weights or values
            that are not finite, or a layer whose sums or scales do not fit their integers.
    """
    network = copy.deepcopy(network).eval()
    graph = traced(network)
    inputs, groups = structure(network, graph)
    nodes = [*inputs, *(group.last for group in groups)]
    tensors = calibrated(network, graph, nodes, windows)
    number = {node: i for i, node in enumerate(nodes)}
    layers = []
    for group in groups:
        layers.append(_integer_layer(group, tensors, number, last=group is groups[-1]))
        tensors[group.last] = layers[-1].output
    return IntegerNetwork(tuple(tensors[node] for node in inputs), tuple(layers))


def quantize_input(network: IntegerNetwork, windows: Floats) -> list[np.ndarray]:
    """Windows (n, 1, length) as the network's input tensors, (n, channels, steps) uint8 each."""
    parts, start = [], 0
    for tensor in network.inputs:
        part = windows[:, 0, start : start + tensor.channels * tensor.steps].numpy()
        start += part.shape[1]
        values = np.rint(part / np.float32(tensor.scale)) + tensor.zero
        values = np.clip(values, 0, LARGEST).astype(np.uint8)
        parts.append(values.reshape(-1, tensor.channels, tensor.steps))
    return parts


class _Observer(fx.Interpreter):
    """Runs the graph and shows the values of some nodes to an observer each."""

    def __init__(self, network: nn.Module, graph: fx.Graph, nodes: Iterable[fx.Node]) -> None:
        super().__init__(network, graph=graph)
        self.observers = {node: HistogramObserver(dtype=torch.quint8) for node in nodes}
        self.shapes: dict[fx.Node, torch.Size] = {}

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        if n in self.observers:
            if not value.isfinite().all():
                raise IntegerError(f"layer {n.name} gives values that are not finite")
            self.observers[n](value)
            self.shapes[n] = value.shape
        return value


@torch.no_grad()
def calibrated(
    network: nn.Module, graph: fx.Graph, nodes: Iterable[fx.Node], windows: Floats
) -> dict[fx.Node, Tensor]:
    """The 8-bit tensor for the values of each of these nodes on windows (n, 1, length).

    Raises:
        IntegerError: no windows, or weights or values that are not finite.
    """
    for name, weights in network.state_dict().items():
        if not weights.isfinite().all():
            raise IntegerError(f"{name} holds values that are not finite: has training diverged?")
    if not len(windows):
        raise IntegerError("no beats to calibrate on")
    runner = _Observer(network, graph, nodes)
    for part in windows.split(CHUNK):
        runner.run(part)
    return {node: _tensor(runner.observers[node], shape) for node, shape in runner.shapes.items()}


def _tensor(observer: HistogramObserver, shape: torch.Size) -> Tensor:
    channels, steps = shape[1:] if len(shape) == 3 else (shape[1], 1)
    scale, zero = observer.calculate_qparams()
    return Tensor(channels, steps, float(scale), int(zero))


def _integer_layer(
    group: Group, tensors: dict[fx.Node, Tensor], number: dict[fx.Node, int], *, last: bool
) -> Layer:
    sources, output = [tensors[node] for node in group.sources], tensors[group.last]
    weight = _weight_over(sources, group.module)
    bias = group.module.bias
    bias = np.zeros(len(weight)) if bias is None else bias.detach().double().numpy()
    scale = sources[0].scale
    step = np.maximum(
        np.abs(weight).max((1, 2)) / WEIGHT_LEVELS, np.abs(bias) / scale / LARGEST_BIAS
    )
    step[step == 0] = 1.0
    integers = np.rint(weight / step[:, None, None]).astype(np.int8)
    sums = scale * step  # what one unit of a sum stands for
    skip = tensors[group.skip] if group.skip else None
    skip_weight = np.rint(skip.scale / sums) if skip else np.zeros(len(weight))
    zeros = np.concatenate([np.full(_width(integers, sources, s), s.zero) for s in sources])
    constant = np.rint(bias / sums) - (integers.sum(2, dtype=np.int64) * zeros).sum(1)
    constant -= skip_weight * (skip.zero if skip else 0)
    finest = float(sums.max() * 2.0**32 / INT32)  # values of half a sum's unit: finer says nothing
    if last:
        output = Tensor(len(weight), 1, finest, 0)
    elif output.scale < finest:
        output = replace(output, scale=finest, zero=round(output.zero * output.scale / finest))
    multiplier = sums / output.scale * 2.0**32
    _require(np.abs(constant).max() <= INT32, group, "its bias does not fit int32")
    _require(skip_weight.max() <= INT32, group, "its skip's scale is too coarse")
    return Layer(
        name=group.name,
        weight=integers,
        bias=constant.astype(np.int32),
        multiplier=np.minimum(np.rint(multiplier), INT32).astype(np.int32),
        negative=np.minimum(np.rint(multiplier * group.slope), INT32).astype(np.int32),
        sources=tuple(number[node] for node in group.sources),
        padding=group.module.padding[0] if isinstance(group.module, nn.Conv1d) else 0,
        skip=number[group.skip] if group.skip else None,
        skip_weight=skip_weight.astype(np.int32),
        pool=group.pool,
        output=output,
    )


def _require(fits: bool, group: Group, otherwise: str) -> None:
    if not fits:
        raise IntegerError(f"layer {group.name}: {otherwise}")


def _weight_over(sources: list[Tensor], module: nn.Module) -> np.ndarray:
    """The weights (outputs, inputs, taps) over inputs that all have the first source's scale."""
    weight = module.weight.detach().double().numpy()
    weight = weight[:, :, None] if weight.ndim == 2 else weight
    ratios = [np.full(_width(weight, sources, s), s.scale / sources[0].scale) for s in sources]
    return weight * np.concatenate(ratios)[:, None]


def _width(weight: np.ndarray, sources: list[Tensor], source: Tensor) -> int:
    """How many of the weight's inputs a source gives."""
    is_convolution = len(sources) == 1 and weight.shape[1] == source.channels
    return source.channels if is_convolution else source.channels * source.steps
