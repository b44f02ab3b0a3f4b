"""The pruned networks that the sweep keeps, and the dense ones that they started from."""

from pathlib import Path

from ecglib.results.filters import OF_FILTERS
from ecglib.results.runs import Key, dense_key
from ecglib.settings import config
from ecglib.settings.registry import METHODS
from ecglib.settings.schedules import up_to
from ecglib.sweep import grid, store
from ecglib.sweep.grid import Cell
from ecglib.sweep.results import fingerprints


def networks() -> tuple[dict[Key, Path], list[Cell]]:
    """Key -> weight file of the finished cells that keep their networks; and the other such cells.

    Raises:
        SweepError: a file is damaged, or the beats are not there.
    """
    keeping = [cell for cell in grid.load() if cell.keeps_weights]
    finished = store.status(keeping, fingerprints(keeping, config.load())).finished
    found = {}
    for cell in finished:
        of = cell.parameters
        for key in (dense_key(of["split"], of["model"], of["seed"]), *keys(cell)):
            found[key] = store.FOLDER / store.NETWORKS / f"{key.name}.safetensors"
    return found, [cell for cell in keeping if cell not in finished]


def keys(cell: Cell) -> list[Key]:
    """The networks of a cell's own method: one for each stage, or one where it prunes once."""
    of = OF_FILTERS | dict(cell.parameters)
    stages = up_to(config.load().stages(of["schedule"]), of.pop("target_sparsity"))
    reached = stages if METHODS[of["method"]].staged else stages[-1:]
    return [Key(**of, target_sparsity=stage.sparsity) for stage in reached]
