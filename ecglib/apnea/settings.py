"""The section `sleep_apnea` of params.yaml, and the parameters cell of its notebook."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from ecglib.apnea.networks import NETWORKS
from ecglib.settings import config
from ecglib.settings.schedules import Stage, checked
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import Count, NotNegative, Positive, Section, Seed, TargetSparsity


class Fitting(Section):
    """How a network is trained: AdamW, one learning-rate cycle a fit; batches of stretches."""

    epochs: Count
    learning_rate: Positive
    weight_decay: NotNegative
    batch_size: Count

    @property
    def options(self) -> dict[str, float]:
        """What all fits of this kind share, see `training.fitter`."""
        return {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}


class Placebo(Section):
    """ECG of so many records of MIT-BIH, with labels that it knows nothing of."""

    records: Annotated[list[str], Field(min_length=1), AfterValidator(no_repeats)]
    block_s: Count
    fit: Fitting


class StageSettings(Section):
    """A stage of pruning, and the epochs spent there."""

    sparsity: TargetSparsity
    epochs: Count


class Shrinking(Section):
    """Pruning of the published network in stages, or once with equal epochs; binarised weights."""

    stages: Annotated[list[StageSettings], Field(min_length=1)]
    binarised_epochs: Count

    @field_validator("stages")
    @classmethod
    def _rise(cls, stages: list[StageSettings]) -> list[StageSettings]:
        checked([Stage(stage.sparsity, stage.epochs) for stage in stages])
        return stages

    @property
    def schedule(self) -> list[Stage]:
        """The stages, as pruning takes them."""
        return [Stage(stage.sparsity, stage.epochs) for stage in self.stages]


class Personal(Section):
    """A network fitted to one patient; a half of the night needs `least` minutes of each class."""

    least: Count
    fit: Fitting


class SleepApnea(Section):
    """The whole section. fits: network -> how it is trained on nights of other people.

    ucddb: how the published network is trained on the published data, where that is here.
    """

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    folds: Annotated[int, Field(ge=2)]
    fits: dict[str, Fitting]
    placebo: Placebo
    ucddb: Fitting
    shrinking: Shrinking
    personal: Personal

    @field_validator("fits")
    @classmethod
    def _known(cls, fits: dict[str, Fitting]) -> dict[str, Fitting]:
        for name in fits:
            NETWORKS.word(name)
        return fits


class SleepApneaRun(Section):
    """The parameters cell of sleep_apnea. processes: how many train at once, of one thread each."""

    processes: Count


@lru_cache
def settings() -> SleepApnea:
    """The section, read once."""
    return config.section("sleep_apnea", SleepApnea)
