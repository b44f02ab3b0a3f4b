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
STANDARD = (nn.Conv1d, nn.MaxPool1d)
TOLERANCE = 1e-4  # of the largest logit: float32 in another order of sums
PROBES = 16


class ExportError(RuntimeError):
    """The exported file does not compute what the network does."""


def write_onnx(network: nn.Module, path: Path) -> None:
    """Write float32 weights and graph: (n, *input_shape) `beat` -> (n, 5) `logits`, any n.

    Raises:
        ExportError: onnxruntime gives other logits than PyTorch; nothing is written then.
    """
    standard = _with_standard_layers(network)
    shape = (PROBES, *network.input_shape)
    beats = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with paths.atomic(path) as temporary:
        _export(standard, beats, temporary)
        found = run_onnx(temporary, beats)
        with torch.no_grad():
            expected = standard(beats).numpy()
        # Written so that values which are not numbers fail, too.
        if not np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max():
            raise ExportError(f"{path}: onnxruntime and PyTorch give different logits")


def run_onnx(path: Path, beats: Tensor) -> np.ndarray:
    """Logits (n, 5) float32 of beats (n, *input_shape), by onnxruntime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {INPUT: beats.numpy()})[0]


def _with_standard_layers(network: nn.Module) -> nn.Module:
    """A copy in which PyTorch's own layers stand for the faster ones that inherit from them."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        for standard in STANDARD:
            if isinstance(module, standard):
                module.__class__ = standard
    return network


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
