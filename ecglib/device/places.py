"""Where each tensor of a network lives in RAM, and what kernels need beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device import binary
from ecglib.device.arena import Block, placed
from ecglib.device.integer import IntegerNetwork, Layer
from ecglib.device.kernels import BINARY, conv_steps, half_of, kernel_steps
from ecglib.device.packing import row_stride
from ecglib.device.rooms import FUSED, SLACK, Buffer, Rooms


@dataclass(frozen=True)
class Places:
    """buffers: of each tensor but the logits. sums: layer -> what is pooled, where no kernel does.

    halves: layer -> where that kernel's copy of the source starts. bytes, masks: layer -> where the
    source and the masks start that `binary` reads. size: values in all.
    """

    buffers: list[Buffer]
    sums: Mapping[str, Buffer]
    halves: Mapping[str, int]
    bytes: Mapping[str, int]
    masks: Mapping[str, int]
    size: int


def places(network: IntegerNetwork, chosen: Mapping[str, str], value_bits: int) -> Places:
    """Places of all tensors, if their values take 8 or 16 bits; chosen: layer -> kernel.

    IntegerError: tensors that cannot lie side by side as a dense layer joins them.
    """
    of = Rooms(network, chosen, value_bits)
    blocks = of.blocks()
    for index, layer in enumerate(network.layers):
        source = network.tensors[layer.sources[0]]
        if layer.pool not in FUSED and of.is_flat(of.output(index)):
            size = conv_steps(layer, source) * row_stride(len(layer.weight)) + SLACK
            blocks.append(Block((layer.name, "sums"), size, index, index))
        if chosen[layer.name] == "halves" and value_bits == 16:  # else they are in the window
            size = halves_size(layer, kernel_steps(layer, source))
            blocks.append(Block((layer.name, "halves"), size, index, index))
        if chosen[layer.name] == BINARY:
            size = binary.mask_bytes(layer.weight) * 8 // value_bits
            blocks.append(Block((layer.name, "masks"), size, index, index))
            if not of.gives_bytes(index):
                blocks.append(Block((layer.name, "bytes"), of.as_bytes(layer), index, index))
    blocks.sort(key=lambda block: (block.begin, -block.size, str(block.name)))
    starts, size = placed(blocks, of.multiple)
    buffers = [of.buffer(number, starts) for number in range(len(network.tensors) - 1)]
    sums = {
        layer.name: Buffer(
            starts.get((layer.name, "sums"), buffers[of.output(index)].first),
            row_stride(len(layer.weight)),
            1,
        )
        for index, layer in enumerate(network.layers)
        if layer.pool not in FUSED
    }
    halves, masks, copies = (
        {name[0]: start for name, start in starts.items() if name[1:] == (kind,)}
        for kind in ("halves", "masks", "bytes")
    )
    for layer in network.layers:
        if layer.name in masks and layer.name not in copies:
            at = buffers[layer.sources[0]]
            first = at.first - layer.padding * at.step
            copies[layer.name] = first + -first % of.multiple
    return Places(buffers, sums, halves, copies, masks, size)


def halves_size(layer: Layer, steps: int) -> int:
    """int16 values that the kernel `halves` copies a source to, for so many steps."""
    _, channels, taps = layer.weight.shape
    return 2 * (half_of(steps) + taps - 1) * row_stride(channels)
