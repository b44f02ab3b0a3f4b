"""Pieces of C: names, arrays, places in memory."""

import numpy as np

from ecglib.device.integer import Tensor
from ecglib.device.rooms import Buffer

WIDTH = 96  # characters of a line of numbers


def function_of(name: str) -> str:
    """Name of the C function that computes the layer of this name."""
    return "layer_" + name.replace(".", "_")


def padding_code(buffer: Buffer, tensor: Tensor) -> str:
    """Lines that put the value of zero before and behind a tensor that is read with padding."""
    if not buffer.pad:
        return ""
    n, end = buffer.pad * buffer.step, buffer.first + tensor.steps * buffer.step
    return (
        f"    for (int i = 0; i < {n}; i++)\n"
        f"        memory[{buffer.first - n} + i] = memory[{end} + i] = {tensor.zero};\n"
    )


def array(name: str, kind: str, values: np.ndarray) -> str:
    """A constant array of C."""
    lines, line = [], ""
    for number in map(str, np.ravel(values).tolist()):
        number = "INT32_MIN" if number == "-2147483648" else number
        if len(line) + len(number) + 2 > WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += f"{number}, "
    body = "\n    ".join([*lines, line.rstrip(", ")])
    return f"static const {kind} {name}[] = {{\n    {body}}};\n"


def place_code(out: Buffer, pool: int = 1) -> str:
    """An ecg_place in C."""
    return f"{{memory + {out.first}, {out.step}, {out.channel}, {pool}}}"


def window_code(size: int) -> str:
    """The line that declares the window, see `windows`; none where there is none."""
    return f"static int16_t window[{size}] __attribute__((aligned(4)));\n" if size else ""
