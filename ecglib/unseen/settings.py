"""The section `unseen` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ecglib.settings import config
from ecglib.settings.pruning import StageSettings
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import (
    Count,
    NotNegative,
    Number,
    Positive,
    Section,
    Seed,
    TargetSparsity,
)
from ecglib.unseen.features import FEATURE_SETS


def _ordered(values: list[float]) -> list[float]:
    if values[0] > values[1]:
        raise ValueError(f"the low end {values[0]:g} is above the high end {values[1]:g}")
    return values


def _known(name: str) -> str:
    if name not in FEATURE_SETS:
        raise ValueError(f"unknown set of features {name!r}; one of {', '.join(FEATURE_SETS)}")
    return name


Range = Annotated[list[Positive], Field(min_length=2, max_length=2), AfterValidator(_ordered)]


class Frequent(Section):
    """Sequences in which S is frequent, see `frequent.sequence`.

    least: premature S beats of a patient who gives any. share: of S beats in a sequence. pause:
    the interval behind the last S beat of a group, in sinus intervals. jitter: standard deviation
    of an interval's logarithm.
    """

    least: Count
    beats: Annotated[int, Field(ge=50)]
    share: Annotated[list[Annotated[float, Field(gt=0, le=0.8)]], AfterValidator(_ordered)]
    pause: Range
    jitter: NotNegative


class Irregular(Section):
    """Sequences of N beats in irregular rhythms, see `irregular.sequence`.

    fibrillation: standard deviation of an interval's logarithm. breathing: share by which sinus
    arrhythmia lengthens and shortens; over: the beats of one breath. dropped: chance of a beat
    that is not conducted.
    """

    beats: Annotated[int, Field(ge=50)]
    fibrillation: Range
    breathing: Range
    over: Range
    dropped: Range


class Recipe(Section):
    """What a network is trained on: features, and how many invented sequences a patient gives."""

    features: Annotated[
        list[Annotated[str, AfterValidator(_known)]],
        Field(min_length=1),
        AfterValidator(no_repeats),
    ]
    frequent: Number
    irregular: Number


class Gate(Section):
    """Beyond which irregularity no beat is called S, see `gate.gated`; chosen among `tried`.

    margin: by how much the logit of S must lead, see `gate.with_margin`; chosen among `margins`.
    """

    beyond: Positive
    tried: list[Positive]
    margin: NotNegative
    margins: list[NotNegative]

    @model_validator(mode="after")
    def _was_tried(self) -> "Gate":
        if self.beyond not in self.tried or self.margin not in self.margins:
            raise ValueError("`beyond` must be one of `tried`, `margin` one of `margins`")
        return self


class Way(Section):
    """A way to train on by a patient's labelled beats, see `first_minutes.labelled`."""

    steps: Count
    learning_rate: Positive
    weight_decay: NotNegative
    beside: Count
    weight: Positive


class FirstMinutes(Section):
    """A patient's first minutes. `way` is the chosen one of `ways`, `strength` of `strengths`.

    A strength is that of the prior in beats, see `first_minutes.frequencies`.
    """

    minutes: Positive
    way: str
    ways: Annotated[dict[str, Way], Field(min_length=1)]
    strength: Positive
    strengths: list[Positive]

    @model_validator(mode="after")
    def _choices_exist(self) -> "FirstMinutes":
        if self.way not in self.ways or self.strength not in self.strengths:
            raise ValueError("`way` must be one of ways, `strength` one of strengths")
        return self


class Shrinking(Section):
    """Stages, and the targets among them that are shown; of the weights, or of MACs for filters."""

    stages: Annotated[list[StageSettings], Field(min_length=1)]
    targets: Annotated[list[TargetSparsity], Field(min_length=1), AfterValidator(no_repeats)]

    @model_validator(mode="after")
    def _targets_are_stages(self) -> "Shrinking":
        if missed := set(self.targets) - {stage.sparsity for stage in self.stages}:
            raise ValueError(f"targets that no stage reaches: {sorted(missed)}")
        return self


class CrossValidation(Section):
    """Patients of DS1 are dealt into so many folds, so many times."""

    repeats: Count
    folds: Annotated[int, Field(ge=2)]


class Unseen(Section):
    """The whole section. `recipe` is the chosen one of `recipes`."""

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    epochs: Count
    recipe: str
    recipes: Annotated[dict[str, Recipe], Field(min_length=1)]
    frequent: Frequent
    irregular: Irregular
    gate: Gate
    first_minutes: FirstMinutes
    shrinking: Shrinking
    cross_validation: CrossValidation

    @model_validator(mode="after")
    def _recipe_exists(self) -> "Unseen":
        if self.recipe not in self.recipes:
            raise ValueError(f"recipe {self.recipe!r} is not under recipes")
        return self


class UnseenRun(Section):
    """The parameters cell of unseen. processes: how many run at once."""

    processes: Count


class ExternalRun(Section):
    """The parameters cell of external. named: as `external.told` takes it."""

    named: str


@lru_cache
def settings() -> Unseen:
    """The section, read once."""
    return config.section("unseen", Unseen)
