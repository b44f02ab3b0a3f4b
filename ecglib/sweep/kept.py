"""The pruned networks that the sweep keeps, and the dense ones that they started from."""

from pathlib import Path

from ecglib import config
from ecglib.pruning.schedules import up_to
from ecglib.runs import Key, dense_key
from ecglib.sweep import grid, store
from ecglib.sweep.grid import Cell


def networks() -> dict[Key, Path]:
    """Key -> weight file, as far as the cells that keep their networks are finished."""
    found = {}
    for cell in grid.load():
        if cell.keeps_weights:
            of = cell.parameters
            dense = dense_key(of["split"], of["model"], of["seed"])
            for key in (dense, *keys(cell)):
                found[key] = store.FOLDER / store.NETWORKS / f"{key.name}.safetensors"
    return {key: path for key, path in found.items() if path.is_file()}


def keys(cell: Cell) -> list[Key]:
    """The networks of a cell's own method: one for each stage, or one where it prunes once."""
    of = dict(cell.parameters)
    stages = up_to(config.load().stages(of["schedule"]), of.pop("target_sparsity"))
    reached = stages if cell.notebook == "04_multistage_prune" else stages[-1:]
    return [Key(**of, target_sparsity=stage.sparsity) for stage in reached]
