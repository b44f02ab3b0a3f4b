"""The cells of the sweep: every execution of a notebook that `sweep` in params.yaml asks for."""

import ast
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ecglib import paths
from ecglib.methods import catalogue  # noqa: F401  (a grid may name any method)
from ecglib.results.runs import dense_key
from ecglib.settings import config, parameters
from ecglib.settings.schedules import Stage, up_to
from ecglib.settings.words import ConfigError, checked

BASELINE = "baseline"
STAGES = (BASELINE, "one_shot_prune", "multistage_prune", "filter_prune")
OF_THE_EXECUTION = ("into", "progress")  # say where and how to run, not what
# In the order of a cell's name; the seed comes last.
IN_NAME = (
    *("split", "model", "method", "criterion", "allocation", "budget", "schedule"),
    "target_sparsity",
)


@dataclass(frozen=True)
class Cell:
    """One execution of a stage's notebook, and every parameter that bears on the result.

    keeps_weights: the pruned networks are kept too, to be taken to a device.
    extended: beyond what two cores do in some hours; run where it is asked for.
    """

    stage: str
    parameters: Mapping[str, Any]
    keeps_weights: bool = False
    extended: bool = False

    @property
    def name(self) -> str:
        """What its files are called; different for different cells."""
        if self.is_dense:
            return self._dense_name
        words = [self.parameters[name] for name in IN_NAME if name in self.parameters]
        words = [f"{word:g}" if isinstance(word, float) else word for word in words]
        return "-".join([*words, f"s{self.parameters['seed']}"])

    @property
    def is_dense(self) -> bool:
        """Whether the cell trains a dense network, which others start from."""
        return self.stage == BASELINE

    @property
    def dense(self) -> "Cell":
        """The cell whose network this one starts from; a dense cell's is itself."""
        fields = parameters.OF_STAGE[BASELINE].model_fields
        names = [name for name in fields if name not in OF_THE_EXECUTION]
        return Cell(BASELINE, {name: self.parameters[name] for name in names})

    @property
    def _dense_name(self) -> str:
        return dense_key(*(self.parameters[name] for name in ("split", "model", "seed"))).name


def load() -> list[Cell]:
    """The cells of params.yaml: dense ones first, else as listed, without repeats.

    Raises:
        ConfigError: an entry names a stage, parameter or value that there is not, or asks for a
            cell that another one asks for already; the message names the entry.
    """
    settings = config.load()
    schedules = {name: settings.stages(name) for name in settings.schedules}
    return cells(settings.sweep.cells, settings.sweep.seeds, schedules)


def cells(
    entries: Iterable[Mapping[str, Any]],
    seeds: list[int],
    schedules: Mapping[str, Sequence[Stage]],
) -> list[Cell]:
    """What the entries ask for, and the dense cells that these start from."""
    found: dict[str, Cell] = {}
    asked_by: dict[str, str] = {}
    for place, entry in enumerate(entries):
        where = f"params.yaml, sweep.cells[{place}] ({dict(entry)})"
        for cell in _product(entry, seeds, where):
            if not cell.is_dense:
                _require_on_schedule(cell, schedules, where)
            if cell.name in asked_by:
                first = asked_by[cell.name]
                raise ConfigError(f"{where} asks again for {cell.name}, as does {first}")
            found[cell.name], asked_by[cell.name] = cell, where
    dense = {cell.dense.name: cell.dense for cell in found.values()}
    core = {cell.dense.name for cell in found.values() if not cell.extended}
    return [
        replace(cell, extended=cell.name not in core) if cell.is_dense else cell
        for cell in (dense | found).values()
    ]


def _product(entry: Mapping[str, Any], seeds: list[int], where: str) -> Iterable[Cell]:
    """The cells of one entry: the product of its lists, seeds outermost.

    `keep_weights` lists the seeds whose networks are kept; `extended: true` marks all of its cells.
    """
    values = {"seed": seeds, **entry}
    stage, keep = values.pop("stage", None), values.pop("keep_weights", [])
    extended = values.pop("extended", False)
    if not isinstance(stage, str) or stage not in STAGES:
        raise ConfigError(f"{where}: `stage` is to be one of {', '.join(STAGES)}")
    defaults = parameters_cell(stage)
    known = [name for name in defaults if name not in OF_THE_EXECUTION]
    if unknown := sorted(values.keys() - known):
        raise ConfigError(f"{where}: unknown {', '.join(unknown)}; {stage} has {known}")
    lists = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    if empty := [name for name, choices in lists.items() if not choices]:
        raise ConfigError(f"{where}: no value for {', '.join(empty)}")
    if not isinstance(keep, list) or not all(_is_one_of(seed, lists["seed"]) for seed in keep):
        raise ConfigError(f"{where}: `keep_weights` is to list some of its seeds {lists['seed']}")
    if not isinstance(extended, bool):
        raise ConfigError(f"{where}: `extended` is to be true or false")
    section = parameters.OF_STAGE[stage]
    for choice in itertools.product(*lists.values()):
        run = checked(section, defaults | dict(zip(lists, choice, strict=True)), where)
        values = run.model_dump(exclude=set(OF_THE_EXECUTION))
        yield Cell(stage, values, run.seed in keep, extended)


def _is_one_of(value: Any, choices: list) -> bool:
    """Whether it is listed, as a value of the same type: `true` is not 1, nor is 1.0."""
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _require_on_schedule(cell: Cell, schedules: Mapping[str, Sequence[Stage]], where: str) -> None:
    name = cell.parameters["schedule"]
    if name not in schedules:
        raise ConfigError(f"{where}: unknown schedule {name!r}; one of {', '.join(schedules)}")
    try:
        up_to(schedules[name], cell.parameters["target_sparsity"])
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


@cache
def parameters_cell(stage: str) -> dict[str, Any]:
    """The stage's parameters and their defaults: name -> literal value."""
    ((_, source),) = [c for c in code_cells(stage) if "parameters" in c[0]]
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(source).body
    }


def code_cells(stage: str) -> list[tuple[list[str], str]]:
    """(tags, source) of the stage's code cells; read as JSON, as nbformat is slow to import."""
    content = json.loads(paths.notebook(stage).read_text())
    return [
        (cell["metadata"].get("tags", []), "".join(cell["source"]))
        for cell in content["cells"]
        if cell["cell_type"] == "code"
    ]
