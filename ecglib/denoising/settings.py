"""The section `denoise` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from ecglib.settings import config
from ecglib.settings.pruning import StageSettings
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import (
    Count,
    Fraction,
    NotNegative,
    Positive,
    Section,
    Seed,
    TargetSparsity,
)

Three = Annotated[list[float], Field(min_length=3, max_length=3)]
Range = Annotated[list[Positive], Field(min_length=2, max_length=2)]


class Seat(Section):
    """What the simulated seat does, see `seat`.

    angles_deg: what each channel sees, 0: MLII, 90: the other lead; turned_deg: how far a body
    turns that. inverted: how likely a channel is upside down. gain_db: unknown gain, to both sides.
    kinds: shares of the noise's power of baseline wander, electrode motion, muscle artefact.
    shared: the share of it that all channels have in common. uneven_db: how much channels differ in
    noise. bursts, losses: how many a minute, of what length; burst_gain: how much louder; lost: the
    share of the heart's signal that is gone. clipping: in standard deviations of the heart's part.
    """

    angles_deg: Three
    turned_deg: NotNegative
    inverted: Fraction
    gain_db: NotNegative
    kinds: Three
    shared: Fraction
    uneven_db: NotNegative
    bursts_a_minute: NotNegative
    burst_s: Range
    burst_gain: Annotated[float, Field(ge=1)]
    losses_a_minute: NotNegative
    loss_s: Range
    lost: Fraction
    clipping: Positive


class Sittings(Section):
    """What networks train on, see `sittings`.

    snr_db: its range. rare: the share of pieces around a beat of class S, V or F. invented: the
    share of patients who do not exist; faster: how much, axis_deg: how far the heart's axis is
    turned, reshaped: how strong the random filter is.
    """

    snr_db: Annotated[list[float], Field(min_length=2, max_length=2)]
    rare: Fraction
    invented: Fraction
    faster: Range
    axis_deg: NotNegative
    reshaped: NotNegative


class Fitting(Section):
    """How a network is trained: AdamW, one learning-rate cycle. windows: of an epoch.

    rising: the share of the cycle in which the learning rate rises.
    """

    epochs: Count
    windows: Count
    batch_size: Count
    learning_rate: Positive
    weight_decay: NotNegative
    rising: Fraction


class Network(Section):
    """Sizes of the U-Net, see `networks`. taps: odd, so that nothing is shifted."""

    widths: Annotated[list[Count], Field(min_length=2)]
    taps: Annotated[int, Field(ge=1)]

    @field_validator("taps")
    @classmethod
    def _odd(cls, taps: int) -> int:
        if taps % 2 == 0:
            raise ValueError(f"taps must be odd, not {taps}")
        return taps


class Shrinking(Section):
    """What is pruned, from each dense network: stages of weights, and of MACs by whole filters.

    narrow: shares of the dense network's MACs that narrower networks save.
    """

    stages: Annotated[list[StageSettings], Field(min_length=1)]
    filter_stages: Annotated[list[StageSettings], Field(min_length=1)]
    narrow: list[TargetSparsity]


class Judging(Section):
    """What is judged. minutes: of each test record; the whole of it for the classifiers.

    passing: the limits of `whole.passed`.

    snr_db: for networks of the main questions and for rivals; few_snr_db: for all others, for the
    second detector and the classifiers.
    """

    minutes: Positive
    passing: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    snr_db: Annotated[list[float], Field(min_length=1), AfterValidator(no_repeats)]
    few_snr_db: Annotated[list[float], Field(min_length=1), AfterValidator(no_repeats)]
    taps: Count
    classifier_seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]


class Denoise(Section):
    """The whole section. losses: of which each gets a network; the first is the main one.

    answers: the share of `losses.answers` in the loss that has it.
    """

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    losses: Annotated[list[str], Field(min_length=1), AfterValidator(no_repeats)]
    answers: Positive
    network: Network
    fitting: Fitting
    seat: Seat
    sittings: Sittings
    shrinking: Shrinking
    judging: Judging


class DenoiseRun(Section):
    """The parameters cell of denoise. processes: how many run at once."""

    processes: Count


@lru_cache
def settings() -> Denoise:
    """The section, read once."""
    return config.section("denoise", Denoise)
