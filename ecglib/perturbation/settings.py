"""The section `universal_perturbation` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from ecglib.perturbation.eeg_victims import VICTIMS
from ecglib.settings import config
from ecglib.settings.registry import METHODS
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import Count, NotNegative, Positive, Section, Seed

PUBLISHED_XI = 0.2  # in standard deviations of the inputs (arXiv:1912.01171, section IV)


class Descent(Section):
    """How `tlm.craft` searches. check_every: steps from one validation to the next.

    patience: so many checks without gain end it.
    """

    learning_rate: Positive
    epochs: Count
    batch_size: Count
    check_every: Count
    patience: Count


class Attacking(Section):
    """What the attacks are told. draws: of each kind of noise. deepfool_passes: at most."""

    draws: Count
    deepfool_passes: Count
    descent: Descent


class Defence(Section):
    """How networks are trained against perturbations, see `defence`.

    several: how many there are at a time. xi: their bound, in the standard deviation of a beat.
    step: how far a batch moves them, as a part of xi. share: of the beats that get one.
    """

    several: Count
    xi: Positive
    step: Annotated[float, Field(gt=0, le=2)]
    share: Annotated[float, Field(gt=0, le=1)]


class Crafting(Section):
    """On how many inputs perturbations are crafted and chosen. few: for DeepFool, and beside it."""

    inputs: Count
    validation: Count
    few: Count


# Trained under perturbations: dense, and from there in stages with and without them.
DEFENDED = ("defended", "defended, multistage", "defended, multistage without")


def _known(method: str) -> str:
    return method if method in DEFENDED else METHODS.word(method)


class Network(Section):
    """A kind of heartbeat network, see `beat_networks`."""

    method: Annotated[str, AfterValidator(_known)]
    target_sparsity: Annotated[float, Field(ge=0, lt=1)]

    @property
    def kind(self) -> tuple[str, float]:
        """As `beat_networks` takes it."""
        return self.method, self.target_sparsity


class Unseen(Section):
    """Attacks on networks for unseen patients that the sweep keeps."""

    networks: list[Network]
    seeds: Annotated[list[Seed], AfterValidator(no_repeats)]


class Beats(Section):
    """Attacks on heartbeat networks of these kinds, the dense one first.

    wide: the seeds for which all attacks are tried, for the others only the main ones.
    """

    networks: Annotated[list[Network], Field(min_length=1)]
    unseen: Unseen
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    wide: Annotated[list[Seed], AfterValidator(no_repeats)]
    crafting: Crafting
    defence: Defence

    @model_validator(mode="after")
    def _goes_together(self) -> "Beats":
        kinds = [network.kind for network in self.networks]
        if kinds[0] != ("dense", 0.0) or len(set(kinds)) < len(kinds):
            raise ValueError("networks must begin with the dense one, and have each once")
        if wrong := sorted(set(self.wide) - set(self.seeds)):
            raise ValueError(f"wide has seeds {wrong}, which are not among seeds")
        return self


class Fitting(Section):
    """How an EEG network is trained, see `eeg_victims.Fitting`."""

    epochs: Count
    learning_rate: Positive
    weight_decay: NotNegative
    batch_size: Count


class Eeg(Section):
    """Attacks on EEG networks. fits: what a victim is called -> how it is trained.

    wide: the folds in which all attacks are tried, in the others only the main ones.
    """

    folds: Annotated[int, Field(ge=2)]
    wide: Annotated[list[Seed], AfterValidator(no_repeats)]
    fits: dict[str, Fitting]
    crafting: Crafting

    @field_validator("fits")
    @classmethod
    def _of_the_victims(cls, fits: dict[str, Fitting]) -> dict[str, Fitting]:
        if fits.keys() != VICTIMS.keys():
            raise ValueError(f"the victims are {', '.join(VICTIMS)}, not {', '.join(fits)}")
        return fits

    @model_validator(mode="after")
    def _wide_folds_exist(self) -> "Eeg":
        if wrong := sorted(set(self.wide) - set(range(self.folds))):
            raise ValueError(f"wide has folds {wrong}, but there are {self.folds}")
        return self


class UniversalPerturbation(Section):
    """The whole section. xi: bounds, in standard deviations of the inputs."""

    xi: Annotated[list[Positive], Field(min_length=1), AfterValidator(no_repeats)]
    attacking: Attacking
    eeg: Eeg
    beats: Beats


class UniversalPerturbationRun(Section):
    """The parameters cell of universal_perturbation. processes: how many run at once."""

    processes: Count


@lru_cache
def settings() -> UniversalPerturbation:
    """The section, read once."""
    return config.section("universal_perturbation", UniversalPerturbation)
