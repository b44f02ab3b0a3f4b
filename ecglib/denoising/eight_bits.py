"""The denoiser in integers: its convolutions are layers of `device.integer`, with moves between.

What is joined (a level's values on the way down, and those that come up to it) has one scale and
zero point, found from both. The last convolution has no activation, and reads the network's input
in its own scale, too; its values take 32 bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor as Floats
from torch.ao.quantization.observer import HistogramObserver

from ecglib.denoising.networks import UNet
from ecglib.denoising.steps import Convolution, Move, shared_ranges, steps_of, walked
from ecglib.device import integer
from ecglib.device.integer import INT32, IntegerError, IntegerNetwork, Layer, Tensor
from ecglib.device.quantize import over_one_scale, quantize_input, weight_steps

CHUNK = 32  # windows at a time


@dataclass(frozen=True)
class EightBits:
    """steps: the moves, and between them the numbers of `layers` in order.

    sources: the tensor that each of the layers reads, the last beside the first's. The last layer's
    values are of 32 bits.
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
    _require_finite(network, windows)
    steps = steps_of(network)
    shared = shared_ranges(steps)
    tensors = _calibrated(network, steps, windows, shared)
    built = _built(steps, tensors)
    # Where hardly a value lives, its scale may be finer than the layer's sums.
    while fine := {
        shared[i + 1] for i, one in enumerate(built.layers[:-1]) if one.multiplier.max() == INT32
    }:
        tensors = [
            replace(tensor, scale=tensor.scale * (2 if number in fine else 1))
            for tensor, number in zip(tensors, shared, strict=True)
        ]
        built = _built(steps, tensors)
    return built


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
            sources.append(current)
            given = tensors[len(layers) + 1] if step is not steps[-1] else None
            layers.append(_layer(step, sources, given))
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
    channels, last = x, network.layers[-1]
    for step in network.steps:
        if step is Move.DOWN:
            kept.append(x)
            x = integer.pooled(x, 2, 2)
        elif step is Move.UP:
            x = np.concatenate([x.repeat(2, axis=2), kept.pop()], axis=1)
        else:
            layer = network.layers[step]
            x = np.concatenate([x, channels], axis=1) if layer is last else x
            sums = integer.convolved(layer, x, network.sources[step].zero)
            x = integer.scaled(layer, sums, last=layer is last)
    return x


def _require_finite(network: UNet, windows: Floats) -> None:
    for name, weights in network.state_dict().items():
        if not weights.isfinite().all():
            raise IntegerError(f"{name} holds values that are not finite: has training diverged?")
    if not len(windows):
        raise IntegerError("no windows to calibrate on")
    if windows.shape[1:] != network.input_shape or not windows.isfinite().all():
        shape = ", ".join(map(str, network.input_shape))
        found = tuple(windows.shape)
        raise IntegerError(f"windows are {found}; expected (n, {shape}), all values finite")


def _calibrated(
    network: UNet, steps: Sequence[Convolution | Move], windows: Floats, shared: Sequence[int]
) -> list[Tensor]:
    """The tensor of the input, then of each convolution's output but the last."""
    observers = {number: HistogramObserver(dtype=torch.quint8) for number in shared}
    shapes: list[torch.Size] = []
    for part in windows.split(CHUNK):
        values = list(walked(steps, part.double()))
        if not all(value.isfinite().all() for value in values):
            raise IntegerError("the network gives values that are not finite")
        _require_same(network, part, values.pop())
        shapes = [value.shape[1:] for value in values]
        for number, value in zip(shared, values, strict=True):
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
        raise IntegerError("the network does something else than the steps of a UNet: no integers")


def _layer(step: Convolution, sources: Sequence[Tensor], output: Tensor | None) -> Layer:
    """The layer that reads the last of these sources; with no output also the first of them."""
    numbers = [len(sources) - 1] if output else [len(sources) - 1, 0]
    read = [replace(sources[number], steps=1) for number in numbers]
    source, weight, bias = sources[-1], step.module.weight.double(), step.module.bias
    weight = weight * over_one_scale(read, weight.shape[1])[:, None]
    bias = weight.new_zeros(len(weight)) if bias is None else bias.double()
    units = weight_steps(weight, bias, source.scale, 0.0).numpy()
    integers = np.rint(weight.numpy() / units[:, None, None]).astype(np.int8)
    sums = source.scale * units  # what one unit of a sum stands for
    zeros = np.repeat([one.zero for one in read], [one.channels for one in read])
    constant = np.rint(bias.numpy() / sums) - integers.sum(2, dtype=np.int64) @ zeros
    if np.abs(constant).max() > INT32:
        raise IntegerError(f"layer {step.name}: its bias does not fit int32")
    slope = 0
    if output is None:  # no activation, and a value is at least two units of a sum
        finest = float(sums.max() * 2.0**32 / INT32)
        output, slope = Tensor(len(weight), source.steps, finest, 0), 1
    multiplier = np.minimum(np.rint(sums / output.scale * 2.0**32), INT32).astype(np.int32)
    multiplier[~integers.any((1, 2)) & (constant == 0)] = 0  # of sums that are always zero
    return Layer(
        name=step.name,
        weight=integers,
        bias=constant.astype(np.int32),
        multiplier=multiplier,
        negative=multiplier * slope,
        sources=tuple(numbers),
        padding=step.module.padding[0],
        skip=None,
        skip_weight=np.zeros(len(weight), np.int32),
        pool=(1, 1),
        output=output,
    )
