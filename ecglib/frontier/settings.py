"""The section `frontier` of params.yaml, and its notebook's parameters cell."""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ecglib.settings import config
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import (
    Count,
    Fraction,
    Model,
    NotNegative,
    Positive,
    Section,
    Seed,
    TargetSparsity,
)

Share = Annotated[float, Field(gt=0, le=1)]


class Fitting(Section):
    """What every fit of the room shares; the names are those of the section `training`."""

    batch_size: Count
    learning_rate: Positive
    learning_rate_of: dict[Model, Positive]
    weight_decay: NotNegative
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    class_balance: Annotated[float, Field(ge=0, le=1)]


class Free(Section):
    """The criterion that costs nothing: an event every so many steps, see `events.steady`.

    until: the share of a fit's steps by which its target is reached, from the first epoch on.
    """

    every: Count
    until: Share


class Surgeon(Section):
    """Optimal Brain Surgeon, see `methods.surgeon`.

    first: the share of all epochs of the first cycle, which goes to the sparsity `before` by the
    free criterion. events: of the second cycle, in its first `until`. beats: that the Fisher matrix
    is estimated from. damping: in units of its mean diagonal. block: weights that leave together.
    largest: columns of one matrix; where there are more, each layer has its own.
    """

    first: Fraction
    before: TargetSparsity
    events: Count
    until: Share
    beats: Count
    damping: Positive
    block: Count
    largest: Count


class Filters(Section):
    """Whole filters first, see `filters`: the share of the MACs removed, and the epochs it takes.

    The search itself is that of the section `filter_prune`.
    """

    removed: TargetSparsity
    epochs: Count


class Stages(Section):
    """Geometric stages of equal epochs; `scoring_beats` for the gradient criterion."""

    count: Count
    scoring_beats: Count


class Regrowth(Section):
    """GraNet: an event every so many steps until `until`; see `regrowth`.

    share: of the weights left that the first event regrows; a cosine takes it to none at the last.
    beats: that the gradient is the mean of.
    """

    every: Count
    until: Share
    share: Share
    beats: Count


class Short(Section):
    """The short network's way, see `short_methods`.

    cut_epochs: of the first cycle. After `wide_epochs` of it blocks of `block` filters go, over
    `cuts` epochs. epochs: of the second, at the last width. scoring_beats: that filters are scored
    on. temperature, weight: of learning from the teacher. dense: target -> widths of the rival.
    """

    wide_epochs: Count
    cut_epochs: Count
    cuts: Count
    block: Count
    epochs: Count
    scoring_beats: Count
    temperature: Positive
    weight: Fraction
    dense: dict[str, Annotated[list[Count], Field(min_length=4, max_length=4)]]

    @model_validator(mode="after")
    def _cuts_end_in_time(self) -> "Short":
        if self.wide_epochs + self.cuts > self.cut_epochs:
            raise ValueError(f"{self.cuts} cuts after {self.wide_epochs} epochs are too late")
        return self


class Cells(Section):
    """The product of lists; a target is a fraction of the weights, or of MACs by `obs_macs`.

    extended: beyond what two cores do in some hours; run where it is asked for.
    """

    model: str
    methods: Annotated[list[str], Field(min_length=1), AfterValidator(no_repeats)]
    targets: Annotated[list[Fraction], Field(min_length=1), AfterValidator(no_repeats)]
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(no_repeats)]
    extended: bool = False


class Frontier(Section):
    """The whole section.

    epochs: of each method that starts from a dense network, after its own. epochs_of: of models
    that take too long for so many.
    """

    epochs: Count
    epochs_of: dict[Model, Count]
    fitting: Fitting
    free: Free
    surgeon: Surgeon
    filters: Filters
    stages: Stages
    regrowth: Regrowth
    short: Short
    cells: Annotated[list[Cells], Field(min_length=1)]

    @model_validator(mode="after")
    def _epochs_are_enough(self) -> "Frontier":
        each = (self.epochs, *self.epochs_of.values(), self.epochs - self.filters.epochs)
        for epochs in each:
            if not 1 <= round(self.surgeon.first * epochs) < epochs:
                raise ValueError(f"surgeon.first leaves a cycle without any of {epochs} epochs")
        return self


class FrontierRun(Section):
    """The parameters cell of frontier. draws: of the bootstrap."""

    draws: Count


@lru_cache
def settings() -> Frontier:
    """The section, read once."""
    return config.section("frontier", Frontier)
