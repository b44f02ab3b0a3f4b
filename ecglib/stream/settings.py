"""The section `stream` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from ecglib.data.noise import NOISES
from ecglib.settings import config
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import Count, Section, Seed, TargetSparsity
from ecglib.stream.design import HIGHEST_HZ, LOWEST_HZ

Rate = Annotated[int, Field(ge=LOWEST_HZ, le=HIGHEST_HZ)]


def _a_noise(name: str) -> str:
    if name not in NOISES:
        raise ValueError(f"{name!r} is none of the recorded noises {', '.join(NOISES)}")
    return name


class Stream(Section):
    """What is streamed.

    seeds, targets: of the networks that `make unseen` keeps: sparsities in stages, beside dense.
    noise, snr_db: what is added. rates_hz: the first is that of the records; costed_s: how long the
    emulated core runs. example_s: of samples in the folder.
    """

    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    targets: Annotated[list[TargetSparsity], Field(min_length=1), AfterValidator(no_repeats)]
    noise: Annotated[str, AfterValidator(_a_noise)]
    snr_db: Annotated[list[float], AfterValidator(no_repeats)]
    rates_hz: Annotated[list[Rate], Field(min_length=1), AfterValidator(no_repeats)]
    costed_s: Annotated[int, Field(ge=20)]
    example_s: Count


class StreamRun(Section):
    """The parameters cell of stream. processes: how many run at once."""

    processes: Count


@lru_cache
def settings() -> Stream:
    """The section, read once."""
    return config.section("stream", Stream)
