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
LARGEST_BIAS, LARGEST_SKIP = 2**24, 2**20  # in units of a sum
CHUNK = 1024  # beats run at once while calibrating


def quantize(network: nn.Module, windows: Floats) -> IntegerNetwork:
    """The integer network of a trained one; windows: (n, channels, length) float32 to calibrate on.

    Raises:
        IntegerError: a layer that the integer network has no counterpart of, weights or values
            that are not finite, a layer whose sums or scales do not fit their integers, or windows
            that the network does not take.
    """
    _require_windows(windows, getattr(network, "input_shape", None))
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
    """Windows (n, channels, length) as the network's inputs, (n, channels, steps) uint8 each.

    Several inputs are parts of windows of one channel, one after the other.

    Raises:
        IntegerError: windows of another shape than the network's, or values that are not finite.
    """
    sizes = [tensor.channels * tensor.steps for tensor in network.inputs]
    first = network.inputs[0]
    whole = len(sizes) == 1 and first.steps > 1  # else slices of the windows' only channel
    _require_windows(windows, (first.channels, first.steps) if whole else (1, sum(sizes)))
    parts = []
    for tensor, floats in zip(network.inputs, windows.flatten(1).split(sizes, 1), strict=True):
        part = floats.float().numpy()
        values = np.rint(part / np.float32(tensor.scale)) + tensor.zero
        values = np.clip(values, 0, LARGEST).astype(np.uint8)
        parts.append(values.reshape(-1, tensor.channels, tensor.steps))
    return parts


def _require_windows(windows: Floats, shape: tuple[int, ...] | None) -> None:
    """IntegerError unless it is a tensor of finite floats, (n, *shape) where the shape is known."""
    kind = f"{type(windows).__name__} of {getattr(windows, 'dtype', 'no type')}"
    found = tuple(getattr(windows, "shape", ()))
    floats = isinstance(windows, Floats) and windows.is_floating_point()
    if not floats or (shape and found[1:] != tuple(shape)) or not windows.isfinite().all():
        wanted = ", ".join(["n", *map(str, shape or ("channels", "length"))])
        raise IntegerError(
            f"windows are a {kind}, {found}; expected a tensor of floats, ({wanted}), all values "
            "finite"
        )


class _Observer(fx.Interpreter):
    """Runs the graph and shows the values of some nodes to an observer each."""

    def __init__(self, network: nn.Module, graph: fx.Graph, nodes: Iterable[fx.Node]) -> None:
        super().__init__(network, graph=graph)
        self.observers = {node: HistogramObserver(dtype=torch.quint8) for node in nodes}
        self.shapes: dict[fx.Node, torch.Size] = {}

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        if n in self.observers:
            seen = value.float()
            if not seen.isfinite().all():
                raise IntegerError(f"layer {n.name} gives values that are not finite")
            self.observers[n](seen)
            self.shapes[n] = value.shape
        return value


@torch.no_grad()
def calibrated(
    network: nn.Module, graph: fx.Graph, nodes: Iterable[fx.Node], windows: Floats
) -> dict[fx.Node, Tensor]:
    """The 8-bit tensor for the values of each of these nodes on windows (n, channels, length).

    Raises:
        IntegerError: no windows, or weights or values that are not finite.
    """
    for name, weights in network.state_dict().items():
        if not weights.isfinite().all():
            raise IntegerError(f"{name} holds values that are not finite: has training diverged?")
    if not len(windows):
        raise IntegerError("no beats to calibrate on")
    # In double: another processor's order of sums then moves none of the singles that are seen.
    runner = _Observer(copy.deepcopy(network).double(), graph, nodes)
    for part in windows.split(CHUNK):
        runner.run(part.double())
    return {node: _tensor(runner.observers[node], shape) for node, shape in runner.shapes.items()}


def _tensor(observer: HistogramObserver, shape: torch.Size) -> Tensor:
    channels, steps = shape[1:] if len(shape) == 3 else (shape[1], 1)
    scale, zero = observer.calculate_qparams()
    return Tensor(channels, steps, float(scale), int(zero))


def weight_steps(weight: Floats, bias: Floats, scale: float, skip_scale: float) -> Floats:
    """What one unit of each output's integer weights stands for, (outputs,), above zero.

    weight: (outputs, ...) over inputs of that scale; bias: (outputs,); skip_scale: of the tensor
    that a skip adds, 0 without one. The largest weight takes all of the int8, unless the weights
    are so small that the bias or the skip would not fit its integer then.
    """
    step = weight.abs().flatten(1).amax(1) / WEIGHT_LEVELS
    step = torch.maximum(step, bias.abs() / scale / LARGEST_BIAS)
    step = step.clamp_min(skip_scale / scale / LARGEST_SKIP)
    silent = step == 0  # any step will do that makes the others no coarser
    return step.masked_fill(silent, step[~silent].min() if not silent.all() else 1.0)


def over_one_scale(sources: list[Tensor], inputs: int) -> Floats:
    """(inputs,): by how much each input's scale exceeds the first source's; a factor of weights."""
    is_convolution = len(sources) == 1 and inputs == sources[0].channels
    widths = [s.channels if is_convolution else s.channels * s.steps for s in sources]
    ratios = torch.tensor([source.scale / sources[0].scale for source in sources]).double()
    return ratios.repeat_interleave(torch.tensor(widths))


def _integer_layer(
    group: Group, tensors: dict[fx.Node, Tensor], number: dict[fx.Node, int], *, last: bool
) -> Layer:
    sources, output = [tensors[node] for node in group.sources], tensors[group.last]
    weight = group.module.weight.detach().double()
    weight = weight[:, :, None] if weight.dim() == 2 else weight
    weight = weight * over_one_scale(sources, weight.shape[1])[:, None]
    bias = group.module.bias
    bias = weight.new_zeros(len(weight)) if bias is None else bias.detach().double()
    skip = tensors[group.skip] if group.skip else None
    steps = weight_steps(weight, bias, sources[0].scale, skip.scale if skip else 0.0).numpy()
    integers = np.rint(weight.numpy() / steps[:, None, None]).astype(np.int8)
    sums = sources[0].scale * steps  # what one unit of a sum stands for
    skip_weight = np.rint(skip.scale / sums) if skip else np.zeros(len(weight))
    constant = np.rint(bias.numpy() / sums) - _of_zeros(integers, sources)
    constant -= skip_weight * (skip.zero if skip else 0)
    finest = float(sums.max() * 2.0**32 / INT32)  # a value is at least two units of a sum
    if last:
        output = Tensor(len(weight), 1, finest, 0)
    elif output.scale < finest:
        output = replace(output, scale=finest, zero=round(output.zero * output.scale / finest))
    multiplier = sums / output.scale * 2.0**32
    _require(np.abs(constant).max() <= INT32, group, "its bias does not fit int32")
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


def _of_zeros(integers: np.ndarray, sources: list[Tensor]) -> np.ndarray:
    """(outputs,): what the layer sums up where every source is at its zero point."""
    widths = [integers.shape[1]] if len(sources) == 1 else [s.channels * s.steps for s in sources]
    zeros = np.repeat([source.zero for source in sources], widths)
    return (integers.sum(2, dtype=np.int64) * zeros).sum(1)


def _require(fits: bool, group: Group, otherwise: str) -> None:
    if not fits:
        raise IntegerError(f"layer {group.name}: {otherwise}")
