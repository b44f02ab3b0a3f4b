"""How the C of a network is laid out: each layer's kernel, each tensor's place in RAM."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, is_dense
from ecglib.device.kernels import kernel_of, kernel_steps, sources_of
from ecglib.device.places import places
from ecglib.device.rooms import Buffer
from ecglib.device.windows import Window, window

VALUE_BITS = (8, 16)  # that a value may take in RAM


@dataclass(frozen=True)
class Planned:
    """A layer with its kernel, sizes and buffers; output is None for the logits.

    steps: of the convolution, before pooling. at_a_time: steps of a window, or all without one.
    value_bits: of a value in RAM.
    sums: the values that are pooled separately. halves: start of the source as that kernel reads
    it, in the window if there is one. bytes, masks: start of what `binary` reads.
    """

    layer: Layer
    kernel: str
    flat: bool
    source: Buffer
    output: Buffer | None
    skip: Buffer | None
    sums: Buffer | None
    halves: int | None
    bytes: int | None
    masks: int | None
    steps: int
    at_a_time: int
    value_bits: int

    @property
    def fused_pool(self) -> int:
        """2 where the kernel itself pools pairs of steps, else 1."""
        return 2 if self.layer.pool == (2, 2) else 1


@dataclass(frozen=True)
class Plan:
    """The layers, where the input tensors are put, and how much memory there is.

    size: values in all, of so many bits each. window: int16 values through which convolutions read
    values of 8 bits.
    """

    layers: list[Planned]
    inputs: list[Buffer]
    value_bits: int
    size: int
    window: int


def plan(network: IntegerNetwork, kernels: Mapping[str, str], value_bits: int = 16) -> Plan:
    """Kernels and memory of every layer.

    kernels: layer name -> kernel; the first that `kernels_for` names where it is left out.
    value_bits: what a value takes in RAM, 8 or 16.

    Raises:
        IntegerError: what these kernels cannot do, or a kernel for a layer that there is not; the
            message names the layer. Or other bits.
    """
    if value_bits not in VALUE_BITS:
        raise IntegerError(f"values of {value_bits} bits; they take {VALUE_BITS} in RAM")
    if unknown := sorted(kernels.keys() - {layer.name for layer in network.layers}):
        raise IntegerError(f"kernels for {', '.join(unknown)}: the network has no such layer")
    chosen = {one.name: kernel_of(network, one, kernels, value_bits) for one in network.layers}
    found = places(network, chosen, value_bits)
    through = window(network, chosen) if value_bits == 8 else Window({}, found.halves, 0)
    layers = []
    outputs = [*found.buffers[len(network.inputs) :], None]
    for layer, output in zip(network.layers, outputs, strict=True):
        sources = sources_of(network, layer)
        flat = is_dense(layer, sources)
        steps = 1 if flat else kernel_steps(layer, sources[0])
        layers.append(
            Planned(
                layer=layer,
                kernel=chosen[layer.name],
                flat=flat,
                source=found.buffers[layer.sources[0]],
                output=output,
                skip=None if layer.skip is None else found.buffers[layer.skip],
                sums=found.sums.get(layer.name),
                halves=through.halves.get(layer.name),
                bytes=found.bytes.get(layer.name),
                masks=found.masks.get(layer.name),
                steps=steps,
                at_a_time=through.steps.get(layer.name, steps),
                value_bits=value_bits,
            )
        )
    inputs = found.buffers[: len(network.inputs)]
    return Plan(layers, inputs, value_bits, found.size, through.size)
