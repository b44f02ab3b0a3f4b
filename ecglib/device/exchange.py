"""A network as an ONNX file, for the runtimes and converters of others; checked in onnxruntime."""

import copy
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from ecglib import paths

INPUT, OUTPUT = "beat", "logits"
TOLERANCE = 1e-4  # of the largest logit: float32 in another order of sums
PROBES = 16


class ExportError(RuntimeError):
    """The exported file does not compute what the network does."""


def write_onnx(network: nn.Module, path: Path) -> None:
    """Write float32 weights and graph: (n, *input_shape) `beat` -> (n, 5) `logits`, any n.

    Inside, convolutions and pools are 2-D ones of height one: onnxruntime takes channels by the
    block, and so faster, in these alone.

    Raises:
        ExportError: onnxruntime gives other logits than PyTorch; nothing is written then.
    """
    planar = _with_planar_layers(network)
    shape = (PROBES, *network.input_shape)
    beats = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with paths.atomic(path) as temporary:
        _export(planar, beats, temporary)
        found = run_onnx(temporary, beats)
        expected = _logits(network, beats)
        # Written so that values which are not numbers fail, too.
        if not np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max():
            raise ExportError(f"{path}: onnxruntime and PyTorch give different logits")


def run_onnx(path: Path, beats: Tensor) -> np.ndarray:
    """Logits (n, 5) float32 of beats (n, *input_shape), by onnxruntime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Sums of uint8 times int8 saturate on older x86 processors otherwise.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {INPUT: beats.numpy()})[0]


@torch.no_grad()
def _logits(network: nn.Module, beats: Tensor) -> np.ndarray:
    return copy.deepcopy(network).eval()(beats).numpy()


class _Planar(nn.Conv2d):
    """A convolution of height one with the weights of a 1-D one.

    (n, channels, 1, steps); the network's first, which adds the height, takes (n, channels, steps).
    """

    def __init__(self, layer: nn.Conv1d, *, adds_height: bool) -> None:
        padding = (
            layer.padding if isinstance(layer.padding, str) else _with_height(layer.padding, 0)
        )
        super().__init__(
            layer.in_channels,
            layer.out_channels,
            _with_height(layer.kernel_size),
            _with_height(layer.stride),
            padding,
            _with_height(layer.dilation),
            layer.groups,
            padding_mode=layer.padding_mode,
            device="meta",  # draws no numbers
        )
        self.weight, self.bias = nn.Parameter(layer.weight.detach().unsqueeze(2)), layer.bias
        self.adds_height = adds_height

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.unsqueeze(2) if self.adds_height else x)


def _with_height(of_steps: int | tuple[int], of_height: int = 1) -> tuple[int, int]:
    return (of_height, *(of_steps if isinstance(of_steps, tuple) else (of_steps,)))


def _with_planar_layers(network: nn.Module) -> nn.Module:
    """A copy whose convolutions and pools are 2-D; weights keep their names.

    The height comes with the first convolution, not before: `rhythm_cnn` slices its features off
    the three-dimensional input. The flattening behind the last pool takes it away.
    """
    network, convolutions = copy.deepcopy(network).eval(), 0
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv1d):
                setattr(parent, name, _Planar(layer, adds_height=convolutions == 0))
                convolutions += 1
            elif isinstance(layer, nn.MaxPool1d):
                setattr(parent, name, _planar_pool(layer))
    return network


def _planar_pool(layer: nn.MaxPool1d) -> nn.MaxPool2d:
    return nn.MaxPool2d(
        _with_height(layer.kernel_size),
        _with_height(layer.stride),
        _with_height(layer.padding, 0),
        _with_height(layer.dilation),
        ceil_mode=layer.ceil_mode,
    )


def _export(network: nn.Module, beats: Tensor, path: Path) -> None:
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)  # it lists the packages that it could use and are not here
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # PyTorch's own use
            program = torch.onnx.export(
                network,
                (beats,),
                dynamo=True,
                verbose=False,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("n")},),
            )
    finally:
        exporter.setLevel(level)
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # paths of this computer
    onnx.save(without_defaults(program.model_proto), path)


def without_defaults(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without attributes at their defaults: readers refuse those that they do not know.

    `allowzero` goes, too, where the shape is constant and has no zero.
    """
    (opset,) = model.opset_import
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        known = onnx.defs.get_schema(node.op_type, opset.version, node.domain).attributes
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" else None
        idle = {"allowzero"} if shape and onnx.numpy_helper.to_array(shape).all() else set()
        kept = [
            attribute
            for attribute in node.attribute
            if attribute.name not in idle
            and onnx.helper.get_attribute_value(attribute)
            != onnx.helper.get_attribute_value(known[attribute.name].default_value)
        ]
        del node.attribute[:]
        node.attribute.extend(kept)
    return model
