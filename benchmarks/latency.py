"""Latency in onnxruntime, one thread: smaller networks against their dense starts.

One beat at a time, as a wearable's host would; and many, over which a call's fixed cost spreads. As
the study exports a network, and with its layers as 2-D ones of height one: for these onnxruntime
has kernels that work on blocks of channels, so the dense network is at its best there, and so is
one whose widths fill whole blocks.
"""

import copy
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import onnxruntime
import torch
from torch import Tensor, nn

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.device.exchange import INPUT, OUTPUT, write_onnx
from ecglib.filter_runs import is_filter_method
from ecglib.runs import Key, dense_key
from ecglib.sweep import kept

BEATS, REPEATS = 320, 51  # beats of one measurement; an odd number of them
TOGETHER = (1, 64)  # beats of a call; BEATS is a multiple of each


class Case(NamedTuple):
    """Which network, how many beats a call has, and whether its layers are 2-D ones."""

    key: Key
    beats: int
    planar: bool


def of_filter_networks(seed: int = 0) -> dict[Case, tuple[float, float, float]]:
    """Us a beat, that of the dense start, and the share of MACs left.

    Of the networks of one seed that the sweep keeps; dense and smaller one are timed in turn.
    """
    networks, _ = kept.networks()
    found = {}
    for key, path in networks.items():
        if is_filter_method(key.method) and key.seed == seed:
            dense = networks[dense_key(key.split, key.model, key.seed)]
            both = [models.load(key.model, of) for of in (path, dense)]
            for planar in (False, True):
                small, whole = (_Timed(network, planar=planar) for network in both)
                for beats in TOGETHER:
                    ours, theirs = _in_turn(small, whole, beats)
                    found[Case(key, beats, planar)] = (ours, theirs, small.macs / whole.macs)
    return found


def of_one_channel(model: str) -> tuple[float, float]:
    """Us a beat, one at a time, of a model with one channel and unit everywhere, and whole.

    What a call and its operators cost, whatever their width: no narrowed network can fall below it.
    """
    networks = (models.build(model, width=1e-9), models.build(model))
    return _in_turn(*(_Timed(network, planar=False) for network in networks), beats=1)


def _in_turn(small: "_Timed", whole: "_Timed", beats: int) -> tuple[float, float]:
    """Both in us a beat, taken one right after the other: that pair which has the median ratio.

    The clock of a machine moves within seconds, and by more than what is to be told apart.
    """
    pairs = [(small.us(beats), whole.us(beats)) for _ in range(1 + REPEATS)][1:]
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[REPEATS // 2]


class _Timed:
    """A network as a session of onnxruntime, its input and output bound: no copy is timed."""

    def __init__(self, network: nn.Module, *, planar: bool) -> None:
        network = network.eval()
        self.macs = total_costs(network, network.input_shape)["macs"]
        self.shape = network.input_shape
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(_planar(network) if planar else network, Path(folder) / "network.onnx")
            self.session = onnxruntime.InferenceSession(
                Path(folder) / "network.onnx", options, providers=["CPUExecutionProvider"]
            )

    def us(self, beats: int) -> float:
        values, bound = torch.randn(beats, *self.shape).numpy(), self.session.io_binding()
        bound.bind_cpu_input(INPUT, values)
        bound.bind_output(OUTPUT)
        self.session.run_with_iobinding(bound)
        start = time.perf_counter()
        for _ in range(BEATS // beats):
            self.session.run_with_iobinding(bound)
        return (time.perf_counter() - start) / BEATS * 1e6


class _Planar(nn.Module):
    """The same network, its convolutions and pools 2-D with height one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.input_shape, self.network = network.input_shape, copy.deepcopy(network)
        for parent in list(self.network.modules()):
            for name, layer in list(parent.named_children()):
                if isinstance(layer, nn.Conv1d):
                    setattr(parent, name, _convolution(layer))
                elif isinstance(layer, nn.MaxPool1d):
                    setattr(parent, name, nn.MaxPool2d((1, layer.kernel_size), (1, layer.stride)))

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.unsqueeze(2))


def _planar(network: nn.Module) -> nn.Module:
    """AssertionError if the 2-D layers compute something else."""
    found, beats = _Planar(network), torch.randn(4, *network.input_shape)
    torch.testing.assert_close(found(beats), network(beats))
    return found


def _convolution(layer: nn.Conv1d) -> nn.Conv2d:
    (size,), (padding,) = layer.kernel_size, layer.padding
    planar = nn.Conv2d(layer.in_channels, layer.out_channels, (1, size), padding=(0, padding))
    planar.weight.data, planar.bias.data = layer.weight.data.unsqueeze(2), layer.bias.data
    return planar
