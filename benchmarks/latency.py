"""Latency in onnxruntime, one thread: smaller networks against their dense starts.

One beat at a time, as a wearable's host would; and many, over which a call's fixed cost spreads. As
the study exports a network, and with its layers as 2-D ones of height one: for these onnxruntime
has kernels that work on blocks of channels, so the dense network is at its best there, and so is
one whose widths fill whole blocks.
"""

import copy
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import onnxruntime
import pandas as pd
import torch
from torch import Tensor, nn

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.device.exchange import INPUT, OUTPUT, write_onnx
from ecglib.filter_runs import is_filter_method
from ecglib.report import variants
from ecglib.report.markdown import rows_to_markdown
from ecglib.runs import dense_key
from ecglib.sweep import kept
from ecglib.trials import settings

BEATS = 320  # of one measurement
REPEATS = 51  # measurements of each network; odd, so that one of them is in the middle
TOGETHER = (1, 64)  # beats of a call; BEATS is a multiple of each
FORMS = ("1-D", "2-D")  # the layers as the study exports them, or 2-D with height one
NARROW = (  # model, share of its width, and what is left everywhere
    ("acharya2017", 1e-9, "one channel"),
    ("kachuee2018", 1e-9, "one channel"),
    ("kachuee2018", settings().filter_prune.block / 32, "one block of channels"),  # of its 32
)
OF_A_NETWORK = ["split", "model", "method", "target", "macs_fraction"]
COLUMNS = [*OF_A_NETWORK, "layers", "beats", "us", "us_dense", "saved_per_mac"]


class _Case(NamedTuple):
    """A small network beside its dense start."""

    split: str  # empty, as target is nan, for a network that was only built, and narrow everywhere
    model: str
    method: str
    target: float  # fraction of the MACs that is gone
    small: nn.Module
    whole: nn.Module


def measured(seed: int = 0) -> pd.DataFrame:
    """One row a network, form of its layers and number of beats of a call.

    Of the networks of one seed that lost filters and that the sweep keeps, and of those in NARROW,
    near what a call and its operators cost whatever they compute. Columns: split, model, method,
    target, macs_fraction, layers, beats (of a call), us and us_dense (a beat), saved_per_mac: the
    fraction of the time saved, for each fraction of the MACs.
    """
    rows = []
    for case in sorted((*_of_the_sweep(seed), *_narrow()), key=lambda case: case.model):
        for layers in FORMS:
            small, whole = (_Timed(network, layers) for network in (case.small, case.whole))
            left = small.macs / whole.macs
            for beats in TOGETHER:
                us, us_dense = _in_turn(small, whole, beats)
                saved = (1 - us / us_dense) / (1 - left)
                row = (*case[:4], left, layers, beats, us, us_dense, saved)
                rows.append(dict(zip(COLUMNS, row, strict=True)))
    return pd.DataFrame(rows)


def to_markdown(table: pd.DataFrame) -> str:
    """The table of `measured`: a row a network, a column a form of layers and beats of a call."""
    dense = table.groupby(["model", "layers", "beats"])["us_dense"].median()
    columns = [(layers, beats) for layers in FORMS for beats in TOGETHER]
    rows = {}
    for (split, model, method, target, left), of in table.groupby(
        OF_A_NETWORK, sort=False, dropna=False
    ):
        whole = [f"{dense[model, layers, beats]:.1f} us" for layers, beats in columns]
        rows.setdefault(f"{model}, dense", ("100%", *whole))
        name = f"{model}, {variants.METHODS.get(method, method)}"
        name += f", {target:.0%} fewer MACs, {split}" if split else ""
        of = of.set_index(["layers", "beats"])
        shares, saved = of["us"] / of["us_dense"], of["saved_per_mac"]
        rows[name] = (f"{left:.0%}", *(f"{shares[at]:.0%}, {saved[at]:.2f}" for at in columns))
    heads = [f"{layers}, beats a call: {beats}" for layers, beats in columns]
    head = ("network", "MACs left", *heads)
    return rows_to_markdown(head, [(name, *cells) for name, cells in rows.items()])


def _of_the_sweep(seed: int) -> Iterator[_Case]:
    networks, unfinished = kept.networks()
    if names := [cell.name for cell in unfinished]:
        print(f"without networks that the sweep has still to make: {', '.join(names)}")
    for key, path in networks.items():
        if is_filter_method(key.method) and key.seed == seed:
            start = networks[dense_key(key.split, key.model, key.seed)]
            both = [models.load(key.model, of) for of in (path, start)]
            yield _Case(key.split, key.model, key.method, key.target_sparsity, *both)


def _narrow() -> Iterator[_Case]:
    for model, width, name in NARROW:
        networks = (models.build(model, width=width), models.build(model))
        yield _Case("", model, name, float("nan"), *networks)


def _in_turn(small: "_Timed", whole: "_Timed", beats: int) -> tuple[float, float]:
    """Both in us a beat, taken one right after the other: that pair which has the median ratio.

    A machine's clock can move within seconds, and by more than what is to be told apart.
    """
    pairs = [(small.us(beats), whole.us(beats)) for _ in range(1 + REPEATS)][1:]
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[REPEATS // 2]


class _Timed:
    """A network as a session of onnxruntime, its input and output bound: no copy is timed."""

    def __init__(self, network: nn.Module, layers: str) -> None:
        network = network.eval()
        self.macs = total_costs(network, network.input_shape)["macs"]
        self.shape = network.input_shape
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            write_onnx(_planar(network) if layers == "2-D" else network, path)
            self.session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
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
