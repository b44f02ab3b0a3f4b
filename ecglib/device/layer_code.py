"""The C of one layer: its constants, its weights as its kernel reads them, and the call."""

import numpy as np

from ecglib.device import binary, packing
from ecglib.device.c_text import array, function_of, padding_code, place_code
from ecglib.device.conv_code import convolution, dense_values, row_values
from ecglib.device.integer import Tensor
from ecglib.device.kernels import BINARY
from ecglib.device.plan import Planned


def layer_code(planned: Planned, source: Tensor) -> str:
    """Arrays and function of a layer; source: the (first) tensor that it reads."""
    name, layer = function_of(planned.layer.name), planned.layer
    table, scale = _scale(planned, name)
    if planned.flat:
        body = _flat(planned, name)
    else:
        body = convolution(planned, name, source)
    if planned.output:
        body += padding_code(planned.output, layer.output)
    return (
        array(f"{name}_table", "int32_t", table)
        + _weights(planned, name)
        + f"ECG_LAYER {name}(void) {{\n{scale}{body}}}\n"
    )


def _scale(planned: Planned, name: str) -> tuple[np.ndarray, str]:
    """The layer's table, (outputs, columns) int32, and the ecg_scale that describes it."""
    layer = planned.layer
    bias = binary.flipped_bias(layer) if planned.kernel == BINARY else layer.bias
    columns = [bias, layer.multiplier]
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
        f"    ecg_scale scale = {{{name}_table, {len(columns)}, {difference}, {skip},\n"
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
        packed = packing.dense_flat(weight.reshape(len(weight), -1), planned.value_bits)
        return array(f"{name}_weights", "int32_t", packed)
    if kernel == BINARY:
        return array(f"{name}_weights", "uint32_t", binary.packed(weight))
    if kernel == "halves":
        return array(f"{name}_stream", "uint32_t", packing.halves(packing.by_rows(weight)))
    if kernel == "pairs":
        return array(f"{name}_stream", "uint32_t", packing.pairs(row_values(planned)))
    pack = packing.dense8_rows if kernel == "dense8" else packing.dense_rows
    return array(f"{name}_weights", "int32_t", pack(dense_values(planned)))


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
