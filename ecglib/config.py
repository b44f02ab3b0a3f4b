"""params.yaml as frozen and type-checked settings."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)

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
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def _no_repeats(values: list) -> list:
    if len(set(values)) < len(values):
        raise ValueError("a value is listed twice")
    return values


def _record_names(value: Any) -> Any:
    names = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    if value != "all" and not (names and len(set(value)) == len(value)):
        raise ValueError("should be `all` or a list of quoted record names, each once")
    return value


class ConfigError(ValueError):
    """A setting is missing, unknown, or of the wrong type or range; the message says which."""


class Section(BaseModel):
    """Frozen, no unknown keys, no silent conversions (`1e-3` in YAML is a string: write 0.001)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Study(Section):
    """What is compared with what: one model on one split, repeated over seeds."""

    model: Model
    split: Split
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(_no_repeats)]


class Window(Section):
    """The stretch of signal around an R peak that a model sees: samples, R peak's index in them."""

    fs_hz: Count
    length: Count
    r_index: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _peak_inside(self) -> "Window":
        if self.r_index >= self.length:
            raise ValueError(f"r_index {self.r_index} lies outside {self.length} samples")
        return self

    def __str__(self) -> str:
        return f"{self.length}x{self.fs_hz}hz"


class Data(Section):
    """Which records, which lead, and the window of each model."""

    records: Annotated[Literal["all"] | list[str], PlainValidator(_record_names)]
    lead: str
    windows: dict[Model, Window]


class Training(Section):
    """What every fit of the study has in common."""

    normalise: Normalisation
    batch_size: Count
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]


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

    targets: Annotated[list[TargetSparsity], Field(min_length=1), AfterValidator(_no_repeats)]


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

    @model_validator(mode="after")
    def _names_exist(self) -> "Settings":
        if self.study.model not in self.data.windows:
            raise ValueError(f"data.windows has no window for {self.study.model}")
        schedule = self.multistage_prune.schedule
        if schedule not in self.schedules:
            raise ValueError(f"multistage_prune.schedule {schedule!r} is not under schedules")
        return self


AnySection = TypeVar("AnySection", bound=Section)


def load(path: Path = paths.PARAMS) -> Settings:
    """Read params.yaml; ConfigError names the file, the key and what is wrong with it."""
    if not path.is_file():
        raise ConfigError(f"no settings at {path}")
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}") from None
    return checked(Settings, values, str(path))


def checked(section: type[AnySection], values: Any, where: str) -> AnySection:
    """Validate `values`; ConfigError names `where` they stand and every problem with them."""
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
