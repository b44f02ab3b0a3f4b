"""What a worker does: check that it would run the same thing, run a notebook, hand back its result.

Nothing here needs a file system that workers share.
"""

import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from uuid import uuid4

from distributed import get_worker

from ecglib import paths
from ecglib.settings import config
from ecglib.sweep import fingerprint
from ecglib.sweep.bundle import bundle
from ecglib.sweep.errors import CellFailed, SweepError, WrongWorker, disk_is_full
from ecglib.sweep.grid import Cell
from ecglib.sweep.store import Content

FOLDER = paths.BUILD / "sweep"
RUN = re.compile(r"run-[0-9a-f]{8}")  # the folder of one run
# What may change a result, or how it is computed and sent.
PACKAGES = (
    *("torch", "numpy", "scipy", "scikit-learn", "pytorch-lightning", "torchmetrics"),
    *("torch-pruning", "safetensors"),
    *("papermill", "dask", "distributed"),
)


@dataclass(frozen=True)
class Order:
    """A cell to run, and what the one who asks has: fingerprint parts and package versions."""

    cell: Cell
    parts: Mapping[str, str]
    versions: Mapping[str, str]


def versions() -> dict[str, str]:
    """Python's version and the packages', without local labels such as +cpu."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return "missing"


def same_versions(worker: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """WrongWorker if a version differs; the message names the worker and both versions."""
    differ = [f"{n} {there.get(n)} there, {v} here" for n, v in here.items() if there.get(n) != v]
    if differ:
        raise WrongWorker(f"worker {worker} has another environment: {'; '.join(differ)}")


def same_content(worker: str, order: Order) -> None:
    """WrongWorker if code, settings or data differ from those that the sweep started with."""
    found = fingerprint.parts(order.cell, config.load())
    names = sorted(order.parts.keys() | found.keys())
    differ = [name for name in names if order.parts.get(name) != found.get(name)]
    if differ:
        raise WrongWorker(
            f"worker {worker} differs in {', '.join(differ)} from what the sweep started with: "
            "make them the same and start the sweep again; it goes on where it stopped"
        )


def remove_killed_runs() -> None:
    """Delete the folders of runs that were killed; only while no other sweep runs here."""
    for folder in FOLDER.glob("*/run-*"):
        if RUN.fullmatch(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def run_cell(order: Order, dense: dict[str, bytes] | None) -> Content:
    """Run the cell's notebook in a folder of its own, which is gone afterwards.

    dense: the weight files of the dense network to start from. The executed notebook stays in
    build/sweep/<cell name>/.

    Raises:
        CellFailed: the notebook failed, or left no whole result.
        WrongWorker: the result would be of something else than asked.
        OSError: the disk is full.
    """
    cell, worker = order.cell, get_worker().address
    same_versions(worker, versions(), order.versions)
    same_content(worker, order)
    # A worker that was given up may still be running the same cell: no folder is shared.
    folder = FOLDER / cell.name / f"run-{uuid4().hex[:8]}"
    executed = folder / paths.notebook(cell.stage).name
    try:
        for name, data in (dense or {}).items():
            with paths.atomic(folder / "models" / "baseline" / name) as temporary:
                temporary.write_bytes(data)
        content = _run(cell, folder, executed)
    finally:
        if executed.exists():
            executed.replace(folder.parent / executed.name)
        shutil.rmtree(folder, ignore_errors=True)
    same_content(worker, order)  # the code may have changed meanwhile
    return content


def _run(cell: Cell, folder: Path, executed: Path) -> Content:
    from ecglib.study.execute import run_notebook

    into = folder.relative_to(paths.ROOT).as_posix()
    parameters = {**cell.parameters, "into": into, "progress": False}
    try:
        run_notebook(paths.notebook(cell.stage), executed, parameters)
        return bundle(cell, folder)
    except (RuntimeError, SweepError) as error:
        text = executed.read_text() if executed.exists() and not disk_is_full(error) else ""
        raise CellFailed(str(error), text) from None
