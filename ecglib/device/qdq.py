"""An integer network as an ONNX file with quantised values, for the runtimes of others.

Around each convolution, dense layer and pool stand QuantizeLinear and DequantizeLinear nodes with
the integer network's own scales: int8 weights by output channel, uint8 values, int32 biases. A
runtime may fuse them to integer kernels, or compute them as written, in float; it rounds at the
same places as the C, but halves to even, and sums in float32, so few values may differ by one.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ecglib import paths
from ecglib.device.exchange import INPUT, OUTPUT, without_defaults
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, Tensor, is_dense

OPSET = 13  # the first with a scale for each channel


class _Graph:
    """Nodes and constants as they come; each function returns the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        # A scale of a whole tensor stays a scalar: of a list of one, onnx2c takes a scale a channel
        # and reads behind its end.
        self.constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], to: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [to], to, **attributes))
        return to

    def rounded(self, value: str, tensor: Tensor, name: str) -> str:
        """Float values in the tensor's 8 bits, (u)int8 and back."""
        scale = self.constant(f"{name}.scale", np.float32(tensor.scale))
        zero = self.constant(f"{name}.zero", np.uint8(tensor.zero))
        self.node("QuantizeLinear", [value, scale, zero], f"{name}.uint8")
        return self.node("DequantizeLinear", [f"{name}.uint8", scale, zero], name)

    def weights(self, name: str, values: np.ndarray, scale: np.ndarray) -> str:
        """Integers (outputs, ...) with one scale for each output."""
        scales = self.constant(f"{name}.scale", scale.astype(np.float32))
        zeros = self.constant(f"{name}.zero", np.zeros(len(values), values.dtype))
        integers = self.constant(f"{name}.integers", values)
        return self.node("DequantizeLinear", [integers, scales, zeros], name, axis=0)


def write_int8_onnx(network: IntegerNetwork, path: Path) -> None:
    """Write the graph: (n, 1, values) float32 `beat` -> (n, outputs) float32 `logits`, any n.

    `beat` holds what `quantize.quantize_input` takes. A logit is the C's, times its layer's scale.

    Raises:
        IntegerError: an activation that is no leaky ReLU of one slope for all channels.
    """
    graph = _Graph()
    tensors = _inputs(graph, network)
    for layer in network.layers:
        tensors.append(_layer(graph, network, layer, tensors))
    graph.nodes[-1].output[0] = OUTPUT
    values = sum(tensor.channels * tensor.steps for tensor in network.inputs)
    outputs = len(network.layers[-1].weight)
    made = helper.make_graph(
        graph.nodes,
        "ecg",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 1, values])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", outputs])],
        graph.constants,
    )
    opset = helper.make_opsetid("", OPSET)
    model = without_defaults(helper.make_model(made, opset_imports=[opset], ir_version=8))
    onnx.checker.check_model(model, full_check=True)
    with paths.atomic(path) as temporary:
        onnx.save(model, temporary)


def _inputs(graph: _Graph, network: IntegerNetwork) -> list[str]:
    """The input tensors, (n, channels, 1, steps), cut from the beat."""
    names, start = [], 0
    for i, tensor in enumerate(network.inputs):
        part, end = INPUT, start + tensor.channels * tensor.steps
        if len(network.inputs) > 1:
            bounds = (("from", start), ("to", end), ("axis", 2))
            cut = [graph.constant(f"input{i}.{name}", np.array([at])) for name, at in bounds]
            part = graph.node("Slice", [INPUT, *cut], f"input{i}.cut")
        shape = np.array([-1, tensor.channels, 1, tensor.steps])
        shaped = graph.constant(f"input{i}.shape", shape)
        part = graph.node("Reshape", [part, shaped], f"input{i}.planar")
        names.append(graph.rounded(part, tensor, f"input{i}"))
        start = end
    return names


