"""All networks of a finished sweep as one table, and their confusion matrices."""

import numpy as np
import pandas as pd

from ecglib import config
from ecglib.runs import Key
from ecglib.sections import CLASSES
from ecglib.sweep import fingerprint, grid, store
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell


def fingerprints(cells: list[Cell], settings: config.Settings) -> dict[str, str]:
    """Cell name -> fingerprint of today."""
    return {cell.name: fingerprint.of_parts(fingerprint.parts(cell, settings)) for cell in cells}


def collect(cells: list[Cell] | None = None) -> pd.DataFrame:
    """One row for each network of the sweep: the columns of `runs.Run`, `cell` and `confusion`.

    `confusion` holds the dicts that `stack` takes. A network that two cells give (the same one
    without fine-tuning, say) stands once, from the first. By default the cells of params.yaml.

    Raises:
        SweepError: cells are missing or stale, or files are there that no cell asks for: named.
    """
    cells = grid.load() if cells is None else cells
    found = store.status(cells, fingerprints(cells, config.load()))
    if left := [cell.name for cell in found.missing + found.stale]:
        raise SweepError(f"cells are missing or stale, run `make sweep`: {_names(left)}")
    if strays := [path.name for path in store.strays(cells)]:
        raise SweepError(f"results that no cell asks for, delete them: {_names(strays)}")
    rows = [
        {"cell": cell.name, **network.model_dump()}
        for cell in cells
        for network in store.load(cell).networks
    ]
    return pd.DataFrame(rows).drop_duplicates(list(Key._fields), ignore_index=True)


def stack(frame: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Record names, and the rows' confusion matrices (n, records, 5, 5) in that order.

    Take rows of one split: a record that a row lacks counts as one without beats.
    """
    names = sorted({name for confusion in frame["confusion"] for name in confusion})
    matrices = np.zeros((len(frame), len(names), len(CLASSES), len(CLASSES)), np.int64)
    for matrix, confusion in zip(matrices, frame["confusion"], strict=True):
        for name, counts in confusion.items():
            for (true, said), beats in counts.items():
                matrix[names.index(name), CLASSES.index(true), CLASSES.index(said)] = beats
    return names, matrices


def _names(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
