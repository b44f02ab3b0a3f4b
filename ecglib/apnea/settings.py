"""The section `sleep_apnea` of params.yaml, and the parameters cell of its notebook."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from ecglib.apnea.networks import NETWORKS, PUBLISHED
from ecglib.apnea.published import SPARSITY
from ecglib.data.records import MITDB_RECORDS
from ecglib.settings import config
from ecglib.settings.pruning import StageSettings
from ecglib.settings.schedules import Stage, checked
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import Count, NotNegative, Positive, Section, Seed


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


class PlaceboFit(Section):
    """A placebo on the first so many records of MIT-BIH."""

    records: Annotated[int, Field(ge=1, le=len(MITDB_RECORDS))]
    fit: Fitting


class Placebo(Section):
    """ECG of MIT-BIH, with labels that it knows nothing of.

    random: for seconds split at random, many passes over few records, as memory needs them. strict:
    for parts that share no sample, few passes over many records, so that many intervals test.
    """

    block_s: Count
    random: PlaceboFit
    strict: PlaceboFit


class Shrinking(Section):
    """Pruning of the published network in stages, or once with equal epochs; binarised weights."""

    stages: Annotated[list[StageSettings], Field(min_length=1)]
    binarised_epochs: Count

    @field_validator("stages")
    @classmethod
    def _rise(cls, stages: list[StageSettings]) -> list[StageSettings]:
        checked([Stage(stage.sparsity, stage.epochs) for stage in stages])
        if SPARSITY not in [stage.sparsity for stage in stages]:
            raise ValueError(f"no stage has the published sparsity {SPARSITY}")
        return stages

    @property
    def schedule(self) -> list[Stage]:
        """The stages, as pruning takes them."""
        return [Stage(stage.sparsity, stage.epochs) for stage in self.stages]


class Personal(Section):
    """A network fitted to one patient; a half of the night needs `least` minutes of each class.

    share: of the fitted weights in their average with those from before.
    """

    least: Count
    share: Annotated[float, Field(gt=0, le=1)]
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
        for name in (*fits, PUBLISHED):
            NETWORKS.word(name)
            if name not in fits:
                raise ValueError(f"{name}, which is compared with, is missing")
        return fits


class SleepApneaRun(Section):
    """The parameters cell of sleep_apnea. processes: how many train at once, of one thread each."""

    processes: Count


@lru_cache
def settings() -> SleepApnea:
    """The section, read once."""
    return config.section("sleep_apnea", SleepApnea)
