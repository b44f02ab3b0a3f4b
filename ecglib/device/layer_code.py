"""The C of one layer: its constants, its weights as its kernel reads them, and the call."""

import numpy as np

from ecglib.device import packing
from ecglib.device.integer import Tensor
from ecglib.device.kernels import half_of
from ecglib.device.plan import Buffer, Planned

WIDTH = 96  # characters of a line of numbers


def function_of(name: str) -> str:
    """Name of the C function that computes the layer of this name."""
    return "layer_" + name.replace(".", "_")


def layer_code(planned: Planned, source: Tensor) -> str:
    """Arrays and function of a layer; source: the (first) tensor that it reads."""
    name, layer = function_of(planned.layer.name), planned.layer
    table, scale = _scale(planned, name)
    body = _flat(planned, name) if planned.flat else _convolution(planned, name, source)
    if planned.output:
        body += padding_code(planned.output, layer.output)
    return (
        array(f"{name}_table", "int32_t", table)
        + _weights(planned, name)
        + f"ECG_LAYER {name}(void) {{\n{scale}{body}}}\n"
    )


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


def _scale(planned: Planned, name: str) -> tuple[np.ndarray, str]:
    """The layer's table, (outputs, columns) int32, and the ecg_scale that describes it."""
    layer, columns = planned.layer, [planned.layer.bias, planned.layer.multiplier]
    difference = skip = 0
    if _needs_difference(planned):
        difference = len(columns)
        columns.append(layer.negative - layer.multiplier)
    if planned.skip:
        skip = len(columns)
        columns.append(layer.skip_weight)
    at = planned.skip
    read = f"memory + {at.first}, {at.step}, {at.channel}" if at else "0, 0, 0"
    line = (
        f"    const ecg_scale scale = {{{name}_table, {len(columns)}, {difference}, {skip},\n"
        f"                             {read}, {layer.output.zero}}};\n"
    )
    return np.stack(columns, axis=1), line


def _needs_difference(planned: Planned) -> bool:
    """Whether negative sums are scaled in another way; below a zero of 0 all is clipped anyway."""
    layer = planned.layer
    clipped = planned.output and layer.output.zero == 0 and not layer.negative.any()
    return not clipped and not np.array_equal(layer.negative, layer.multiplier)


def _weights(planned: Planned, name: str) -> str:
    """The arrays of weights that the layer's kernel reads."""
    weight, kernel = planned.layer.weight, planned.kernel
    if planned.flat and kernel != "dense":
        pack = packing.flat_pairs if kernel == "pairs" else packing.flat_sparse
        first, stream = pack(weight.reshape(len(weight), -1))
        arrays = array(f"{name}_first", "uint16_t", first)
        return arrays + array(f"{name}_stream", "uint32_t", stream)
    if kernel == "any":
        return array(f"{name}_weights", "int8_t", weight.transpose(0, 2, 1))
    if kernel == "first":
        return array(f"{name}_weights", "int32_t", packing.first(weight))
    if planned.flat:
        packed = packing.dense_flat(weight.reshape(len(weight), -1))
        return array(f"{name}_weights", "int32_t", packed)
    if kernel == "halves":
        return array(f"{name}_stream", "uint32_t", packing.halves(packing.by_rows(weight)))
    rows = packing.folded(weight) if _folds(planned) else packing.by_rows(weight)
    if kernel == "pairs":
        return array(f"{name}_stream", "uint32_t", packing.pairs(rows))
    pack = packing.dense8_rows if kernel == "dense8" else packing.dense_rows
    return array(f"{name}_weights", "int32_t", pack(_window(planned, rows)))


def _folds(planned: Planned) -> bool:
    _, channels, taps = planned.layer.weight.shape
    return planned.kernel in ("dense", "dense8", "pairs") and packing.folds(channels, taps)


def _window(planned: Planned, rows: np.ndarray) -> np.ndarray:
    """The values of a window that a dense convolution reads."""
    return packing.without_gaps(rows, planned.layer.weight.shape[1]) if _folds(planned) else rows


def _flat(planned: Planned, name: str) -> str:
    outputs, values, _ = planned.layer.weight.shape
    x = f"memory + {planned.source.first}"
    group = packing.flat_group(outputs)
    text = f"    int32_t sums[{-(-outputs // group) * group}];\n"
    if planned.kernel == "dense":
        text += f"    ecg_dense({x}, {name}_weights, {-(-values // 4)}, {outputs}, sums);\n"
    else:
        arrays = f"{name}_first, {name}_stream"
        text += f"    ecg_dense_{planned.kernel}({x}, {arrays}, {outputs}, sums);\n"
    if planned.output is None:
        return f"{text}    ecg_put_logits(sums, {outputs}, scale, LOGITS);\n"
    place = f"    const ecg_place place = {place_code(planned.output)};\n"
    return f"{place}{text}    ecg_put_dense(sums, {outputs}, scale, place);\n"


def _convolution(planned: Planned, name: str, source: Tensor) -> str:
    layer, at = planned.layer, planned.source
    outputs, channels, taps = layer.weight.shape
    x = f"memory + {at.first - layer.padding * at.step}"
    text, before = "", f"{x}, {at.step}"
    if planned.kernel == "halves":
        half = half_of(planned.steps)
        to, shift = f"memory + {planned.halves}", planned.steps - half
        text = f"    ecg_to_halves({before}, {half + taps - 1}, {shift}, {to});\n"
        before = f"{to}, {at.step}"
    if _folds(planned):
        text = f"    ecg_fold({before}, {source.steps + 2 * layer.padding});\n"
    words = packing.window_words(_window(planned, packing.by_rows(layer.weight)).shape[1])
    run = channels if _folds(planned) else words
    arguments = {
        "first": f"{x}, {name}_weights, {taps}",
        "dense": f"{before}, {name}_weights, 8, {words}, {run}",
        "dense8": f"{before}, {name}_weights, 4, {words}, {run}",
        "pairs": f"{before}, {name}_stream",
        "halves": f"{before}, {name}_stream",
        "any": f"{before}, {name}_weights, {taps}, {channels}",
    }[planned.kernel]
    place = place_code(planned.sums or planned.output, planned.fused_pool)
    return (
        f"    const ecg_place place = {place};\n{text}"
        f"    ecg_conv_{planned.kernel.rstrip('8')}({arguments},\n"
        f"        {outputs}, {planned.steps}, scale, place);\n"
        + (_pool(planned) if planned.sums else "")
    )


def _pool(planned: Planned) -> str:
    layer, sums = planned.layer, planned.sums
    window, stride = layer.pool
    return (
        f"    const ecg_place pooled = {place_code(planned.output)};\n"
        f"    ecg_pool(memory + {sums.first}, {sums.step}, {len(layer.weight)}, {window}, "
        f"{stride}, {layer.output.steps}, pooled);\n"
    )
