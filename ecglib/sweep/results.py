"""All networks of a finished sweep as one table, and their confusion matrices."""

import numpy as np
import pandas as pd

from ecglib.results.runs import Key
from ecglib.settings import config
from ecglib.settings.words import CLASSES
from ecglib.sweep import fingerprint, grid, store
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell
from ecglib.training import metrics


def fingerprints(cells: list[Cell], settings: config.Settings) -> dict[str, str]:
    """Cell name -> fingerprint of today."""
    return {cell.name: fingerprint.of_parts(fingerprint.parts(cell, settings)) for cell in cells}


def collect(cells: list[Cell] | None = None) -> tuple[pd.DataFrame, store.Status]:
    """One row for each network of the finished cells, and which cells are finished.

    Columns: those of `runs.Run`, `cell`, and `confusion`, the dicts that `stack` takes. A network
    that two cells give stands once, from the first. By default the cells of params.yaml. Stale
    cells, of other code, data or settings, give no rows.

    Raises:
        SweepError: a file is damaged, its scores are not those of its confusions, or there are
            files that no cell asks for: named.
    """
    cells = grid.load() if cells is None else cells
    if strays := [path.name for path in store.strays(cells)]:
        raise SweepError(f"results that no cell asks for, delete them: {_names(strays)}")
    found = store.status(cells, fingerprints(cells, config.load()))
    rows = [
        {"cell": cell.name, **network.model_dump()}
        for cell in found.finished
        for network in store.load(cell).networks
    ]
    columns = ["cell", *store.Network.model_fields]
    networks = pd.DataFrame(rows, columns=columns)
    _require_own_scores(networks)
    return networks.drop_duplicates(list(Key._fields), ignore_index=True), found


def _require_own_scores(networks: pd.DataFrame) -> None:
    """SweepError unless every reading is that of the row's confusions, by today's metrics."""
    matrices = stack(networks)[1].sum(1)
    for name, reading in metrics.READINGS.items():
        wrong = ~np.isclose(reading(matrices), networks[name].astype(float), atol=1e-5)
        if wrong.any():
            cell = networks.loc[wrong, "cell"].iloc[0]
            raise SweepError(f"{cell}: its {name} is not that of its confusions; {store.AGAIN}")


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
