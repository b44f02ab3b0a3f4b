"""A network as an ONNX file, for the runtimes and converters of others; checked in onnxruntime."""

import copy
import logging
import warnings
from pathlib import Path

import numpy as np
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

    Inside, convolutions and pools are 2-D ones of height one, for which runtimes have their fast
    kernels: onnxruntime takes channels by the block in these alone.

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
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {INPUT: beats.numpy()})[0]


@torch.no_grad()
def _logits(network: nn.Module, beats: Tensor) -> np.ndarray:
    return copy.deepcopy(network).eval()(beats).numpy()


def _with_planar_layers(network: nn.Module) -> nn.Module:
    """A copy whose convolutions and pools are 2-D, (n, channels, 1, steps).

    The first convolution adds the height; the flattening behind the last pool takes it away.
    """
    network, first = copy.deepcopy(network).eval(), True
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv1d):
                planar = _planar_convolution(layer)
                add_height = nn.Unflatten(2, (1, -1))
                setattr(parent, name, nn.Sequential(add_height, planar) if first else planar)
                first = False
            elif isinstance(layer, nn.MaxPool1d):
                setattr(parent, name, nn.MaxPool2d((1, layer.kernel_size), (1, layer.stride)))
    return network


def _planar_convolution(layer: nn.Conv1d) -> nn.Conv2d:
    """Stride one and a bias, as all of the study's have."""
    (taps,), (padding,) = layer.kernel_size, layer.padding
    planar = nn.Conv2d(layer.in_channels, layer.out_channels, (1, taps), padding=(0, padding))
    planar.weight.data, planar.bias.data = layer.weight.data.unsqueeze(2), layer.bias.data
    return planar


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
    program.save(path, external_data=False)
