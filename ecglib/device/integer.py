"""The integer network: 8-bit values, int8 weights, int32 sums. Defined here, once, in numpy.

A value u of a tensor stands for (u - zero) x scale. A layer sums int8 weights times 8-bit values
in int32, adds its bias (in which the zero points of what it reads are contained), and gives

    clip(zero + round(sum x multiplier / 2**32), 0, 255)

with one multiplier per output channel, and another for negative sums (none for ReLU, a hundredth
for leaky ReLU). Halves are rounded up, as Armv7E-M's SMMULR does. The last layer's values are its
logits, 32 bits wide and not clipped. The scheme is that of Jacob et al., CVPR 2018
(arXiv:1712.05877), with zero points for values and none for weights. A dense layer is a
convolution of one tap over one step. Maximum pooling commutes with all of it.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

LARGEST = 255
INT32 = 2**31 - 1
CHUNK = 128  # beats at a time, so that the columns of a convolution stay in the processor's cache


class IntegerError(ValueError):
    """What integers of these widths cannot hold, or C cannot do; the message names the layer."""


@dataclass(frozen=True)
class Tensor:
    """Values of 8 bits, (channels, steps), between two layers."""

    channels: int
    steps: int
    scale: float
    zero: int

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf or not 0 <= self.zero <= LARGEST:
            raise IntegerError(
                f"a tensor of scale {self.scale} and zero point {self.zero}: the scale must be "
                f"finite and above 0, the zero point from 0 to {LARGEST}"
            )


@dataclass(frozen=True)
class Layer:
    """A convolution or dense layer with all that follows, up to the next tensor.

    weight: (outputs, inputs, taps) int8; bias, multiplier, negative (the multiplier of negative
    sums): (outputs,) int32. sources: numbers of the tensors that it reads; a dense layer flattens
    and joins them. skip: number of a tensor that is added, times skip_weight (outputs,) int32, to
    the sums. pool: window and stride of the pooling behind it, (1, 1) for none.
    """

    name: str
    weight: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    negative: np.ndarray
    sources: tuple[int, ...]
    padding: int
    skip: int | None
    skip_weight: np.ndarray
    pool: tuple[int, int]
    output: Tensor

    def __post_init__(self) -> None:
        if self.weight.dtype != np.int8 or self.weight.ndim != 3:
            raise IntegerError(
                f"layer {self.name}: weights are {self.weight.dtype} {self.weight.shape}, expected "
                "int8 (outputs, inputs, taps)"
            )
        for name in ("bias", "multiplier", "negative", "skip_weight"):
            values = getattr(self, name)
            if values.dtype != np.int32 or values.shape != (len(self.weight),):
                raise IntegerError(
                    f"layer {self.name}: {name} is {values.dtype} {values.shape}, expected int32 "
                    f"({len(self.weight)},)"
                )
        largest = np.abs(self.weight.astype(np.int64)).sum((1, 2)) + np.abs(
            self.skip_weight.astype(np.int64)
        )
        largest = LARGEST * largest + np.abs(self.bias.astype(np.int64))
        if (over := np.flatnonzero(largest > INT32)).size:
            raise IntegerError(
                f"layer {self.name}: the sum of output channel {over[0]} may reach "
                f"{largest[over[0]]:,} and overflow int32"
            )


@dataclass(frozen=True)
class IntegerNetwork:
    """Tensors are numbered: `inputs` first, then each layer's output."""

    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]

    @cached_property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors by number."""
        return (*self.inputs, *(layer.output for layer in self.layers))


def logits(network: IntegerNetwork, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """The last layer's values, (n, outputs) int32.

    inputs: one array (n, channels, steps) of 8-bit values for each input tensor.

    Raises:
        IntegerError: inputs of another shape, or values outside 8 bits, or none.
    """
    n = len(inputs[0]) if len(inputs) else 0
    shapes = [(n, tensor.channels, tensor.steps) for tensor in network.inputs]
    if [part.shape for part in inputs] != shapes or n == 0:
        raise IntegerError(f"inputs are {[part.shape for part in inputs]}, expected {shapes}")
    if any(part.min() < 0 or part.max() > LARGEST for part in inputs):
        raise IntegerError(f"input values must be from 0 to {LARGEST}")
    parts = [[part[i : i + CHUNK] for part in inputs] for i in range(0, n, CHUNK)]
    ends = [deque(values(network, part), maxlen=1).pop() for part in parts]
    return np.concatenate(ends)[:, :, 0].astype(np.int32)


def values(network: IntegerNetwork, inputs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Each layer's output in turn, (n, channels, steps) int64."""
    tensors = [part.astype(np.int64) for part in inputs]
    for layer in network.layers:
        sums = convolved(layer, _joined(layer, tensors), _padding_value(network, layer))
        if layer.skip is not None:
            sums += layer.skip_weight[:, None] * tensors[layer.skip]
        tensors.append(pooled(scaled(layer, sums, last=layer is network.layers[-1]), *layer.pool))
        yield tensors[-1]


