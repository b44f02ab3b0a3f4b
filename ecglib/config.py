"""params.yaml, and the parameters of a notebook, as frozen and type-checked settings."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecglib import paths

# The words a user may write; tests hold them against the registries that give them meaning.
Model = Literal["acharya2017", "kachuee2018"]
Split = Literal["intra", "inter"]
Normalisation = Literal["beat", "record"]
Criterion = Literal["magnitude", "random"]
Allocation = Literal["global", "uniform"]
TargetSparsity = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class ConfigError(ValueError):
    """A setting is missing, unknown, or of the wrong type or range; the message says which."""


class Section(BaseModel):
    """Frozen, no unknown keys, no silent conversions (`1e-3` in YAML is a string: write 0.001)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Study(Section):
    """What is compared with what: one model on one split, repeated over seeds."""

    model: Model
    split: Split
    seeds: Annotated[list[int], Field(min_length=1)]


class Window(Section):
    """The stretch of signal around an R peak that a model sees: samples, R peak's index in them."""

    fs_hz: Count
    length: Count
    r_index: Annotated[int, Field(ge=0)]

    def __str__(self) -> str:
        return f"{self.length}x{self.fs_hz}hz"


class Data(Section):
    """Which records, which lead, and the window of each model."""

    records: Literal["all"] | list[str]
    lead: str
    windows: dict[Model, Window]


class Training(Section):
    """What every fit of the study has in common."""

    normalise: Normalisation
    batch_size: Count
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]


class Baseline(Section):
    """The dense network."""

    epochs: Count


class StageSettings(Section):
    """One stage of a schedule."""

    sparsity: TargetSparsity
    epochs: Annotated[int, Field(ge=0)]


class MultistagePrune(Section):
    """How the multistage trajectory prunes."""

    criterion: Criterion
    allocation: Allocation
    schedule: str
    target_sparsity: TargetSparsity


class OneShotPrune(Section):
    """The sparsities at which one-shot is run with the multistage run's budget."""

    targets: Annotated[list[TargetSparsity], Field(min_length=1)]


class Published(Section):
    """What the paper's abstract states, as fractions."""

    sparsity: float
    accuracy: float
    f1: float
    accuracy_gain: float
    f1_gain: float
    complexity_reduction: float


class Results(Section):
    """The report: bootstrap draws, and the published point."""

    bootstrap_draws: Count
    published: Published


class Settings(Section):
    """The whole of params.yaml."""

    study: Study
    data: Data
    training: Training
    baseline: Baseline
    schedules: dict[str, Annotated[list[StageSettings], Field(min_length=1)]]
    multistage_prune: MultistagePrune
    one_shot_prune: OneShotPrune
    results: Results


class DataRun(Section):
    """The parameters cell of 01_data."""

    progress: bool


class BaselineRun(Section):
    """The parameters cell of 02_baseline. `study`: write among the study's own results."""

    model: Model
    split: Split
    seed: Annotated[int, Field(ge=0)]
    study: bool
    progress: bool


class PruneRun(BaselineRun):
    """The parameters cell of 03_one_shot_prune and 04_multistage_prune."""

    criterion: Criterion
    allocation: Allocation
    schedule: str
    target_sparsity: TargetSparsity


class OnDeviceRun(Section):
    """The parameters cell of 05_on_device_estimate."""

    seed: Annotated[int, Field(ge=0)]


class ResultsRun(Section):
    """The parameters cell of 06_results."""

    draws: Count


AnySection = TypeVar("AnySection", bound=Section)


def load(path: Path = paths.PARAMS) -> Settings:
    """Read params.yaml; ConfigError names the file, the key and what is wrong with it."""
    if not path.is_file():
        raise ConfigError(f"no settings at {path}")
    return _checked(Settings, yaml.safe_load(path.read_text()), str(path))


def read_parameters(section: type[AnySection], namespace: Mapping[str, Any]) -> AnySection:
    """A notebook's parameters, taken from its `globals()`.

    Papermill injects any `-p` it is given; one that the notebook does not have is an error here
    instead of being ignored.
    """
    injected = [cell for cell in namespace.get("In", ()) if cell.startswith("# Parameters\n")]
    names = {
        target.id
        for cell in injected
        for statement in ast.parse(cell).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    names |= section.model_fields.keys() & namespace.keys()
    values = {name: namespace[name] for name in names}
    return _checked(section, values, "the notebook's parameters")


def _checked(section: type[AnySection], values: Any, where: str) -> AnySection:
    try:
        return section.model_validate(values)
    except ValidationError as error:
        problems = [
            f"  {'.'.join(map(str, e['loc']))}: {e['msg']} (found {e['input']!r})"
            if e["type"] != "missing"
            else f"  {'.'.join(map(str, e['loc']))}: missing"
            for e in error.errors()
        ]
        raise ConfigError("\n".join([f"wrong settings in {where}:", *problems])) from None
