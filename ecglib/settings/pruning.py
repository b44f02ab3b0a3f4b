"""The sections of params.yaml that say how to prune, each frozen and type-checked."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ecglib.settings.registry import method_of
from ecglib.settings.schedules import shape_named
from ecglib.settings.sections import no_repeats
from ecglib.settings.words import (
    Allocation,
    Budget,
    Count,
    Criterion,
    Positive,
    Section,
    TargetSparsity,
)

FilterMethod = Annotated[str, AfterValidator(method_of("filter_prune"))]


class StageSettings(Section):
    """One stage of a schedule."""

    sparsity: TargetSparsity
    epochs: Annotated[int, Field(ge=0)]


class ShapedSchedule(Section):
    """A schedule given by its shape: equal epochs, sparsities along a curve to the last one."""

    shape: Annotated[str, AfterValidator(shape_named)]
    stages: Count
    sparsity: TargetSparsity
    epochs: Annotated[int, Field(ge=0)]  # of each stage


class Distillation(Section):
    """Learning from the dense network's outputs: softening temperature, share of the loss."""

    temperature: Positive
    weight: Annotated[float, Field(ge=0, le=1)]


class MultistagePrune(Section):
    """How the multistage trajectory prunes."""

    criterion: Criterion
    allocation: Allocation
    budget: Budget
    schedule: str
    target_sparsity: TargetSparsity


class OneShotPrune(Section):
    """The sparsities at which one-shot is run, and what its tuned form chooses from."""

    targets: Annotated[list[TargetSparsity], Field(min_length=1), AfterValidator(no_repeats)]
    learning_rates: Annotated[list[Positive], Field(min_length=1), AfterValidator(no_repeats)]


class FilterSearch(Section):
    """How a search for filters goes, see `pruning.filters.searching.Course`.

    learning_rate: the peak of its one-cycle; share: the most of a stage's epochs that it may take.
    """

    iterations_per_half: Count
    masks_per_batch: Count
    theta: Positive
    theta_growth: Annotated[float, Field(gt=1)]
    warm_up: Annotated[int, Field(ge=0)]
    learning_rate: Positive
    share: Annotated[float, Field(gt=0, lt=1)]


class FilterPrune(Section):
    """Which methods remove filters, to which fraction of the MACs, and how AOFP searches.

    block: channels that a runtime's kernels take together, for the methods that fill whole blocks.
    agreement_masks: per batch, of AOFP's scores that stand beside the oracle's.
    """

    methods: Annotated[list[FilterMethod], Field(min_length=1), AfterValidator(no_repeats)]
    schedule: str
    target_sparsity: TargetSparsity
    search: FilterSearch
    block: Annotated[int, Field(ge=2)]
    agreement_masks: Count
