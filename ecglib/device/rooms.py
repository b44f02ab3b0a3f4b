"""Blocks of memory for a network's tensors, and which tensors may share one."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device import binary
from ecglib.device.arena import Block
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, is_dense
from ecglib.device.kernels import BINARY, conv_steps, sources_of
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


class Rooms:
    """A network's tensors as blocks of memory; several share one where none needs it any more."""

    def __init__(self, network: IntegerNetwork, chosen: Mapping[str, str], value_bits: int) -> None:
        self.network, self.chosen, self.value_bits = network, chosen, value_bits
        self.multiple = 32 // value_bits  # words start every so many values
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

    def as_bytes(self, layer: Layer) -> int:
        """Values that the source of `binary` takes as bytes."""
        source = self.network.tensors[layer.sources[0]]
        rows = source.steps + 2 * layer.padding
        return rows * binary.row_bytes(source.channels) * 8 // self.value_bits

    def gives_bytes(self, index: int) -> bool:
        """Whether `binary` finds its bytes where the source is, or puts them there."""
        _, channels, _ = self.network.layers[index].weight.shape
        return binary.reads_rows(channels, self.value_bits) or self._dies(index)

    def _dies(self, index: int) -> bool:
        """Whether nobody needs the layer's source behind it, or besides for its skip."""
        layer = self.network.layers[index]
        return self._last_use(layer.sources[0]) == index and layer.skip != layer.sources[0]

    def _in_place(self, index: int) -> bool:
        """Whether a convolution's output may stand where its source does.

        What it overwrites must be in the window already: each row of the output may take no more
        than the rows of the source that are read for it, and may not stand behind the last of them,
        as with padding wider than the taps reach.
        """
        layer, output = self.network.layers[index], self.output(index)
        source = layer.sources[0]
        if self.chosen[layer.name] == BINARY:  # it reads its source once for every two outputs
            return False
        if self.is_flat(source) or self.is_flat(output) or {source, output} & self.joins.keys():
            return False
        fused = 2 if layer.pool == (2, 2) else 1
        widest = fused * row_stride(self.network.tensors[source].channels)
        reaches = layer.padding < layer.weight.shape[2]
        return self._dies(index) and reaches and row_stride(len(layer.weight)) <= widest

    def _size(self, home: Home, members: list[int]) -> int:
        tensors = self.network.tensors
        if self.is_flat(home[0]):
            return sum(tensors[number].channels * tensors[number].steps for number in home)
        extents = [self._rows(number) * row_stride(tensors[number].channels) for number in members]
        for layer in self.network.layers:
            if self.chosen[layer.name] == BINARY and layer.sources[0] in members:
                extents.append(self.as_bytes(layer) + self.multiple - 1)
        return self._lead(home) + max(extents)

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
