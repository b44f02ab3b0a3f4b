"""Where the denoiser's values live in RAM: in one static array, what is dead overwritten.

The input stays live to the end. What is kept for the way up stays live until it is joined, and is
moved apart in place then: so the place of what is joined begins where that of what was kept did.
With values of 8 bits, which convolutions read through a window, an output may stand where its
source does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ecglib.denoising.eight_bits import EightBits
from ecglib.denoising.steps import Move
from ecglib.device.arena import Block, placed
from ecglib.device.integer import Tensor
from ecglib.device.packing import row_stride
from ecglib.device.places import halves_size
from ecglib.device.rooms import SLACK, Buffer

WORD = 4  # values at least of a word


@dataclass(eq=False)
class Values:
    """A tensor in RAM, live from step `begin` to step `end`; pad: rows of zero around it."""

    tensor: Tensor
    pad: int
    begin: int
    end: int = -1
    start: int = 0

    @property
    def stride(self) -> int:
        """Values from one row to the next."""
        return row_stride(self.tensor.channels)

    @property
    def lead(self) -> int:
        """Values before the first row, in whole words."""
        lead = self.pad * self.stride
        return lead + -lead % WORD

    @property
    def size(self) -> int:
        """Values in all."""
        return self.lead + (self.tensor.steps + self.pad) * self.stride + SLACK

    @property
    def buffer(self) -> Buffer:
        """Where its rows are."""
        return Buffer(self.start + self.lead, self.stride, 1, self.pad)


@dataclass(frozen=True)
class Used:
    """What a step reads and gives; kept: what an UP joins. The last step gives nothing here."""

    source: Values
    target: Values | None
    kept: Values | None


@dataclass(frozen=True)
class Memory:
    """used: of each step of the network. size: values in all.

    halves: layer -> where that kernel's copy of its source starts.
    """

    used: list[Used]
    halves: Mapping[str, int]
    size: int


def memory(network: EightBits, chosen: Mapping[str, str], value_bits: int) -> Memory:
    """The places of all values of 8 or 16 bits; chosen: layer -> kernel, but for the last layer."""
    used = _used(network)
    given, ups = used[0].source, [one for one in used if one.kept]
    for one in ups:
        one.kept.end -= 1  # what is joined takes its place
    stack = [given, *(values for one in reversed(ups) for values in (one.kept, one.target))]
    rest = [one.target for one in used if one.target and one.target not in stack]
    rest = sorted(rest, key=lambda values: (values.begin, -values.size))
    halves = _halves(network, chosen) if value_bits == 16 else []
    inside = [
        one
        for at, one in enumerate(used)
        if value_bits == 8 and one.source.end == at and _may_overwrite(network, one)
    ]
    for one in inside:
        one.target.begin += 1  # only when its source is dead
    while True:
        starts, size = _placed(stack + rest, halves)
        if not (wrong := [one for one in inside if _overtakes(one)]):
            return Memory(used, {one.name: starts[one.name] for one in halves}, size)
        inside.remove(wrong[0])
        wrong[0].target.begin -= 1


def _used(network: EightBits) -> list[Used]:
    """What each step uses, and when it is live; in no place yet."""
    given = current = Values(network.sources[0], _padding(network, 0), -1)
    kept, used = [], []
    for at, step in enumerate(network.steps):
        current.end = at
        joined, tensor = None, current.tensor
        if step is Move.DOWN:
            kept.append(current)
            tensor = replace(tensor, steps=tensor.steps // 2)
        elif step is Move.UP:
            joined = kept.pop()
            joined.end = at
            channels = tensor.channels + joined.tensor.channels
            tensor = replace(tensor, channels=channels, steps=2 * tensor.steps)
        else:
            tensor = network.layers[step].output
        ends = at + 1 == len(network.steps)
        target = None if ends else Values(tensor, _padding(network, at + 1), at)
        used.append(Used(current, target, joined))
        current = target
    given.end = len(used) - 1  # the last convolution reads it, too
    return used


def _padding(network: EightBits, at: int) -> int:
    """Rows of padding that this step reads."""
    step = network.steps[at]
    return 0 if isinstance(step, Move) else network.layers[step].padding


def _halves(network: EightBits, chosen: Mapping[str, str]) -> list[Block]:
    """The places of the copies that the kernel `halves` reads."""
    return [
        Block(layer.name, halves_size(layer, layer.output.steps), at, at)
        for at, step in enumerate(network.steps)
        if not isinstance(step, Move)
        and chosen.get((layer := network.layers[step]).name) == "halves"
    ]


def _may_overwrite(network: EightBits, one: Used) -> bool:
    """Whether a convolution's output may stand where its source does, or before it.

    Its rows are no longer than the source's, and the window has those of the source by then.
    """
    step = network.steps[one.source.end]
    if isinstance(step, Move) or one.target is None:
        return False
    layer = network.layers[step]
    return one.target.stride <= one.source.stride and layer.padding < layer.weight.shape[2]


def _overtakes(one: Used) -> bool:
    """Whether the output would overwrite rows of its source that are not read yet."""
    source, target = one.source, one.target
    apart = target.start >= source.start + source.size or source.start >= target.start + target.size
    return not apart and target.buffer.first > source.buffer.first


def _placed(values: list[Values], halves: list[Block]) -> tuple[dict, int]:
    """Starts by name of `halves`, and the size of it all; each of the values gets its start."""
    blocks = [Block(n, v.size, v.begin, v.end) for n, v in enumerate(values)]
    starts, size = placed(blocks + halves, WORD)
    for number, one in enumerate(values):
        one.start = starts[number]
    return starts, size
