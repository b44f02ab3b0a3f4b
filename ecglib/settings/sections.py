"""The sections of params.yaml, each frozen and type-checked."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from ecglib.settings.words import (
    Count,
    Model,
    Normalisation,
    NotNegative,
    Positive,
    Section,
    Seed,
    Split,
    TargetSparsity,
)


def no_repeats(values: list) -> list:
    """The values; ValueError if one is listed twice."""
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
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]


class Window(Section):
    """The stretch of signal around an R peak that a model sees: samples, R peak's index in them.

    `normalise`: by the statistics of each beat, of the whole record, or of the patient's past.
    """

    fs_hz: Count
    length: Count
    r_index: Annotated[int, Field(ge=0)]
    normalise: Normalisation

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


class Augmentation(Section):
    """Changes of the training beats, see `data.augmentation`; 0 leaves one out."""

    gain: NotNegative
    shift: Annotated[int, Field(ge=0)]
    wander: NotNegative
    noise: NotNegative


class Training(Section):
    """What every fit on a split has in common; `class_balance`: see `HeartbeatData`.

    `learning_rate_of`: of the models for which the common one is too high or too low.
    """

    batch_size: Count
    learning_rate: Positive
    learning_rate_of: dict[Model, Positive]
    weight_decay: NotNegative
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    class_balance: Annotated[float, Field(ge=0, le=1)]
    augmentation: Augmentation

    def for_model(self, model: str) -> "Training":
        """The same with this model's own learning rate as the common one."""
        rate = self.learning_rate_of.get(model, self.learning_rate)
        return self.model_copy(update={"learning_rate": rate, "learning_rate_of": {}})


class Baseline(Section):
    """The dense network; `rewind_epoch`: the epoch that weight rewinding goes back to."""

    epochs: Count
    rewind_epoch: Count

    @model_validator(mode="after")
    def _rewinds_to_a_trained_epoch(self) -> "Baseline":
        if self.rewind_epoch > self.epochs:
            raise ValueError(f"rewind_epoch {self.rewind_epoch} lies beyond {self.epochs} epochs")
        return self


def _with_none(shifts: list[int]) -> list[int]:
    if 0 not in shifts:
        raise ValueError("should hold 0, which the others are compared with")
    return shifts


class Steady(Section):
    """R peaks off by some samples of the record, below zero early; see `deployment.steady`.

    A network trains on for `epochs`, each beat shifted by up to `most`; scores are told at `shown`.
    """

    most: Count
    epochs: Count
    shown: Annotated[list[int], AfterValidator(no_repeats), AfterValidator(_with_none)]


class OnDeviceEstimate(Section):
    """Which networks go to the device and with what care; see `deployment.integers.in_integers`."""

    targets: Annotated[list[TargetSparsity], Field(min_length=1), AfterValidator(no_repeats)]
    calibration_beats: Count
    aware_epochs: Count
    aware_beyond: NotNegative
    host_beats: Count
    emulated_beats: Count
    steady: Steady


class Sweep(Section):
    """The grid of the sweep: each entry is the product of its lists, see `sweep.grid`."""

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    cells: list[dict[str, Any]]


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
