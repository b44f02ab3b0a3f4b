"""How the C of a network is laid out: each layer's kernel, each tensor's place in RAM."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device.arena import Block, placed
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, is_dense
from ecglib.device.kernels import conv_steps, half_of, kernel_of, kernel_steps, sources_of
from ecglib.device.packing import row_stride

SLACK = 8  # int16 values behind each buffer that a kernel may read, times a weight of zero


@dataclass(frozen=True)
class Buffer:
    """Where a tensor lives: value (t, c) at memory[first + t x step + c x channel].

    `pad` steps before and behind it hold the value of zero.
    """

    first: int
    step: int
    channel: int
    pad: int = 0


@dataclass(frozen=True)
class Planned:
    """A layer with its kernel, sizes and buffers; output is None for the logits.

    steps: of the convolution, before pooling. sums: the values that are pooled separately.
    halves: start of the source as that kernel reads it.
    """

    layer: Layer
    kernel: str
    flat: bool
    source: Buffer
    output: Buffer | None
    skip: Buffer | None
    sums: Buffer | None
    halves: int | None
    steps: int

    @property
    def fused_pool(self) -> int:
        """2 where the kernel itself pools pairs of steps, else 1."""
        return 2 if self.layer.pool == (2, 2) else 1


@dataclass(frozen=True)
class Plan:
    """The layers, where the input tensors are put, and int16 values of memory in all."""

    layers: list[Planned]
    inputs: list[Buffer]
    size: int


def plan(network: IntegerNetwork, kernels: Mapping[str, str]) -> Plan:
    """Kernels and memory of every layer.

    kernels: layer name -> kernel; the first that `kernels_for` names where it is left out.

    Raises:
        IntegerError: what these kernels cannot do, or a kernel for a layer that there is not; the
            message names the layer.
    """
    if unknown := sorted(kernels.keys() - {layer.name for layer in network.layers}):
        raise IntegerError(f"kernels for {', '.join(unknown)}: the network has no such layer")
    chosen = {layer.name: kernel_of(network, layer, kernels) for layer in network.layers}
    joins = _joins(network)
    starts, size = placed(_blocks(network, chosen, joins))
    buffers = [_buffer(network, i, starts, joins) for i in range(len(network.tensors) - 1)]
    layers = []
    for layer, output in zip(network.layers, [*buffers[len(network.inputs) :], None], strict=True):
        sources = sources_of(network, layer)
        flat = is_dense(layer, sources)
        sums = starts.get((layer.name, "sums"))
        layers.append(
            Planned(
                layer=layer,
                kernel=chosen[layer.name],
                flat=flat,
                source=buffers[layer.sources[0]],
                output=output,
                skip=None if layer.skip is None else buffers[layer.skip],
                sums=None if sums is None else Buffer(sums, row_stride(len(layer.weight)), 1),
                halves=starts.get((layer.name, "halves")),
                steps=1 if flat else kernel_steps(layer, sources[0]),
            )
        )
    return Plan(layers, buffers[: len(network.inputs)], size)


def _joins(network: IntegerNetwork) -> dict[int, tuple[int, ...]]:
    """Tensor -> all that a dense layer joins it with, in order: they stand side by side."""
    joins: dict[int, tuple[int, ...]] = {}
    for layer in network.layers:
        for number in layer.sources if len(layer.sources) > 1 else ():
            if joins.get(number, layer.sources) != layer.sources or layer.sources.count(number) > 1:
                raise IntegerError(f"layer {layer.name}: joins a tensor that is joined elsewhere")
            joins[number] = layer.sources
    return joins


def _is_flat(network: IntegerNetwork, number: int) -> bool:
    """Whether dense layers read the tensor; IntegerError if convolutions do, too."""
    readers = [layer for layer in network.layers if number in layer.sources]
    kinds = {is_dense(reader, sources_of(network, reader)): reader.name for reader in readers}
    if len(kinds) > 1:
        raise IntegerError(
            f"layer {kinds[True]}: reads, flattened, what {kinds[False]} reads unflattened"
        )
    return True in kinds


def _pad(network: IntegerNetwork, number: int) -> int:
    return max((layer.padding for layer in network.layers if number in layer.sources), default=0)


def _buffer(
    network: IntegerNetwork, number: int, starts: Mapping, joins: Mapping[int, tuple[int, ...]]
) -> Buffer:
    tensor, group = network.tensors[number], joins.get(number, (number,))
    if not _is_flat(network, number):
        pad, step = _pad(network, number), row_stride(tensor.channels)
        return Buffer(starts[group] + pad * step, step, 1, pad)
    before = [network.tensors[other] for other in group[: group.index(number)]]
    return Buffer(starts[group] + sum(t.channels * t.steps for t in before), 1, tensor.steps)


def _blocks(
    network: IntegerNetwork, chosen: Mapping[str, str], joins: Mapping[int, tuple[int, ...]]
) -> list[Block]:
    """All pieces of memory in the order in which they are written; uses are numbers of layers."""
    inputs = len(network.inputs)
    groups = {joins.get(number, (number,)) for number in range(len(network.tensors) - 1)}
    blocks = [
        Block(
            group,
            SLACK + sum(_size(network, number) for number in group),
            min(group) - inputs if min(group) >= inputs else -1,
            max(_last_use(network, number) for number in group),
        )
        for group in groups
    ]
    for index, layer in enumerate(network.layers):
        source, outputs = network.tensors[layer.sources[0]], len(layer.weight)
        if layer.pool not in ((1, 1), (2, 2)):
            size = conv_steps(layer, source) * row_stride(outputs) + SLACK
            blocks.append(Block((layer.name, "sums"), size, index, index))
        if chosen[layer.name] == "halves":
            rows = half_of(kernel_steps(layer, source)) + layer.weight.shape[2] - 1
            size = 2 * rows * row_stride(source.channels)
            blocks.append(Block((layer.name, "halves"), size, index, index))
    return sorted(blocks, key=lambda block: (block.begin, -block.size, str(block.name)))


def _size(network: IntegerNetwork, number: int) -> int:
    tensor = network.tensors[number]
    if _is_flat(network, number):
        return tensor.channels * tensor.steps
    return (tensor.steps + 2 * _pad(network, number)) * row_stride(tensor.channels)


def _last_use(network: IntegerNetwork, number: int) -> int:
    uses = [i for i, layer in enumerate(network.layers) if number in (*layer.sources, layer.skip)]
    return max(uses, default=number - len(network.inputs))
