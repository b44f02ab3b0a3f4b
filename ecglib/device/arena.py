"""One static array for all that a network holds in RAM: who is in use at once does not overlap."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """`size` values that are in use from step `begin` to step `end`, both included."""

    name: Hashable
    size: int
    begin: int
    end: int


def placed(blocks: Sequence[Block], multiple: int) -> tuple[dict[Hashable, int], int]:
    """Name -> start, a multiple of `multiple`; and the size of it all.

    Blocks are placed in their order, each at the first place that is free while it is in use.
    """
    starts: dict[Hashable, int] = {}
    for block in blocks:
        taken = sorted(
            (starts[other.name], starts[other.name] + other.size)
            for other in blocks
            if other.name in starts and other.begin <= block.end and block.begin <= other.end
        )
        start = 0
        for low, high in taken:
            if start + block.size <= low:
                break
            start = max(start, high + -high % multiple)
        starts[block.name] = start
    return starts, max(starts[block.name] + block.size for block in blocks)
