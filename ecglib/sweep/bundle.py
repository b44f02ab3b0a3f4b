"""What a notebook wrote into its folder, as the content of its cell."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from ecglib import paths
from ecglib.results import filters as filter_runs
from ecglib.results import runs
from ecglib.settings.registry import METHODS
from ecglib.settings.words import CLASSES
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell
from ecglib.sweep.store import NETWORKS, Content


def bundle(cell: Cell, folder: Path) -> Content:
    """Read `<folder>/results/*/*.json` and the predictions of each in `<folder>/models/`.

    Raises:
        SweepError: there is no result, or predictions are missing or damaged.
    """
    try:
        networks = [_network(path, folder) for path in sorted(folder.glob("results/*/*.json"))]
    except ValueError as error:  # runs.RunError, and a method that is none
        raise SweepError(f"{cell.stage} left a damaged result: {error}") from None
    if not networks:
        raise SweepError(f"{cell.stage} wrote no result into its folder (`into`)")
    if cell.is_dense:
        return Content(networks, _dense_weights(cell, folder))
    return Content(networks, _pruned_weights(cell, folder) if cell.keeps_weights else {})


def _network(path: Path, folder: Path) -> dict[str, Any]:
    predictions = folder / "models" / path.parent.name / f"{path.stem}.npz"
    found = runs.read_predictions(predictions)
    run = runs.load(path)
    network = run.model_dump() | {"confusion": confusion_counts(**found)}
    if METHODS[run.method].removes_filters:
        network["filters"] = filter_runs.load_filters(
            run.key, into=folder.relative_to(paths.ROOT).as_posix()
        )
    return network


def _pruned_weights(cell: Cell, folder: Path) -> dict[str, bytes]:
    """The networks of the cell's own method, and the dense one that they started from.

    One-shot's notebook stores its network without fine-tuning, too: that is left out.
    """
    method = cell.parameters["method"]
    results = {path.stem: runs.load(path) for path in folder.glob("results/*/*.json")}
    names = sorted(name for name, run in results.items() if run.method == method)
    stages = {name: results[name].key.stage for name in names}
    stages |= {cell.dense.name: "baseline"}
    files = {n: folder / "models" / stage / f"{n}.safetensors" for n, stage in stages.items()}
    if missing := [file for file in files.values() if not file.is_file()]:
        raise SweepError(f"{cell.stage} left no network {missing[0]}")
    return {f"{NETWORKS}/{name}.safetensors": file.read_bytes() for name, file in files.items()}


def _dense_weights(cell: Cell, folder: Path) -> dict[str, bytes]:
    """The dense network, and the same early in its training where that is kept."""
    names = [f"{cell.name}.safetensors", f"{cell.name}.rewind.safetensors"]
    files = [folder / "models" / "baseline" / name for name in names]
    found = {file.name: file.read_bytes() for file in files if file.is_file()}
    if names[0] not in found:
        raise SweepError(f"{cell.stage} left no dense network {files[0]}")
    return found


def confusion_counts(
    predicted: np.ndarray, label: np.ndarray, record: np.ndarray
) -> dict[str, dict[str, int]]:
    """(n,) class indices and (n,) record names -> record -> "NS" (true, predicted) -> beats."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for name, true, said in zip(record.tolist(), label, predicted, strict=True):
        counts[name][CLASSES[true] + CLASSES[said]] += 1
    return {name: dict(sorted(counts[name].items())) for name in sorted(counts)}
