"""The denoiser in integers: its convolutions are layers of `device.integer`, with moves between.

What is joined (a level's values on the way down, and those that come up to it) has one scale and
zero point, found from both. The last convolution has no activation; its values take 32 bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor as Floats
from torch import nn
from torch.ao.quantization.observer import HistogramObserver

from ecglib.denoising.networks import UNet
from ecglib.denoising.steps import Convolution, Move, shared_ranges, steps_of, walked
from ecglib.device import integer
from ecglib.device.integer import INT32, IntegerError, IntegerNetwork, Layer, Tensor
from ecglib.device.quantize import quantize_input, weight_steps

CHUNK = 32  # windows at a time


@dataclass(frozen=True)
class EightBits:
    """steps: the moves, and between them the numbers of `layers` in order.

    sources: the tensor that each of the layers reads. The last layer's values are of 32 bits.
    """

    sources: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    steps: tuple[int | Move, ...]


@torch.no_grad()
def quantized(network: UNet, windows: Floats) -> EightBits:
    """The network in integers; windows: (n, *input_shape) float32 to calibrate its values on.

    Weights are scaled per output channel and symmetric, so those that are zero stay zero.

    Raises:
        IntegerError: no windows, or of another shape; weights or values that are not finite; a
            network that does something else than `steps_of` says.
    """
    _require_finite(network)
    if not len(windows):
        raise IntegerError("no windows to calibrate on")
    _require_windows(network, windows)
    steps = steps_of(network)
    shared = shared_ranges(steps)
    tensors = _calibrated(network, steps, windows, shared)
    built = _built(steps, tensors)
    while numbers := {shared[i + 1] for i, one in enumerate(built.layers[:-1]) if _is_fine(one)}:
        coarser = (2.0 * (number in numbers) or 1.0 for number in shared)
        tensors = [replace(t, scale=t.scale * by) for t, by in zip(tensors, coarser, strict=True)]
        built = _built(steps, tensors)
    return built


def _is_fine(layer: Layer) -> bool:
    """Whether the output's scale is finer than the layer's sums, as where hardly a value lives."""
    return bool(layer.multiplier.max() == INT32)


def _built(steps: Sequence[Convolution | Move], tensors: Sequence[Tensor]) -> EightBits:
    """tensors: of the input, then of each convolution's output but the last."""
    sources, layers, numbered = [], [], []
    current, kept = tensors[0], []
    for step in steps:
        if step is Move.DOWN:
            kept.append(current)
            current = replace(current, steps=current.steps // 2)
        elif step is Move.UP:
            channels = current.channels + kept.pop().channels
            current = replace(current, channels=channels, steps=2 * current.steps)
        else:
            given = tensors[len(layers) + 1] if step is not steps[-1] else None
            layers.append(_layer(step, len(sources), current, given))
            sources.append(current)
            current = layers[-1].output
        numbered.append(step if isinstance(step, Move) else len(layers) - 1)
    return EightBits(tuple(sources), tuple(layers), tuple(numbered))


def run(network: EightBits, windows: Floats) -> np.ndarray:
    """(n, channels, steps) -> (n, 1, steps) float32, as the device computes it.

    Raises:
        IntegerError: windows of another shape than the network's, or values that are not finite.
    """
    parts = torch.as_tensor(windows).split(CHUNK)
    values = [output(network, taken(network, part)) for part in parts]
    scale = network.layers[-1].output.scale
    return (np.concatenate(values) * scale).astype(np.float32)


def taken(network: EightBits, windows: Floats) -> np.ndarray:
    """(n, channels, steps) uint8: windows as the integer network takes them; errors as `run`."""
    (values,) = quantize_input(IntegerNetwork(network.sources[:1], ()), windows)
    return values


def output(network: EightBits, values: np.ndarray) -> np.ndarray:
    """(n, channels, steps) uint8 -> the last layer's values, (n, 1, steps) int64."""
    x, kept = values.astype(np.int64), []
    for step in network.steps:
        if step is Move.DOWN:
            kept.append(x)
            x = integer.pooled(x, 2, 2)
        elif step is Move.UP:
            x = np.concatenate([x.repeat(2, axis=2), kept.pop()], axis=1)
        else:
            layer = network.layers[step]
            sums = integer.convolved(layer, x, network.sources[step].zero)
            x = integer.scaled(layer, sums, last=layer is network.layers[-1])
    return x


def _require_finite(network: nn.Module) -> None:
    for name, weights in network.state_dict().items():
        if not weights.isfinite().all():
            raise IntegerError(f"{name} holds values that are not finite: has training diverged?")


def _require_windows(network: UNet, windows: Floats) -> None:
    if windows.shape[1:] != network.input_shape or not windows.isfinite().all():
        raise IntegerError(
            f"windows are {tuple(windows.shape)}; expected (n, "
            f"{', '.join(map(str, network.input_shape))}), all values finite"
        )


def _calibrated(
    network: UNet, steps: Sequence[Convolution | Move], windows: Floats, shared: Sequence[int]
) -> list[Tensor]:
    """The tensor of the input, then of each convolution's output but the last."""
    observers = {number: HistogramObserver(dtype=torch.quint8) for number in shared}
    shapes: list[torch.Size] = []
    for part in windows.split(CHUNK):
        values = list(walked(steps, part.double()))
        _require_same(network, part, values.pop())
        shapes = [value.shape[1:] for value in values]
        for number, value in zip(shared, values, strict=True):
            if not value.isfinite().all():
                raise IntegerError("the network gives values that are not finite")
            observers[number](value.float())
    ranges = {number: observer.calculate_qparams() for number, observer in observers.items()}
    return [
        Tensor(*shape, float(ranges[number][0]), int(ranges[number][1]))
        for number, shape in zip(shared, shapes, strict=True)
    ]


def _require_same(network: UNet, windows: Floats, walked: Floats) -> None:
    """The walk by `steps_of` is what the network does, or the integers would be another one's."""
    expected = network(windows)
    if not (walked - expected).abs().max() <= 1e-4 * expected.abs().max():
        raise IntegerError(
            f"a {type(network).__name__} that does something else than two convolutions with ReLU "
            "a level, pooling by 2, nearest upsampling and a last convolution: none of its integers"
        )


def _layer(step: Convolution, number: int, source: Tensor, output: Tensor | None) -> Layer:
    """The layer that reads this source, the number of which is given; no output: the last one."""
    weight, bias = step.module.weight.double(), step.module.bias
    bias = weight.new_zeros(len(weight)) if bias is None else bias.double()
    units = weight_steps(weight, bias, source.scale, 0.0).numpy()
    integers = np.rint(weight.numpy() / units[:, None, None]).astype(np.int8)
    sums = source.scale * units  # what one unit of a sum stands for
    constant = np.rint(bias.numpy() / sums) - source.zero * integers.sum((1, 2), dtype=np.int64)
    if np.abs(constant).max() > INT32:
        raise IntegerError(f"layer {step.name}: its bias does not fit int32")
    slope = 0
    if output is None:  # no activation, and a value is at least two units of a sum
        finest = float(sums.max() * 2.0**32 / INT32)
        output, slope = Tensor(len(weight), source.steps, finest, 0), 1
    multiplier = np.minimum(np.rint(sums / output.scale * 2.0**32), INT32).astype(np.int32)
    multiplier[~integers.any((1, 2)) & (constant == 0)] = 0  # of sums that are always zero
    zeros = np.zeros(len(weight), np.int32)
    return Layer(
        name=step.name,
        weight=integers,
        bias=constant.astype(np.int32),
        multiplier=multiplier,
        negative=multiplier * slope,
        sources=(number,),
        padding=step.module.padding[0],
        skip=None,
        skip_weight=zeros,
        pool=(1, 1),
        output=output,
    )
