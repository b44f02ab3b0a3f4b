"""What a cell is made from: its settings and the dense network that it starts from."""

import hashlib
import json
from pathlib import Path

from ecglib.frontier import fits
from ecglib.frontier.methods import METHODS, Cell
from ecglib.frontier.settings import settings
from ecglib.settings import config

# Of the section `on_device_estimate`: what scores in 8 bits and costs depend on.
CARE = ("calibration_beats", "host_beats", "emulated_beats", "aware_epochs", "aware_beyond")


class CellError(ValueError):
    """A kept cell is missing, damaged, or one that nobody asks for."""


def on_the_device(cell: Cell) -> bool:
    """Whether its network is measured there; those for patients apart are not."""
    return METHODS[cell.method].to_device and cell.model not in fits.UNSEEN


def made_from(cell: Cell) -> str:
    """The digest of the settings and files that the cell depends on.

    Among the files is the dense network that it starts from.

    Raises:
        CellError: there is no such dense network.
    """
    method, read, study = METHODS[cell.method], settings().model_dump(), config.settings()
    window = study.data.windows.get(method.learns_from or cell.model)
    found = {"epochs": fits.epochs_of(cell.model)} | {name: read[name] for name in method.settings}
    found |= {"fitting": fits.chosen(cell.model).model_dump()}
    found |= {"cell": cell._asdict(), "window": window.model_dump() if window else None}
    if "filters" in method.settings:
        found["search"] = study.filter_prune.search.model_dump()
    if on_the_device(cell):
        found["device"] = {name: getattr(study.on_device_estimate, name) for name in CARE}
    if method.reads:
        found["reads"] = {path.name: _of_file(path) for path in method.reads}
    if model := cell.model if method.from_dense else method.learns_from:
        path = fits.dense_path(model, cell.seed)
        if not path.is_file():
            raise CellError(f"{cell.name} starts from {path}, which is missing: take it from git")
        found["dense"] = _of_file(path)
    text = json.dumps(found, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
