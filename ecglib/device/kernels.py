"""Which kernel of c/ecg_kernels.h can compute which layer."""

from collections.abc import Mapping

from ecglib.device.binary import is_binary
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, Tensor, is_dense

CONVOLUTIONS = {  # kernel -> whether it can do (outputs, channels, taps) in so many steps
    "first": lambda o, c, taps, steps: c == 1 and taps > 1 and steps >= 4,
    "dense": lambda o, c, taps, steps: c > 1 and o > 1 and steps >= 4,
    "dense8": lambda o, c, taps, steps: c > 1 and o > 1 and steps >= 4,
    "pairs": lambda o, c, taps, steps: c > 1 and steps >= 8,
    "halves": lambda o, c, taps, steps: c > 1 and steps >= 8,
}
BINARY = "binary"  # for weights of one magnitude in each output, where `dense` could do it
ANY = "any"  # one sum at a time, ten times as slow, for what none of these can do
FLAT = {8: ("dense", "sparse"), 16: ("dense", "pairs", "sparse")}  # by bits of a value in RAM


def kernels_for(network: IntegerNetwork, layer: Layer, value_bits: int = 16) -> list[str]:
    """The kernels that can compute the layer, a dense one first."""
    sources = sources_of(network, layer)
    if is_dense(layer, sources):
        return list(FLAT[value_bits])
    steps = kernel_steps(layer, sources[0])
    fitting = [name for name, fits in CONVOLUTIONS.items() if fits(*layer.weight.shape, steps)]
    if "dense" in fitting and is_binary(layer.weight):
        fitting.append(BINARY)
    return fitting or [ANY]


def conv_steps(layer: Layer, source: Tensor) -> int:
    """Steps of a convolution's output before it is pooled."""
    return source.steps + 2 * layer.padding - layer.weight.shape[2] + 1


def half_of(steps: int) -> int:
    """Rows of `halves` that a convolution of so many steps gives: ecg_half in C."""
    return (steps + 7) // 8 * 4


def sources_of(network: IntegerNetwork, layer: Layer) -> list[Tensor]:
    """The tensors that the layer reads."""
    return [network.tensors[number] for number in layer.sources]


def kernel_steps(layer: Layer, source: Tensor) -> int:
    """Steps that the kernel computes: what its own pooling would drop is left out."""
    steps = conv_steps(layer, source)
    return steps - steps % 2 if layer.pool == (2, 2) else steps


def kernel_of(
    network: IntegerNetwork, layer: Layer, kernels: Mapping[str, str], value_bits: int
) -> str:
    """The layer's kernel; IntegerError if the layer cannot be done."""
    flat = is_dense(layer, sources_of(network, layer))
    faults = {
        "negative multipliers": min(layer.multiplier.min(), layer.negative.min()) < 0,
        "padding or pooling of a dense layer": flat and (layer.padding, layer.pool) != (0, (1, 1)),
        "logits of a convolution or with a skip": layer is network.layers[-1]
        and (not flat or layer.skip is not None),
    }
    if found := [fault for fault, holds in faults.items() if holds]:
        raise IntegerError(f"layer {layer.name}: no C for {found[0]}")
    possible = kernels_for(network, layer, value_bits)
    chosen = kernels.get(layer.name, possible[0])
    if chosen not in possible:
        raise IntegerError(f"layer {layer.name}: kernel {chosen!r} is none of {possible}")
    return chosen
