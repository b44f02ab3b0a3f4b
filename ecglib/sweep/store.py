"""The results of finished cells: one small file each in reports/sweep/, whole or absent."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecglib import paths
from ecglib.results import filters as filter_runs
from ecglib.results import json_file
from ecglib.results.runs import Run
from ecglib.settings.words import CLASSES
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell

FOLDER = paths.REPORTS / "sweep"
NETWORKS = "networks"  # the folder in it for networks that are kept for the device
AGAIN = "delete it, and the sweep runs its cell again"


Pair = Annotated[str, Field(pattern=f"^[{''.join(CLASSES)}]{{2}}$")]


class Network(Run):
    """One evaluated network, and its confusions: record -> "NS" (true N, predicted S) -> beats.

    filters: what is known of a network that lost whole filters, see `results.filters.save_filters`.
    """

    confusion: dict[str, dict[Pair, Annotated[int, Field(ge=1)]]]
    filters: Annotated[dict[str, Any], AfterValidator(filter_runs.checked)] | None = None


class CellFile(BaseModel):
    """The file of a finished cell. `weights`: the files beside it, name -> SHA-256.

    `start`: the SHA-256 of the dense network that a pruned one started from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    stage: str
    parameters: dict[str, Any]
    fingerprint: str
    weights: dict[str, str] = {}
    start: str = ""
    networks: Annotated[list[Network], Field(min_length=1)]


@dataclass(frozen=True)
class Content:
    """What an execution leaves: its networks' records, and the weight files that are kept."""

    networks: list[dict[str, Any]]
    weights: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Status:
    """The cells by what there is of them; stale: finished with other code, data or settings."""

    finished: list[Cell] = field(default_factory=list)
    stale: list[Cell] = field(default_factory=list)
    missing: list[Cell] = field(default_factory=list)


def path_of(cell: Cell) -> Path:
    """Where the result of the cell is kept."""
    return FOLDER / f"{cell.name}.json"


def save(cell: Cell, fingerprint: str, content: Content) -> None:
    """Keep a finished cell: its weights first, so that a cell with a result has them."""
    for name, data in content.weights.items():
        with paths.atomic(FOLDER / name) as temporary:
            temporary.write_bytes(data)
    file = CellFile(
        stage=cell.stage,
        parameters=dict(cell.parameters),
        fingerprint=fingerprint,
        weights={name: _sha256(data) for name, data in content.weights.items()},
        start=start_of(cell),
        networks=[Network.model_validate(network) for network in content.networks],
    )
    with paths.atomic(path_of(cell)) as temporary:
        temporary.write_text(_as_text(file))


def _as_text(file: CellFile) -> str:
    """JSON of one line for each network: readable, and a change is seen in `git diff`."""
    head = file.model_dump(exclude={"networks"}, exclude_defaults=True)
    lines = [f" {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    rows = ",\n  ".join(json.dumps(_fields(network)) for network in file.networks)
    return "\n".join(["{", *lines, f' "networks": [\n  {rows}]', "}", ""])


def _fields(network: Network) -> dict[str, Any]:
    return network.model_dump(exclude=set() if network.filters else {"filters"})


def load(cell: Cell) -> CellFile | None:
    """The result of the cell, or None where there is none.

    Raises:
        SweepError: the file is damaged or belongs to another cell; see `weights` for those beside.
    """
    path = path_of(cell)
    if not path.exists():
        return None
    try:
        file = CellFile.model_validate(json_file.read(path))
    except ValueError as error:
        raise SweepError(f"{path} is damaged: {AGAIN}\n{error}") from None
    if (file.stage, file.parameters) != (cell.stage, dict(cell.parameters)) or any(
        getattr(network, name) != cell.parameters[name]
        for network in file.networks
        for name in ("split", "model", "seed")
    ):
        raise SweepError(f"{path} holds the result of another cell: {AGAIN}")
    if cell.is_dense and _network_of(cell) not in file.weights:
        raise SweepError(f"{path} is damaged: {AGAIN}\nit names no {_network_of(cell)}")
    return file


def _network_of(dense: Cell) -> str:
    return f"{dense.name}.safetensors"


def start_of(cell: Cell) -> str:
    """The SHA-256 of the dense network that a pruned cell starts from today; empty without one."""
    dense = None if cell.is_dense else load(cell.dense)
    return dense.weights[_network_of(cell.dense)] if dense else ""


def weights(cell: Cell) -> dict[str, bytes]:
    """The weight files of a finished cell: name -> content; SweepError if damaged."""
    found = {}
    for name, digest in load(cell).weights.items():
        path = FOLDER / name
        try:
            data = path.read_bytes()
        except (OSError, ValueError):  # of a name that no file can have
            data = b""
        if _sha256(data) != digest:
            raise SweepError(
                f"{path} is missing or damaged: take it from git, or delete {path_of(cell)} "
                "to run its cell, and all that start from a dense network of it, again"
            )
        found[name] = data
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def status(cells: Iterable[Cell], fingerprints: Mapping[str, str]) -> Status:
    """Which cells are finished, stale or missing; fingerprints: cell name -> hash of today.

    A cell is stale also where the dense network that it started from is another one by now, or
    where its networks are to be kept and were not.
    """
    found = Status()
    for cell in cells:
        file = load(cell)
        if file is None:
            found.missing.append(cell)
        elif (file.fingerprint, file.start) != (fingerprints[cell.name], start_of(cell)):
            found.stale.append(cell)
        elif cell.keeps_weights and not file.weights:
            found.stale.append(cell)
        else:
            found.finished.append(cell)
            weights(cell)
    return found


def strays(cells: Iterable[Cell]) -> list[Path]:
    """Files where cells are kept that no cell asks for; temporary ones do not count."""
    asked = set()
    for cell in cells:
        asked.add(path_of(cell))
        if path_of(cell).exists():
            asked |= {FOLDER / name for name in load(cell).weights}
    files = [
        path
        for folder in (FOLDER, FOLDER / NETWORKS)
        for path in folder.glob("*")
        if path.is_file() and path.name[0] != "."
    ]
    return sorted(path for path in files if path not in asked)
