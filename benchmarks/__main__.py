"""`make bench`: writes performance.csv, latency.csv and latency.md in reports/tables.

It takes longer than `make repro`, which is part of it, on a machine that does nothing else.

python -m benchmarks latency sweep_workers      these alone; the other rows stay as they are
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from benchmarks import latency as onnx_latency
from benchmarks import sweep
from benchmarks.offloading import offloading
from benchmarks.rows import paired, row
from benchmarks.train import RUN, bare_loop, beats_per_s, lightning_loop, matrix_flops
from ecglib import models, paths
from ecglib.data import beats, records
from ecglib.device.cost import total_costs
from ecglib.methods import fitting
from ecglib.results import tables
from ecglib.settings.config import settings

TRAINING_PASSES = 3  # forward, gradient of the inputs, gradient of the weights


def training_loop() -> list[dict]:
    """Lightning against a bare loop, with its bar, and against a large matrix product."""
    data, network = fitting.load_data(RUN), models.build(RUN.model)
    with_bar = partial(lightning_loop, progress=True)
    lightning_loop(network, data, 1)
    rates = paired(
        {
            "lightning": lambda: beats_per_s(lightning_loop, network, data, 2),
            "with bar": lambda: beats_per_s(with_bar, network, data, 2),
            "bare": lambda: beats_per_s(bare_loop, network, data, 2),
            "matrix": matrix_flops,
        }
    )
    macs = total_costs(network, network.input_shape)["macs"]
    achieved = 2 * macs * TRAINING_PASSES * rates["lightning"]
    return [
        row(
            "training, Lightning loop",
            rates["lightning"],
            "beats/s",
            "bare PyTorch loop",
            rates["bare"],
        ),
        row(
            "training, with a progress bar",
            rates["with bar"],
            "beats/s",
            "without one",
            rates["lightning"],
        ),
        row(
            "training, arithmetic",
            achieved,
            "FLOP/s",
            "1024 x 1024 matrix product",
            rates["matrix"],
        ),
    ]


def layers() -> list[dict]:
    """The library's convolution and pooling against torch.nn's, in the same network."""
    data = fitting.load_data(RUN)
    fast, plain = models.build(RUN.model), models.build(RUN.model)
    for place, layer in enumerate(plain.features):
        if isinstance(layer, nn.Conv1d):
            standard = nn.Conv1d(layer.in_channels, layer.out_channels, layer.kernel_size)
            plain.features[place] = standard
        elif isinstance(layer, nn.MaxPool1d):
            plain.features[place] = nn.MaxPool1d(2)
    rates = paired(
        {
            "fast": lambda: beats_per_s(bare_loop, fast, data, 1),
            "plain": lambda: beats_per_s(bare_loop, plain, data, 1),
        }
    )
    name = "training, ecglib.models.layers"
    return [row(name, rates["fast"], "beats/s", "torch.nn's Conv1d and MaxPool1d", rates["plain"])]


def processes() -> list[dict]:
    """Two training processes at once against one alone; the peak memory of one."""
    command = [sys.executable, "-m", "benchmarks.train", "3"]

    def run(count: int) -> list[dict]:
        workers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=paths.ROOT)
            for _ in range(count)
        ]
        return [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]

    rates = paired(
        {
            "two": lambda: sum(worker["beats_per_s"] for worker in run(2)),
            "one": lambda: run(1)[0]["beats_per_s"],
        },
        repeats=3,
    )
    peak = run(1)[0]["peak_bytes"]
    return [
        row("training, two processes", rates["two"], "beats/s", "one process", rates["one"]),
        row("peak memory of one training process", peak / 1e9, "GB", "goal", 2),
    ]


def sweep_workers() -> list[dict]:
    """The same cells of a sweep, by two workers and by one."""
    rates = sweep.rates()
    return [row("sweep, two workers", rates["two"], "cells/min", "one worker", rates["one"])]


def latency() -> list[dict]:
    """Networks that lost filters in onnxruntime, in tables of their own; here no row."""
    table = onnx_latency.measured()
    tables.write(table, "latency")
    tables.write_markdown(text := onnx_latency.to_markdown(table), "latency")
    print(f"\n{text}", flush=True)
    return []


def data_stage() -> list[dict]:
    """All records, verified and cut for every model."""
    start = time.perf_counter()
    folder = records.acquire()
    ecg = [records.read_record(folder, name, or_first=True) for name in records.MITDB_RECORDS]
    for window in settings().data.windows.values():
        beats.cut(ecg, window)
    return [row("48 records to beats", time.perf_counter() - start, "s", "goal", 10)]


def whole_study() -> list[dict]:
    """`dvc repro` from nothing, in a temporary copy of the committed files."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        subprocess.run(["git", "clone", "-q", str(paths.ROOT), str(copy)], check=True)
        for results in ("results", "tables", "figures"):  # the sweep's cells stay
            shutil.rmtree(copy / "reports" / results)
        source = {"PYTHONPATH": str(copy), "ECGLIB_MITDB": str(records.acquire().resolve())}
        start = time.perf_counter()
        subprocess.run(["dvc", "repro", "-q"], cwd=copy, env=os.environ | source, check=True)
    minutes = (time.perf_counter() - start) / 60
    return [row("whole default study", minutes, "min", "goal", 25)]


# The longest last.
MEASUREMENTS = (
    *(training_loop, layers, processes, sweep_workers, latency, offloading, data_stage),
    whole_study,
)


def main() -> None:
    """Every measurement, or those that are named; the table is written anew after each."""
    torch.set_num_threads(1)
    known = {measure.__name__: measure for measure in MEASUREMENTS}
    if unknown := set(sys.argv[1:]) - known.keys():
        sys.exit(f"no measurement {', '.join(unknown)}; there are {', '.join(known)}")
    path = paths.TABLES / "performance.csv"
    table = pd.read_csv(path) if path.is_file() and sys.argv[1:] else pd.DataFrame({"name": []})
    for measure in [known[name] for name in sys.argv[1:]] or MEASUREMENTS:
        if (new := pd.DataFrame(measure())).empty:
            continue
        kept = table[~table["name"].isin(new["name"])]
        table = pd.concat([kept, new]) if len(kept) else new
        table = table.round({"value": 3, "reference_value": 3, "ratio": 3})
        tables.write(table, "performance")
        print(f"\n{table.to_string(index=False)}", flush=True)


if __name__ == "__main__":
    main()