def _layer(graph: _Graph, network: IntegerNetwork, layer: Layer, tensors: list[str]) -> str:
    name = layer.name
    sources = [network.tensors[number] for number in layer.sources]
    dense = is_dense(layer, sources)
    read = [tensors[number] for number in layer.sources]
    of_sum = layer.multiplier * layer.output.scale / 2**32  # what one unit of a sum stands for
    weight = layer.weight[:, :, 0] if dense else layer.weight[:, :, None]
    constants = [
        graph.weights(f"{name}.weight", weight, of_sum / sources[0].scale),
        graph.weights(f"{name}.bias", _bias(network, layer), of_sum),
    ]
    if dense:
        value = _flattened(graph, layer, sources, read)
        value = graph.node("Gemm", [value, *constants], f"{name}.sums", transB=1)
    else:
        pads = [0, layer.padding, 0, layer.padding]
        kernel = [1, layer.weight.shape[2]]
        value = graph.node(
            "Conv", [read[0], *constants], f"{name}.sums", kernel_shape=kernel, pads=pads
        )
    if layer.skip is not None:
        value = graph.node("Add", [value, tensors[layer.skip]], f"{name}.added")
    value = _activated(graph, layer, value)
    if layer is network.layers[-1]:
        return value
    if dense:
        planar = graph.constant(f"{name}.shape", np.array([-1, layer.output.channels, 1, 1]))
        value = graph.node("Reshape", [value, planar], f"{name}.planar")
    if layer.pool == (1, 1):
        return graph.rounded(value, layer.output, name)
    value = graph.rounded(value, layer.output, f"{name}.unpooled")
    window, stride = ([1, size] for size in layer.pool)
    value = graph.node("MaxPool", [value], f"{name}.pooled", kernel_shape=window, strides=stride)
    return graph.rounded(value, layer.output, name)


def _bias(network: IntegerNetwork, layer: Layer) -> np.ndarray:
    """The bias without the zero points of what the layer reads, which the C has in it."""
    sources = [network.tensors[number] for number in layer.sources]
    widths = [s.channels * (s.steps if is_dense(layer, sources) else 1) for s in sources]
    zeros = np.repeat([source.zero for source in sources], widths)
    bias = layer.bias + (layer.weight.sum(2, dtype=np.int64) * zeros).sum(1)
    if layer.skip is not None:
        bias += layer.skip_weight.astype(np.int64) * network.tensors[layer.skip].zero
    return bias.astype(np.int32)


def _flattened(graph: _Graph, layer: Layer, sources: Sequence[Tensor], read: Sequence[str]) -> str:
    """The sources flattened and joined, in units of the first one's scale, as the weights are."""
    parts = []
    for i, (source, name) in enumerate(zip(sources, read, strict=True)):
        if i:
            integers = f"{name}.uint8"
            constants = [
                graph.constant(f"{layer.name}.scale{i}", np.float32(sources[0].scale)),
                graph.constant(f"{layer.name}.zero{i}", np.uint8(source.zero)),
            ]
            name = graph.node("DequantizeLinear", [integers, *constants], f"{layer.name}.source{i}")
        parts.append(graph.node("Flatten", [name], f"{layer.name}.flat{i}"))
    if len(parts) == 1:
        return parts[0]
    return graph.node("Concat", parts, f"{layer.name}.joined", axis=1)


def _activated(graph: _Graph, layer: Layer, value: str) -> str:
    if (layer.negative == layer.multiplier).all():
        return value
    if not layer.negative.any():
        return graph.node("Relu", [value], f"{layer.name}.active")
    largest = layer.multiplier.argmax()
    slope = round(float(layer.negative[largest] / layer.multiplier[largest]), 6)
    if (abs(slope * layer.multiplier - layer.negative) > 1 + 1e-6 * layer.multiplier).any():
        raise IntegerError(f"layer {layer.name}: its channels have different slopes below zero")
    return graph.node("LeakyRelu", [value], f"{layer.name}.active", alpha=slope)
