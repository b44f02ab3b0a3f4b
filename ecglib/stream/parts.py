"""A layer of the network over several ticks, so that no sample takes long.

A convolution is split by its steps, which stand alone: the values are those of the whole. What a
part multiplies is counted as if no weight were zero, so that a beat comes as late whatever was
pruned of a layer and whichever kernel computes it.
"""

import math
from dataclasses import replace

from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, Tensor, is_dense
from ecglib.device.kernels import kernel_steps, sources_of
from ecglib.device.layer_code import layer_code
from ecglib.device.plan import Planned
from ecglib.stream.design import TICK_MACS

TILE, LEAST = 4, 8  # steps: a part is so many times TILE; no kernel takes fewer than LEAST


def steps_at_a_time(network: IntegerNetwork, layer: Layer) -> tuple[int, int]:
    """Steps of the layer in all, and those of a part: all of them where it is not split."""
    sources = sources_of(network, layer)
    if is_dense(layer, sources):
        return 1, 1
    steps = kernel_steps(layer, sources[0])
    parts = math.ceil(steps * layer.weight.size / TICK_MACS)
    fused = layer.pool in ((1, 1), (2, 2))
    if layer.skip is not None or not fused or steps < 2 * LEAST:
        return steps, steps
    part = max(-(-steps // parts), LEAST)
    return steps, min(part + -part % TILE, steps)


def parts_of(network: IntegerNetwork, layer: Layer) -> int:
    """Ticks that the layer takes."""
    steps, part = steps_at_a_time(network, layer)
    return -(-steps // part)


def ticks_of_network(network: IntegerNetwork) -> int:
    """Ticks from when all that it reads is known to its logits."""
    return sum(parts_of(network, layer) for layer in network.layers)


def part_code(planned: Planned, source: Tensor, part: int) -> str:
    """Constants and function of a layer, of which a call computes so many steps.

    The function takes the part's number, from 0.

    Raises:
        IntegerError: the layer's C is not as this expects it.
    """
    head, argument = "(void) {\n", "(ecg_network *n, int part) {\n"
    if planned.steps == part:
        whole = layer_code(planned, source)
        return whole.replace(head, argument + "    (void)part;\n", 1)
    rows = source.steps - (planned.steps - part)
    text = layer_code(replace(planned, at_a_time=part), replace(source, steps=rows))
    at, out, outputs = planned.source, planned.output, len(planned.layer.weight)
    x = at.first - planned.layer.padding * at.step
    moves = {
        f"{{memory + {out.first},": f"{{memory + {out.first} + step / {planned.fused_pool} * "
        f"{out.step},",
        f"(memory + {x},": f"(memory + {x} + step * {at.step},",
    }
    # A kernel of two halves is laid out for one number of steps: its last part stands flush with
    # the end, and computes some steps twice.
    least = part if planned.kernel == "halves" else LEAST
    last = planned.steps - least
    begin = f"    const int step = part * {part} < {last} ? part * {part} : {last};\n"
    if planned.kernel != "halves":
        left = f"{planned.steps} - step"
        begin += f"    const int steps = {left} < {part} ? {left} : {part};\n"
        moves[f"{outputs}, {part}, scale, place)"] = f"{outputs}, steps, scale, place)"
        if "ecg_fold(" in text:
            beyond = source.steps - planned.steps
            moves[f", {at.step}, {rows});"] = f", {at.step}, steps + {beyond});"
    for before, moved in moves.items():
        if before not in text:
            raise IntegerError(f"layer {planned.layer.name}: its C cannot be split over ticks")
        text = text.replace(before, moved)
    return text.replace(head, argument + begin, 1)