def _padding_value(network: IntegerNetwork, layer: Layer) -> int:
    return network.tensors[layer.sources[0]].zero


def is_dense(layer: Layer, sources: Sequence[Tensor]) -> bool:
    """Whether the layer reads its sources flattened and joined."""
    _, inputs, taps = layer.weight.shape
    single = (sources[0].steps, taps) == (1, 1)
    return len(sources) > 1 or inputs != sources[0].channels or single


def _joined(layer: Layer, tensors: list[np.ndarray]) -> np.ndarray:
    parts = [tensors[source] for source in layer.sources]
    if len(parts) == 1 and parts[0].shape[1] == layer.weight.shape[1]:
        return parts[0]  # of a convolution, or of one step
    return np.concatenate([part.reshape(len(part), -1, 1) for part in parts], axis=1)


def convolved(layer: Layer, x: np.ndarray, padding_value: int) -> np.ndarray:
    """Sums (n, outputs, steps) int64 of the layer's weights over x (n, inputs, steps), with bias.

    Sums of this size are exact in double precision, and those below 2^24 in single, which matrix
    products are fast in.
    """
    largest = LARGEST * np.abs(layer.weight.astype(np.int64)).sum((1, 2)).max()
    floats = np.float32 if largest < 2**24 else np.float64
    outputs, channels, taps = layer.weight.shape
    n, steps = len(x), x.shape[2]
    padded = np.full((n, channels, steps + 2 * layer.padding), padding_value, floats)
    padded[:, :, layer.padding : layer.padding + steps] = x
    steps = padded.shape[2] - taps + 1
    # (n, channels, taps, steps): the values that each tap multiplies, side by side
    columns = np.lib.stride_tricks.sliding_window_view(padded, steps, 2)
    weight = layer.weight.reshape(outputs, -1).astype(floats)
    sums = np.matmul(weight, columns.reshape(n, channels * taps, steps)).astype(np.int64)
    sums += layer.bias[:, None]
    return sums


def scaled(layer: Layer, sums: np.ndarray, *, last: bool) -> np.ndarray:
    """Sums -> values of the output tensor; the last layer's are not clipped."""
    rounded = np.maximum(sums, 0) * layer.multiplier[:, None].astype(np.int64)
    if layer.negative.any():
        rounded += np.minimum(sums, 0) * layer.negative[:, None].astype(np.int64)
    rounded += 2**31
    rounded >>= 32
    if last:
        return rounded
    rounded += layer.output.zero
    return np.clip(rounded, 0, LARGEST, out=rounded)


def pooled(x: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Maximum over `window` steps, every `stride` steps; what is left at the end is dropped."""
    steps = (x.shape[2] - window) // stride + 1
    last = (steps - 1) * stride + 1
    return reduce(np.maximum, [x[:, :, i : i + last : stride] for i in range(window)])
