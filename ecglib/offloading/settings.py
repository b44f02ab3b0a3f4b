"""The section `offload` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from ecglib.offloading import genetic, improved, pso_ga, simple  # noqa: F401  (solvers register)
from ecglib.offloading.architectures import SPEEDS, walked
from ecglib.offloading.solvers import SOLVERS
from ecglib.settings import config
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import Count, NotNegative, Positive, Section, Seed

Budget = Annotated[int, Field(ge=100)]
Range = Annotated[list[Positive], Field(min_length=2, max_length=2)]


def _network(name: str) -> str:
    walked(name)
    return name


def _ordered(values: list[float]) -> list[float]:
    if values[0] > values[1]:
        raise ValueError(f"the low end {values[0]:g} is above the high end {values[1]:g}")
    return values


class Park(Section):
    """Networks that run at once, and where: so many end devices and edge servers, and the cloud."""

    networks: Annotated[list[Annotated[str, AfterValidator(_network)]], Field(min_length=1)]
    devices: Annotated[int, Field(ge=1, le=len(SPEEDS["device"]))]
    edges: Annotated[int, Field(ge=0, le=len(SPEEDS["edge"]))]


class Ablation(Section):
    """What of the improved solver helps, on other prices and bandwidths: see `architectures.park`.

    prices: their seeds; spread: of their logarithm. None of them was looked at in shaping it.
    """

    parks: Annotated[list[Park], Field(min_length=1)]
    prices: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    spread: NotNegative
    factor: Annotated[float, Field(ge=1)]
    budget: Budget


class Wearable(Section):
    """What the wearable does. bpm: the heart rate. fs_hz: at which the R peak is found.

    stream_bits: of a sample that is streamed; a window's have 8.
    finding_cycles: of the R peak, a sample: the low and the high end, see `wearable.Sending`.
    beats_an_event: how many share a connection event; the first is the main one. interval_s: from
    one event to the next. of the map: uj_per_byte and deadline_ms, the ends of its axes, and steps.
    """

    bpm: Positive
    fs_hz: Positive
    stream_bits: Annotated[list[Count], Field(min_length=1), AfterValidator(no_repeats)]
    finding_cycles: Annotated[Range, AfterValidator(_ordered)]
    beats_an_event: Annotated[list[Count], Field(min_length=1), AfterValidator(no_repeats)]
    interval_s: Positive
    uj_per_byte: Annotated[Range, AfterValidator(_ordered)]
    deadline_ms: Annotated[Range, AfterValidator(_ordered)]
    steps: Annotated[int, Field(ge=2)]


class Offload(Section):
    """The whole section. methods: each with its budgets of evaluations.

    factors: deadlines, as multiples of HEFT's time. limit_s: of HiGHS, for each instance.
    """

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    methods: Annotated[
        dict[
            Annotated[str, AfterValidator(SOLVERS.word)],
            Annotated[list[Budget], Field(min_length=1)],
        ],
        Field(min_length=1),
    ]
    factors: Annotated[list[Annotated[float, Field(ge=1)]], Field(min_length=1)]
    limit_s: Positive
    parks: Annotated[list[Park], Field(min_length=1)]
    ablation: Ablation
    wearable: Wearable


class OffloadRun(Section):
    """The parameters cell of offload. processes: how many run at once."""

    processes: Count


@lru_cache
def settings() -> Offload:
    """The section, read once."""
    return config.section("offload", Offload)
