"""The window of 16-bit values through which convolutions read values that take 8 bits in RAM.

A convolution's source is copied into it piece by piece, and the kernels, which multiply values of
16 bits, see nothing else. So the output may overwrite the source. The kernel `binary`, which reads
bytes, has no window.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device.integer import IntegerNetwork, Layer, is_dense
from ecglib.device.kernels import BINARY, kernel_steps, sources_of
from ecglib.device.packing import row_stride
from ecglib.device.places import halves_size
from ecglib.device.rooms import SLACK

STEPS = 16  # at a time, of the layer with the widest rows; of others as many as fit then
TILES = {"pairs": 8, "halves": 8}  # steps that a kernel computes at once; others 4


@dataclass(frozen=True)
class Window:
    """steps: layer -> how many are computed at a time. size: int16 values in all.

    halves: layer -> where in the window that kernel's copy of it starts.
    """

    steps: Mapping[str, int]
    halves: Mapping[str, int]
    size: int


def window(network: IntegerNetwork, chosen: Mapping[str, str]) -> Window:
    """The window for these kernels (layer -> kernel)."""
    steps = {
        layer.name: (layer, kernel_steps(layer, network.tensors[layer.sources[0]]))
        for layer in network.layers
        if not is_dense(layer, sources_of(network, layer)) and chosen[layer.name] != BINARY
    }
    rows = max((_values(one, min(STEPS, of)) for one, of in steps.values()), default=0)
    found, halves, size = {}, {}, rows + SLACK if steps else 0
    for name, (layer, of) in steps.items():
        most = STEPS if chosen[name] == "halves" else _fitting(layer, rows)
        found[name] = _at_a_time(of, most, TILES.get(chosen[name], 4))
        if chosen[name] == "halves":
            halves[name] = rows + SLACK + rows % 2
            size = max(size, halves[name] + halves_size(layer, found[name]))
    return Window(found, halves, size)


def window_rows(layer: Layer, steps: int) -> int:
    """Rows of the source that so many steps are computed of."""
    return steps + layer.weight.shape[2] - 1


def _values(layer: Layer, steps: int) -> int:
    return window_rows(layer, steps) * row_stride(layer.weight.shape[1])


def _fitting(layer: Layer, values: int) -> int:
    """Steps whose rows are no more than so many values."""
    return values // row_stride(layer.weight.shape[1]) - layer.weight.shape[2] + 1


def _at_a_time(steps: int, most: int, tile: int) -> int:
    """All steps, or as many in each piece, as the last one overlaps the one before it."""
    if steps <= most:
        return steps
    pieces = -(-steps // (most - most % tile))
    return -(-steps // (pieces * tile)) * tile
