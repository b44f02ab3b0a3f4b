"""Latency in onnxruntime, one thread: smaller networks against the dense one of their model.

One beat at a time, as on a device; and many, over which a call's fixed cost spreads. The files are
written as the study's are (`ecglib.device.exchange`). Calls follow each other at once, so that the
caches are warm.
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
from ecglib.report import markdown
from ecglib.settings.config import settings
from ecglib.settings.registry import METHODS
from ecglib.sweep import kept

SESSIONS = 5  # of each network, one after the other: where its memory lies matters, too
ROUNDS = 200  # of a session; in each all networks in turn
BEATS = 64  # of a network in a round
TOGETHER = (1, 64)  # beats of a call; BEATS is a multiple of each
NARROW = (  # model, share of its width, hidden units included, and what is left everywhere
    ("acharya2017", 1e-9, "one channel"),
    ("kachuee2018", 1e-9, "one channel"),
    ("kachuee2018", settings().filter_prune.block / 32, "one block of channels"),  # of its 32
)
OF_A_NETWORK = ["split", "model", "method", "target", "macs_fraction"]
TIMES = ["us", "us_dense", "saved_per_mac"]
COLUMNS = [*OF_A_NETWORK, "beats", *TIMES, *(f"{name}_median" for name in TIMES)]
LEGEND = """
Share of the dense network's time that is left, and the fraction of the time saved for each fraction
of the MACs, in the fastest round of each; in brackets the second by the median of all rounds.
"""


class _Case(NamedTuple):
    """A network that is smaller than the dense one of its model."""

    split: str  # empty, as target is nan, for a network that was only built, and narrow everywhere
    model: str
    method: str
    target: float  # fraction of the MACs that is gone
    network: nn.Module


def measured(seed: int = 0) -> pd.DataFrame:
    """One row a network and number of beats of a call; the networks of a model lie together.

    Of the networks of one seed that lost filters and that the sweep keeps, and of those in NARROW.
    The dense ones have new weights, which the time does not depend on. Columns: split, model,
    method, target, macs_fraction, beats (of a call), us and us_dense (a beat, in the fastest round
    of each, which other work on the machine disturbed the least), saved_per_mac (the fraction of
    the time saved, for each fraction of the MACs); and the same by the median of all rounds, for
    saved_per_mac that of the rounds' ratios.
    """
    cases = sorted((*_of_the_sweep(seed), *_narrow()), key=lambda case: case.model)
    small = [_Timed(case.network) for case in cases]
    names = dict.fromkeys(case.model for case in cases)
    dense = {model: _Timed(models.build(model)) for model in names}
    rows = []
    for beats in TOGETHER:
        us = _times([*small, *dense.values()], beats)
        us_dense = dict(zip(dense, us.T[len(cases) :], strict=True))
        for case, timed, its_us in zip(cases, small, us.T[: len(cases)], strict=True):
            left = timed.macs / dense[case.model].macs
            rows.append((*case[:4], left, beats, *_compared(its_us, us_dense[case.model], left)))
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
        name = f"{model}, {METHODS[method].label if method in METHODS else method}"
        name += f", {target:.0%} fewer MACs, {split}" if split else ""
        cells = [
            f"{row.us / row.us_dense:.0%}, {row.saved_per_mac:.2f} ({row.saved_per_mac_median:.2f})"
            for row in of.set_index("beats").loc[list(TOGETHER)].itertuples()
        ]
        rows[name] = (f"{left:.0%}", *cells)
    head = ("network", "MACs left", *(f"beats a call: {beats}" for beats in TOGETHER))
    cells = [dict(zip(head, (name, *of), strict=True)) for name, of in rows.items()]
    return markdown.to_markdown(cells) + LEGEND


def _of_the_sweep(seed: int) -> Iterator[_Case]:
    networks, unfinished = kept.networks()
    if names := [cell.name for cell in unfinished]:
        print(f"without networks that the sweep has still to make: {', '.join(names)}")
    for key, path in networks.items():
        if METHODS[key.method].removes_filters and key.seed == seed:
            network = models.load(key.model, path)
            yield _Case(key.split, key.model, key.method, key.target_sparsity, network)


def _narrow() -> Iterator[_Case]:
    for model, width, name in NARROW:
        yield _Case("", model, name, float("nan"), models.build(model, width=width))


def _compared(us: np.ndarray, us_dense: np.ndarray, left: float) -> Iterator[float]:
    """TIMES by the fastest round of each, then by the median."""
    for time_of, ratio in (
        (np.min, us.min() / us_dense.min()),
        (np.median, np.median(us / us_dense)),
    ):
        yield from (time_of(us), time_of(us_dense), (1 - ratio) / (1 - left))


def _times(networks: list["_Timed"], beats: int) -> np.ndarray:
    """(SESSIONS * ROUNDS, networks), us a beat. In turn: a clock can move within seconds."""
    found = []
    for _ in range(SESSIONS):
        for network in networks:
            network.start(beats)
        found += [[network.us() for network in networks] for _ in range(ROUNDS)]
    return np.array(found)


class _Timed:
    """A network in onnxruntime, its input and output bound: no copy is timed."""

    def __init__(self, network: nn.Module) -> None:
        self.macs = total_costs(network, network.input_shape)["macs"]
        self.shape = network.input_shape
        self.options = onnxruntime.RunOptions()
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(network, path := Path(folder) / "network.onnx")
            self.file = path.read_bytes()

    def start(self, beats: int) -> None:
        """A new session, for so many beats a call."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.file, options, providers=["CPUExecutionProvider"]
        )
        self.values = torch.randn(beats, *self.shape).numpy()
        self.bound = self.session.io_binding()
        self.bound.bind_cpu_input(INPUT, self.values)
        self.bound.bind_output(OUTPUT)

    def us(self) -> float:
        """Microseconds a beat, over BEATS of them."""
        # Not the public method around it: its checks in Python take as long as four operators.
        run = self.session._sess.run_with_iobinding
        bound, options = self.bound._iobinding, self.options
        run(bound, options)  # the caches were another network's
        start = time.perf_counter()
        for _ in range(BEATS // len(self.values)):
            run(bound, options)
        return (time.perf_counter() - start) / BEATS * 1e6
