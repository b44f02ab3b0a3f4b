"""Latency in onnxruntime, one thread: smaller networks against their dense starts.

One beat at a time, as a wearable's host would; and many, over which a call's fixed cost spreads.
The files are those that the study exports (`ecglib.device.exchange`).
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import pandas as pd
import torch
from torch import nn

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.device.exchange import INPUT, OUTPUT, write_onnx
from ecglib.filter_runs import is_filter_method
from ecglib.report import variants
from ecglib.report.markdown import rows_to_markdown
from ecglib.sweep import kept
from ecglib.trials import settings

BEATS = 64  # of one measurement
ROUNDS = 1001  # each measures all networks in turn
TOGETHER = (1, 64)  # beats of a call; BEATS is a multiple of each
NARROW = (  # model, share of its width, and what is left everywhere
    ("acharya2017", 1e-9, "one channel"),
    ("kachuee2018", 1e-9, "one channel"),
    ("kachuee2018", settings().filter_prune.block / 32, "one block of channels"),  # of its 32
)
OF_A_NETWORK = ["split", "model", "method", "target", "macs_fraction"]
COLUMNS = [*OF_A_NETWORK, "beats", "us", "us_dense", "saved_per_mac", "saved_per_mac_median"]


class _Case(NamedTuple):
    """A network that is smaller than its dense start."""

    split: str  # empty, as target is nan, for a network that was only built, and narrow everywhere
    model: str
    method: str
    target: float  # fraction of the MACs that is gone
    network: nn.Module


def measured(seed: int = 0) -> pd.DataFrame:
    """One row a network and number of beats of a call.

    Of the networks of one seed that lost filters and that the sweep keeps, and of those in NARROW,
    near what a call and its operators cost whatever they compute. Columns: split, model, method,
    target, macs_fraction, beats (of a call), us and us_dense (a beat, in the fastest round of
    each: whatever else a machine does only adds to it), saved_per_mac: the fraction of the time
    saved, for each fraction of the MACs; and its median over the rounds.
    """
    cases = sorted((*_of_the_sweep(seed), *_narrow()), key=lambda case: case.model)
    small = [_Timed(case.network) for case in cases]
    dense = {model: _Timed(models.build(model)) for model in {case.model for case in cases}}
    rows = []
    for beats in TOGETHER:
        us = _rounds([*small, *dense.values()], beats)
        us_dense = dict(zip(dense, us.T[len(cases) :], strict=True))
        for case, network, its_us in zip(cases, small, us.T[: len(cases)], strict=True):
            whole = us_dense[case.model]
            left = network.macs / dense[case.model].macs
            saved = [
                (1 - ratio) / (1 - left)
                for ratio in (its_us.min() / whole.min(), np.median(its_us / whole))
            ]
            rows.append((*case[:4], left, beats, its_us.min(), whole.min(), *saved))
    return pd.DataFrame(rows, columns=COLUMNS)


def to_markdown(table: pd.DataFrame) -> str:
    """The table of `measured`: a row a network, a column a number of beats of a call."""
    dense = table.groupby(["model", "beats"])["us_dense"].first()
    rows = {}
    for (split, model, method, target, left), of in table.groupby(
        OF_A_NETWORK, sort=False, dropna=False
    ):
        whole = [f"{dense[model, beats]:.1f} us" for beats in TOGETHER]
        rows.setdefault(f"{model}, dense", ("100%", *whole))
        name = f"{model}, {variants.METHODS.get(method, method)}"
        name += f", {target:.0%} fewer MACs, {split}" if split else ""
        of = of.set_index("beats")
        shares, saved = of["us"] / of["us_dense"], of["saved_per_mac"]
        rows[name] = (f"{left:.0%}", *(f"{shares[at]:.0%}, {saved[at]:.2f}" for at in TOGETHER))
    head = ("network", "MACs left", *(f"beats a call: {beats}" for beats in TOGETHER))
    return rows_to_markdown(head, [(name, *cells) for name, cells in rows.items()])


def _of_the_sweep(seed: int) -> Iterator[_Case]:
    networks, unfinished = kept.networks()
    if names := [cell.name for cell in unfinished]:
        print(f"without networks that the sweep has still to make: {', '.join(names)}")
    for key, path in networks.items():
        if is_filter_method(key.method) and key.seed == seed:
            network = models.load(key.model, path)
            yield _Case(key.split, key.model, key.method, key.target_sparsity, network)


def _narrow() -> Iterator[_Case]:
    for model, width, name in NARROW:
        yield _Case("", model, name, float("nan"), models.build(model, width=width))


def _rounds(networks: list["_Timed"], beats: int) -> np.ndarray:
    """(ROUNDS, networks), us a beat. All in turn: a machine's clock can move within seconds."""
    return np.array([[each.us(beats) for each in networks] for _ in range(1 + ROUNDS)][1:])


class _Timed:
    """A network as a session of onnxruntime, its input and output bound: no copy is timed."""

    def __init__(self, network: nn.Module) -> None:
        self.macs = total_costs(network, network.input_shape)["macs"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            write_onnx(network, path)
            self.session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        self.bound = {}
        for beats in TOGETHER:
            self.bound[beats] = bound = self.session.io_binding()
            bound.bind_cpu_input(INPUT, torch.randn(beats, *network.input_shape).numpy())
            bound.bind_output(OUTPUT)

    def us(self, beats: int) -> float:
        bound = self.bound[beats]
        self.session.run_with_iobinding(bound)  # the caches are another network's
        start = time.perf_counter()
        for _ in range(BEATS // beats):
            self.session.run_with_iobinding(bound)
        return (time.perf_counter() - start) / BEATS * 1e6
