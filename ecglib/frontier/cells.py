"""The grid of the room, and what is kept of each finished cell, in git: whole or absent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from ecglib import models, paths
from ecglib.device.cost import total_costs
from ecglib.frontier import fits, on_device, short_methods  # noqa: F401  (they register)
from ecglib.frontier.confusion import of_test, of_validation
from ecglib.frontier.methods import METHODS, Cell, Reached
from ecglib.frontier.origin import CellError, made_from, on_the_device
from ecglib.frontier.settings import settings
from ecglib.frontier.short import NAME, known
from ecglib.pruning import masks as mask_values
from ecglib.results import json_file
from ecglib.results.tables import DIGITS
from ecglib.settings.words import CLASSES, Fraction, Number
from ecglib.training import metrics

FOLDER = paths.REPORTS / "frontier"
AGAIN = "delete it, and `make frontier_cells` runs its cell again"
Pair = Annotated[str, Field(pattern=f"^[{''.join(CLASSES)}]{{2}}$")]


class Kept(BaseModel):
    """A finished cell's file. Fractions, not percent; `confusion` is that of the test beats.

    made_from: the digest of settings and dense network. confusion: record -> "NS" (true N,
    predicted S) -> beats. events: a row each, `methods.Reached` says of what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    cell: dict[str, Any]
    made_from: str
    epochs: Number
    sparsity: Fraction
    macs: Number
    weights: Number
    validation: dict[str, Fraction]
    confusion: dict[str, dict[Pair, Annotated[int, Field(ge=1)]]]
    history: list[dict[str, Any]]
    events: list[dict[str, Any]]
    device: dict[str, Any] = {}


def grid(*, extended: bool = True) -> list[Cell]:
    """All cells that params.yaml asks for, in its order, each once; or those of the core alone.

    Raises:
        ValueError: an unknown model or method, or a method that does not train the model.
    """
    asked = [
        Cell(known(part.model), _of_model(method, part.model), target, seed)
        for part in settings().cells
        if extended or not part.extended
        for method in part.methods
        for target in part.targets
        for seed in part.seeds
    ]
    return list(dict.fromkeys(asked))


def _of_model(method: str, model: str) -> str:
    if METHODS[method].from_dense == (model == NAME):
        raise CellError(f"params.yaml, frontier.cells: {method} does not train {model}")
    epochs, stages = fits.epochs_of(model), settings().stages.count
    if "stages" in METHODS[method].settings and epochs % stages:
        raise CellError(
            f"params.yaml, frontier.cells: {epochs} epochs of {model} are not {stages} equal stages"
        )
    return method


def path_of(cell: Cell) -> Path:
    """Where what is known of the cell is kept."""
    return FOLDER / f"{cell.name}.json"


def network_path(cell: Cell) -> Path:
    """Where its network is kept, float32."""
    return FOLDER / "networks" / f"{cell.name}.safetensors"


def run(cell: Cell) -> Kept:
    """Train a cell and keep it; it is looked at on test beats once, here at its end.

    Raises:
        ValueError: its fit diverged: a number is not finite. Nothing is written.
    """
    digest = made_from(cell)
    reached = METHODS[cell.method](cell)
    kept = _told(cell, digest, reached)
    _text(kept)  # raises before anything is written
    models.save(reached.network, network_path(cell))  # first: a cell with a file has its network
    write(cell, kept)
    return kept


def _told(cell: Cell, digest: str, reached: Reached) -> Kept:
    like = models.build(cell.model) if METHODS[cell.method].from_dense else reached.network
    total = sum(weight.numel() for weight in mask_values.prunable(like).values())
    weights = mask_values.prunable(reached.network).values()
    left = sum(int((weight != 0).sum()) for weight in weights)
    matrix = of_validation(reached.network, reached.data)
    costs = total_costs(reached.network.eval(), reached.network.input_shape)
    found = {
        "cell": cell._asdict(),
        "made_from": digest,
        "epochs": reached.epochs,
        "sparsity": 1 - left / total,
        "macs": costs["macs_effective"],
        "weights": left,
        "validation": {
            "f1_macro": float(metrics.f1_macro(matrix)),
            "accuracy": float(metrics.accuracy(matrix)),
        },
        "confusion": of_test(reached.network, reached.data),
        "history": reached.history,
        "events": reached.events,
        "device": reached.device or _on_device(cell, reached.network),
    }
    return Kept.model_validate(rounded(found))


def _on_device(cell: Cell, network: nn.Module) -> dict[str, Any]:
    return on_device.assessed(network, cell.model, cell.seed) if on_the_device(cell) else {}


def rounded(value: Any) -> Any:
    """The same with floats to six digits, in dicts and lists, too."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def write(cell: Cell, kept: Kept) -> None:
    """Keep what is known of a finished cell, whole or not at all."""
    text = _text(kept)
    with paths.atomic(path_of(cell)) as temporary:
        temporary.write_text(text)


def _text(kept: Kept) -> str:
    values = kept.model_dump(exclude_defaults=True)
    try:
        return json.dumps(values, indent=1, allow_nan=False) + "\n"
    except ValueError:
        name = Cell(**kept.cell).name
        raise CellError(
            f"{name} has a number that is not finite: its fit diverged; lower "
            "frontier.fitting.learning_rate"
        ) from None


def load(cell: Cell) -> Kept | None:
    """What is kept of a cell, or None where nothing is.

    Raises:
        CellError: the file is damaged or another cell's, or its network is missing.
    """
    path = path_of(cell)
    if not path.exists():
        return None
    try:
        kept = Kept.model_validate(json_file.read(path))
    except ValueError as error:
        raise CellError(f"{path} is damaged: {AGAIN}\n{error}") from None
    if kept.cell != cell._asdict():
        raise CellError(f"{path} is another cell's: {AGAIN}")
    if not network_path(cell).is_file():
        raise CellError(f"{path} has no network beside it: {AGAIN}")
    return kept


def finished(cell: Cell) -> bool:
    """Whether it is kept, and made from what the settings say today. CellError as `load`."""
    kept = load(cell)
    return kept is not None and kept.made_from == made_from(cell)


def strays() -> Iterator[Path]:
    """Kept files that no cell of the grid asks for; hidden ones are none of ours."""
    asked = {path for cell in grid() for path in (path_of(cell), network_path(cell))}
    for file in sorted([*FOLDER.glob("[!.]*.json"), *FOLDER.glob("networks/[!.]*")]):
        if file not in asked:
            yield file
