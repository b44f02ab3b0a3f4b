"""params.yaml as frozen and type-checked settings."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, PlainValidator, model_validator

from ecglib import paths
from ecglib.sections import (
    Allocation,
    ConfigError,
    Count,
    Criterion,
    Model,
    Normalisation,
    Positive,
    Section,
    Seed,
    Split,
    TargetSparsity,
    checked,
)


def _no_repeats(values: list) -> list:
    if len(set(values)) < len(values):
        raise ValueError("a value is listed twice")
    return values


def _record_names(value: Any) -> Any:
    names = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    if value != "all" and not (names and len(set(value)) == len(value)):
        raise ValueError("should be `all` or a list of quoted record names, each once")
    return value


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

    @model_validator(mode="after")
    def _sparsities_meet(self) -> "Settings":
        """What is compared must be reached: found here, not after the training."""
        for name, stages in self.schedules.items():
            rising = [stage.sparsity for stage in stages]
            if rising != sorted(set(rising)):
                raise ValueError(f"the sparsities of schedule {name} do not rise: {rising}")
        target = self.multistage_prune.target_sparsity
        stages = [s.sparsity for s in self.schedules[self.multistage_prune.schedule]]
        if target > stages[-1]:
            raise ValueError(
                f"multistage_prune.target_sparsity {target} lies beyond its schedule's {stages[-1]}"
            )
        reached = {sparsity for sparsity in stages if sparsity < target} | {target}
        one_shot, published = set(self.one_shot_prune.targets), self.results.published.sparsity
        if missed := sorted(one_shot - reached):
            raise ValueError(f"one_shot_prune.targets that multistage never reaches: {missed}")
        if published not in one_shot:
            raise ValueError(f"one_shot_prune.targets lack the published sparsity {published}")
        return self


def load(path: Path = paths.PARAMS) -> Settings:
    """Read params.yaml; ConfigError names the file, the key and what is wrong with it."""
    if not path.is_file():
        raise ConfigError(f"no settings at {path}")
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}") from None
    return checked(Settings, values, str(path))
