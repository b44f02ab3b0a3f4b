"""The C that calls a convolution's kernel: once, or for one window after the other."""

import numpy as np

from ecglib.device import binary, packing
from ecglib.device.c_text import place_code
from ecglib.device.integer import Tensor
from ecglib.device.kernels import BINARY, half_of
from ecglib.device.plan import Planned
from ecglib.device.windows import window_rows


def convolution(planned: Planned, name: str, source: Tensor) -> str:
    """The lines that compute a convolution; name: of its function; source: what it reads."""
    if planned.kernel == BINARY:
        return _binary(planned, name, source)
    return (_windows if planned.value_bits == 8 else _whole)(planned, name, source)


def dense_values(planned: Planned) -> np.ndarray:
    """(outputs, values) int8: weights of the values of a step as a dense convolution reads them."""
    _, channels, _ = planned.layer.weight.shape
    rows = row_values(planned)
    return packing.without_gaps(rows, channels) if _folds(planned) else rows


def row_values(planned: Planned) -> np.ndarray:
    """(outputs, values in `rows`) int8: weights of two taps side by side where that saves words."""
    weight = planned.layer.weight
    return packing.folded(weight) if _folds(planned) else packing.by_rows(weight)


def _folds(planned: Planned) -> bool:
    _, channels, taps = planned.layer.weight.shape
    return planned.kernel in ("dense", "dense8", "pairs") and packing.folds(channels, taps)


def _whole(planned: Planned, name: str, source: Tensor) -> str:
    """Of the whole source, where it stands."""
    at, padding = planned.source, planned.layer.padding
    rows = source.steps + 2 * padding
    x = f"memory + {at.first - padding * at.step}"
    halves = f"memory + {planned.halves}"
    return _place(planned) + _call(planned, name, x, rows, halves) + _pool(planned)


def _binary(planned: Planned, name: str, source: Tensor) -> str:
    """Of the whole source, put into bytes before if it is not."""
    at, layer = planned.source, planned.layer
    outputs, channels, _ = layer.weight.shape
    x, text = f"(uint8_t *)(memory + {planned.bytes})", ""
    if not binary.reads_rows(channels, planned.value_bits):
        start, rows = at.first - layer.padding * at.step, source.steps + 2 * layer.padding
        text = f"    ecg_to_bytes(memory + {start}, {at.step}, {channels}, {rows}, {x});\n"
    return (
        f"{_place(planned)}{text}"
        f"    ecg_conv_binary({x}, {binary.row_bytes(channels)}, {name}_weights,\n"
        f"        (uint8_t *)(memory + {planned.masks}), {binary.mask_words(layer.weight)},\n"
        f"        {outputs}, {planned.steps}, scale, place);\n{_pool(planned)}"
    )


def _windows(planned: Planned, name: str, source: Tensor) -> str:
    """Of one window after the other, the last of which stands flush with the end."""
    at, steps = planned.source, planned.at_a_time
    rows = window_rows(planned.layer, steps)
    size = rows * at.step
    call = _call(planned, name, "window", rows, f"window + {planned.halves}")
    text = (
        f"    const ecg_value *from = memory + {at.first - planned.layer.padding * at.step};\n"
        f"    from = ecg_widen(from, window, {size});\n"
    )
    if steps == planned.steps:
        return _place(planned) + text + call + _pool(planned)
    body = "".join(f"    {line}\n" for line in call.splitlines())
    return (
        f"{_place(planned)}{text}    for (int left = {planned.steps - steps};;) {{\n{body}"
        "        if (left == 0) break;\n"
        f"        const int far = left < {steps} ? left : {steps};\n"
        f"        left -= far, from = ecg_slide(window, {size}, from, far * {at.step});\n"
        f"        ecg_move(far, &scale, &place);\n    }}\n{_pool(planned)}"
    )


def _place(planned: Planned) -> str:
    place = place_code(planned.sums or planned.output, planned.fused_pool)
    return f"    ecg_place place = {place};\n"


def _call(planned: Planned, name: str, x: str, rows: int, halves: str) -> str:
    """Lines that compute `at_a_time` steps of so many rows at x."""
    layer, stride, steps = planned.layer, planned.source.step, planned.at_a_time
    outputs, channels, taps = layer.weight.shape
    text, before = "", f"{x}, {stride}"
    if planned.kernel == "halves":
        half = half_of(steps)
        text = f"    ecg_to_halves({before}, {half + taps - 1}, {steps - half}, {halves});\n"
        before = f"{halves}, {stride}"
    if _folds(planned):
        text = f"    ecg_fold({before}, {rows});\n"
    words = packing.window_words(dense_values(planned).shape[1])
    run = channels if _folds(planned) else words
    arguments = {
        "first": f"{x}, {name}_weights, {taps}",
        "dense": f"{before}, {name}_weights, 8, {words}, {run}",
        "dense8": f"{before}, {name}_weights, 4, {words}, {run}",
        "pairs": f"{before}, {name}_stream",
        "halves": f"{before}, {name}_stream",
        "any": f"{before}, {name}_weights, {taps}, {channels}",
    }[planned.kernel]
    return (
        f"{text}    ecg_conv_{planned.kernel.rstrip('8')}({arguments},\n"
        f"        {outputs}, {steps}, scale, place);\n"
    )


def _pool(planned: Planned) -> str:
    """Lines that pool what a kernel has left unpooled."""
    layer, sums = planned.layer, planned.sums
    if not sums:
        return ""
    window, stride = layer.pool
    return (
        f"    const ecg_place pooled = {place_code(planned.output)};\n"
        f"    ecg_pool(memory + {sums.first}, {sums.step}, {len(layer.weight)}, {window}, "
        f"{stride}, {layer.output.steps}, pooled);\n"
    )
