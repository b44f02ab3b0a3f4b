"""Where each tensor of a network lives in RAM, and which may share a place."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device.arena import Block, placed
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, is_dense
from ecglib.device.kernels import conv_steps, half_of, kernel_steps, sources_of
from ecglib.device.packing import row_stride

SLACK = 8  # values behind each buffer that a kernel may read, times a weight of zero
FUSED = ((1, 1), (2, 2))  # pooling that kernels do themselves

Home = tuple[int, ...]  # the first tensors that live in a block of memory


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
class Places:
    """buffers: of each tensor but the logits. sums: layer -> what is pooled, where no kernel does.

    halves: layer -> where that kernel's copy of the source starts. size: values in all.
    """

    buffers: list[Buffer]
    sums: Mapping[str, Buffer]
    halves: Mapping[str, int]
    size: int


def places(network: IntegerNetwork, chosen: Mapping[str, str], value_bits: int) -> Places:
    """Places of all tensors, if their values take 8 or 16 bits; chosen: layer -> kernel.

    IntegerError: tensors that cannot lie side by side as a dense layer joins them.
    """
    of = _Rooms(network, value_bits)
    blocks = of.blocks()
    for index, layer in enumerate(network.layers):
        source = network.tensors[layer.sources[0]]
        if layer.pool not in FUSED and of.is_flat(of.output(index)):
            size = conv_steps(layer, source) * row_stride(len(layer.weight)) + SLACK
            blocks.append(Block((layer.name, "sums"), size, index, index))
        if chosen[layer.name] == "halves" and value_bits == 16:  # else they are in the window
            size = halves_size(layer, kernel_steps(layer, source))
            blocks.append(Block((layer.name, "halves"), size, index, index))
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
    halves = {name[0]: start for name, start in starts.items() if name[1:] == ("halves",)}
    return Places(buffers, sums, halves, size)


def halves_size(layer: Layer, steps: int) -> int:
    """int16 values that the kernel `halves` copies a source to, for so many steps."""
    _, channels, taps = layer.weight.shape
    return 2 * (half_of(steps) + taps - 1) * row_stride(channels)


class _Rooms:
    """A network's tensors as blocks of memory; several share one where none needs it any more."""

    def __init__(self, network: IntegerNetwork, value_bits: int) -> None:
        self.network, self.multiple = network, 32 // value_bits  # words start every so many values
        self.joins = _joins(network)
        self.homes: dict[int, Home] = {}
        for number in range(len(network.tensors) - 1):
            self.homes[number] = self.joins.get(number, (number,))
            index = number - len(network.inputs)
            if value_bits == 8 and index >= 0 and self._in_place(index):
                self.homes[number] = self.homes[network.layers[index].sources[0]]

    def output(self, index: int) -> int:
        """The number of a layer's output."""
        return len(self.network.inputs) + index

    def blocks(self) -> list[Block]:
        """A block for each home; times are numbers of layers."""
        found = []
        for home in dict.fromkeys(self.homes.values()):
            members = [number for number, of in self.homes.items() if of == home]
            begin = min(max(number - len(self.network.inputs), -1) for number in members)
            end = max(self._last_use(number) for number in members)
            found.append(Block(home, self._size(home, members) + SLACK, begin, end))
        return found

    def buffer(self, number: int, starts: Mapping) -> Buffer:
        """Where the tensor lives."""
        tensor, home = self.network.tensors[number], self.homes[number]
        if not self.is_flat(number):
            step = row_stride(tensor.channels)
            return Buffer(starts[home] + self._lead(home), step, 1, self._pad(number))
        before = [self.network.tensors[other] for other in home[: home.index(number)]]
        return Buffer(starts[home] + sum(t.channels * t.steps for t in before), 1, tensor.steps)

    def is_flat(self, number: int) -> bool:
        """Whether dense layers read the tensor; IntegerError if convolutions do, too."""
        readers = [layer for layer in self.network.layers if number in layer.sources]
        kinds = {is_dense(one, sources_of(self.network, one)): one.name for one in readers}
        if len(kinds) > 1:
            raise IntegerError(
                f"layer {kinds[True]}: reads, flattened, what {kinds[False]} reads unflattened"
            )
        return True in kinds

    def _in_place(self, index: int) -> bool:
        """Whether a convolution's output may stand where its source does.

        What it overwrites must be in the window already: each row of the output may take no more
        than the rows of the source that are read for it, and may not stand behind the last of them,
        as with padding wider than the taps reach.
        """
        layer, output = self.network.layers[index], self.output(index)
        source = layer.sources[0]
        if self.is_flat(source) or self.is_flat(output) or {source, output} & self.joins.keys():
            return False
        fused = 2 if layer.pool == (2, 2) else 1
        widest = fused * row_stride(self.network.tensors[source].channels)
        dies = self._last_use(source) == index and layer.skip != source
        reaches = layer.padding < layer.weight.shape[2]
        return dies and reaches and row_stride(len(layer.weight)) <= widest

    def _size(self, home: Home, members: list[int]) -> int:
        tensors = self.network.tensors
        if self.is_flat(home[0]):
            return sum(tensors[number].channels * tensors[number].steps for number in home)
        return self._lead(home) + max(
            self._rows(number) * row_stride(tensors[number].channels) for number in members
        )

    def _rows(self, number: int) -> int:
        """Rows from the tensor's first on: its own and its padding, or what is pooled there."""
        index, rows = number - len(self.network.inputs), 0
        if index >= 0 and (layer := self.network.layers[index]).pool not in FUSED:
            rows = conv_steps(layer, self.network.tensors[layer.sources[0]])
        return max(rows, self.network.tensors[number].steps + self._pad(number))

    def _lead(self, home: Home) -> int:
        """Values before the first row: the padding of whoever lives there, as whole words."""
        members = [number for number, of in self.homes.items() if of == home]
        tensors = self.network.tensors
        lead = max(self._pad(number) * row_stride(tensors[number].channels) for number in members)
        return lead + -lead % self.multiple

    def _pad(self, number: int) -> int:
        readers = [layer for layer in self.network.layers if number in layer.sources]
        return max((layer.padding for layer in readers), default=0)

    def _last_use(self, number: int) -> int:
        layers = enumerate(self.network.layers)
        uses = [index for index, layer in layers if number in (*layer.sources, layer.skip)]
        return max(uses, default=number - len(self.network.inputs))


def _joins(network: IntegerNetwork) -> dict[int, Home]:
    """Tensor -> all that a dense layer joins it with, in order: they stand side by side."""
    joins: dict[int, Home] = {}
    for layer in network.layers:
        for number in layer.sources if len(layer.sources) > 1 else ():
            if joins.get(number, layer.sources) != layer.sources or layer.sources.count(number) > 1:
                raise IntegerError(f"layer {layer.name}: joins a tensor that is joined elsewhere")
            joins[number] = layer.sources
    return joins
