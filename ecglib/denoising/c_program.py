"""The denoiser as C: the device's kernels for its convolutions, one function a step."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib.denoising.eight_bits import EightBits
from ecglib.denoising.memory import Memory, Used, memory
from ecglib.denoising.steps import Move
from ecglib.device import program
from ecglib.device.c_text import array, function_of, padding_code, place_code, window_code
from ecglib.device.integer import IntegerNetwork
from ecglib.device.kernels import BINARY, kernels_for
from ecglib.device.layer_code import layer_code
from ecglib.device.packing import by_rows
from ecglib.device.plan import Planned
from ecglib.device.windows import Window, window

MODEL, MOVES = "denoiser.c", "moves.h"


def kernels_of(network: EightBits, value_bits: int) -> dict[str, list[str]]:
    """The kernels that can compute each layer but the last, which has its own."""
    alone = _alone(network)
    return {
        layer.name: [k for k in kernels_for(alone, layer, value_bits) if k != BINARY]
        for layer in alone.layers
    }


def write(network: EightBits, folder: Path, kernels: Mapping[str, str], value_bits: int) -> None:
    """Write denoiser.c and the headers that it needs into an empty folder.

    `denoise(values)` takes the uint8 values of a window, channel by channel, and leaves the last
    layer's in `denoised`, int32. kernels: layer -> one of `kernels_of`.
    """
    at = memory(network, kernels, value_bits)
    alone = _alone(network)
    through = window(alone, kernels) if value_bits == 8 else Window({}, at.halves, 0)
    text = _head(network, at, through, value_bits)
    calls = [_take(network, at)]
    for number, (step, used) in enumerate(zip(network.steps, at.used, strict=True)):
        if isinstance(step, Move):
            calls.append(_move(step, used, number))
        elif used.target is None:
            calls.append(_last(network, used, at.used[0]))
        else:
            planned = _planned(network, step, kernels, used, through, value_bits)
            name = function_of(planned.layer.name)
            calls.append((name, layer_code(planned, network.sources[step])))
    text += "\n".join(code for _, code in calls)
    given = ["values", *[""] * (len(calls) - 1)]
    lines = "".join(f"    {name}({x});\n" for (name, _), x in zip(calls, given, strict=True))
    text += f"\nvoid denoise(const uint8_t *values) {{\n{lines}}}\n"
    (folder / MODEL).write_text(text)
    for package, name in (("ecglib.device", program.KERNELS), ("ecglib.denoising", MOVES)):
        (folder / name).write_text((resources.files(package) / "c" / name).read_text())


def _alone(network: EightBits) -> IntegerNetwork:
    """All convolutions but the last, each with an input of its own."""
    return IntegerNetwork(network.sources, network.layers[:-1])


def _head(network: EightBits, at: Memory, through: Window, value_bits: int) -> str:
    return f"""/* SPDX-License-Identifier: MIT */
#define ECG_VALUE_BITS {value_bits}
#include "{MOVES}"

#define ECG_LAYER static __attribute__((noinline)) void

void denoise(const uint8_t *values);

static ecg_value memory[{at.size}] __attribute__((aligned(4)));
{window_code(through.size)}int32_t denoised[{network.layers[-1].output.steps}];

"""


def _planned(
    network: EightBits,
    number: int,
    kernels: Mapping[str, str],
    used: Used,
    through: Window,
    value_bits: int,
) -> Planned:
    layer = network.layers[number]
    return Planned(
        layer=layer,
        kernel=kernels[layer.name],
        flat=False,
        source=used.source.buffer,
        output=used.target.buffer,
        skip=None,
        sums=None,
        halves=through.halves.get(layer.name),
        bytes=None,
        masks=None,
        steps=layer.output.steps,
        at_a_time=through.steps.get(layer.name, layer.output.steps),
        value_bits=value_bits,
    )


def _take(network: EightBits, at: Memory) -> tuple[str, str]:
    """The function that fills the input."""
    given = at.used[0].source
    tensor, buffer = given.tensor, given.buffer
    body = (
        f"    const ecg_place place = {place_code(buffer)};\n"
        f"    ecg_take(values, {tensor.channels}, {tensor.steps}, place);\n"
    )
    body += padding_code(buffer, tensor)
    return "take", f"ECG_LAYER take(const uint8_t *values) {{\n{body}}}\n"


def _move(step: Move, used: Used, number: int) -> tuple[str, str]:
    """The function of a step between convolutions."""
    name = f"{step.value}_{number}"
    source, target = used.source.buffer, used.target.buffer
    channels, x = used.source.tensor.channels, f"memory + {source.first}, {source.step}"
    if step is Move.DOWN:
        body = (
            f"    const ecg_place place = {place_code(target)};\n"
            f"    ecg_pool({x}, {channels}, 2, 2, {used.target.tensor.steps}, place);\n"
        )
    else:
        kept, tensor = used.kept.buffer, used.kept.tensor
        rows = f"memory + {kept.first}, {kept.step}, {tensor.channels}, {tensor.steps}"
        body = (
            f"    move_apart({rows},\n"
            f"               memory + {target.first + channels}, {target.step});\n"
            f"    move_twice({x}, {channels}, {used.source.tensor.steps},\n"
            f"               memory + {target.first}, {target.step});\n"
        )
    body += padding_code(target, used.target.tensor)
    return name, f"ECG_LAYER {name}(void) {{\n{body}}}\n"


def _last(network: EightBits, used: Used, first: Used) -> tuple[str, str]:
    """The function of the last convolution, of one tap; first: of the step that reads the input."""
    layer, name = network.layers[-1], function_of(network.layers[-1].name)
    channels = used.source.tensor.channels
    weights = [by_rows(part) for part in np.split(layer.weight, [channels], axis=1)]
    read = [one.source.buffer for one in (used, first)]
    x, channels = (f"memory + {buffer.first}, {buffer.step}" for buffer in read)
    body = (
        f"    move_out({x}, {channels}, {name}_weights,\n"
        f"             {layer.bias[0]}, {layer.multiplier[0]}, {layer.output.steps}, denoised);\n"
    )
    stored = array(f"{name}_weights", "int8_t", np.concatenate(weights, axis=1))
    return name, f"{stored}ECG_LAYER {name}(void) {{\n{body}}}\n"
