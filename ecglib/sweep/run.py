"""The sweep itself: hand cells to workers, keep each result as it comes, report what failed."""

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from distributed import Client, Future, as_completed
from tqdm import tqdm

from ecglib import paths
from ecglib.settings import config
from ecglib.sweep import fingerprint, store
from ecglib.sweep.errors import CellFailed, SweepError, WrongWorker, disk_is_full
from ecglib.sweep.grid import Cell
from ecglib.sweep.task import FOLDER, Order, remove_killed_runs, run_cell, versions


@dataclass(frozen=True)
class Failure:
    """A cell that failed, why, and its executed notebook (None: it did not get that far)."""

    cell: Cell
    error: str
    notebook: Path | None


@dataclass
class Outcome:
    """What became of the cells that were to run."""

    finished: list[Cell] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    not_run: list[Cell] = field(default_factory=list)  # their dense cell failed


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of this folder's sweep; SweepError if another sweep has it."""
    path = FOLDER / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SweepError(
                f"another sweep runs in {paths.ROOT} (process {file.read().strip() or 'unknown'}): "
                "wait for it, or stop it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        for folder in (store.FOLDER, store.FOLDER / store.NETWORKS, *FOLDER.glob("*")):
            paths.remove_half_written(folder)
        remove_killed_runs()
        yield


def run(client: Client, cells: list[Cell], todo: list[Cell], *, retries: int) -> Outcome:
    """Run the cells `todo` of all `cells`; each result is kept as soon as it is there.

    A pruned cell is handed out when its dense cell is finished, with that network's weights: those
    in reports/sweep/, so that every cell of the same model, split and seed starts from the same
    network, wherever and whenever it runs.

    Raises:
        SweepError: nothing more can be run or kept; what is finished is kept.
    """
    return _Sweep(client, cells, retries).run(todo)


class _Sweep:
    """The state of one sweep: which futures there are, and which cells wait for a dense one."""

    def __init__(self, client: Client, cells: list[Cell], retries: int) -> None:
        self.client, self.retries = client, retries
        self.settings, self.versions = config.load(), versions()
        # Cells run in the grid's order, a dense one just before the first that starts from it.
        self.priority = {cell.name: -place for place, cell in enumerate(cells)}
        for cell in reversed([cell for cell in cells if not cell.is_dense]):
            self.priority[cell.dense.name] = self.priority[cell.name]
        self.running: dict[Future, tuple[Cell, str]] = {}
        self.completed = as_completed()
        self.outcome = Outcome()

    def run(self, todo: list[Cell]) -> Outcome:
        waiting = defaultdict(list)
        unfinished = {cell.name for cell in todo if cell.is_dense}
        for cell in todo:
            if not cell.is_dense and cell.dense.name in unfinished:
                waiting[cell.dense.name].append(cell)
        for cell in todo:
            if cell.is_dense or cell.dense.name not in unfinished:
                self.submit(cell)
        with tqdm(total=len(todo), unit="cell", disable=None) as bar:
            for future in self.completed:
                cell, digest = self.running.pop(future)
                self.take(future, cell, digest)
                for next_cell in waiting.pop(cell.name, ()):
                    if cell in self.outcome.finished:
                        self.submit(next_cell)
                    else:
                        self.outcome.not_run.append(next_cell)
                        bar.update()
                bar.set_postfix(failed=len(self.outcome.failed), refresh=False)
                bar.update()
        return self.outcome

    def submit(self, cell: Cell) -> None:
        parts = fingerprint.parts(cell, self.settings)
        future = self.client.submit(
            run_cell,
            Order(cell, parts, self.versions),
            # As an argument, not a task's result: a worker without it would have to fetch it first.
            None if cell.is_dense else store.weights(cell.dense),
            key=f"{cell.name}-{uuid4().hex[:8]}",
            retries=self.retries,
            priority=self.priority[cell.name],
            pure=False,
        )
        self.running[future] = (cell, fingerprint.of_parts(parts))
        self.completed.add(future)

    def take(self, future: Future, cell: Cell, digest: str) -> None:
        """Keep the result of a cell, or note its failure."""
        if future.cancelled() or future.status == "lost":
            raise SweepError("the scheduler is gone; the finished cells are kept")
        try:
            content = future.result()
            store.save(cell, digest, content)
        except WrongWorker:
            raise
        except Exception as error:  # whatever a notebook or a worker's death brings
            if disk_is_full(error):
                raise SweepError(
                    f"the disk is full; the finished cells are kept: {error}"
                ) from None
            self.outcome.failed.append(Failure(cell, _told(error), _notebook(cell, error)))
        else:
            self.outcome.finished.append(cell)


def _told(error: Exception) -> str:
    text = str(error) if isinstance(error, CellFailed) else f"{type(error).__name__}: {error}"
    return "\n".join(text.strip().splitlines()[-8:])


def _notebook(cell: Cell, error: Exception) -> Path | None:
    """The executed notebook of a failed cell, also where another machine ran it."""
    path = FOLDER / cell.name / paths.notebook(cell.stage).name
    if isinstance(error, CellFailed) and error.notebook:
        with paths.atomic(path) as temporary:
            temporary.write_text(error.notebook)
    return path if path.exists() else None
