"""The parameters cell of each notebook, as frozen and type-checked settings."""

import ast
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from ecglib.settings.registry import METHODS, PLAIN, method_of
from ecglib.settings.words import (
    Allocation,
    AnySection,
    Budget,
    Count,
    Criterion,
    Model,
    Section,
    Seed,
    Split,
    TargetSparsity,
    checked,
)


class DataRun(Section):
    """The parameters cell of data."""

    progress: bool


class BaselineRun(Section):
    """The parameters cell of baseline. `into`: `study`, or a folder within build/."""

    model: Model
    split: Split
    seed: Seed
    into: Annotated[str, Field(pattern=r"^(study|build(/\w[\w.=-]*)*)$")]
    progress: bool


class PruneRun(BaselineRun):
    """What the parameters cells of both pruning notebooks have in common."""

    method: str
    criterion: Criterion
    allocation: Allocation
    budget: Budget
    schedule: str
    target_sparsity: TargetSparsity

    @model_validator(mode="after")
    def _nothing_is_ignored(self) -> "PruneRun":
        """A method without a choice of its own takes the default, so that no result misleads."""
        for name in PLAIN:
            values, given = METHODS[self.method].allowed(name), getattr(self, name)
            if values and given not in values:
                raise ValueError(
                    f"{self.method} takes no {name} {given!r}: leave it at {' or '.join(values)}"
                )
        return self


class OneShotRun(PruneRun):
    """The parameters cell of one_shot_prune."""

    method: Annotated[str, AfterValidator(method_of("one_shot_prune"))]


class MultistageRun(PruneRun):
    """The parameters cell of multistage_prune."""

    method: Annotated[str, AfterValidator(method_of("multistage_prune"))]


class FilterRun(BaselineRun):
    """The parameters cell of filter_prune. The target is the fraction of the MACs removed."""

    method: Annotated[str, AfterValidator(method_of("filter_prune"))]
    schedule: str
    target_sparsity: TargetSparsity


class OnDeviceRun(Section):
    """The parameters cell of on_device_estimate."""

    seed: Seed


class ResultsRun(Section):
    """The parameters cell of results and sweep_results."""

    draws: Count


OF_STAGE: dict[str, type[Section]] = {
    "data": DataRun,
    "baseline": BaselineRun,
    "one_shot_prune": OneShotRun,
    "multistage_prune": MultistageRun,
    "filter_prune": FilterRun,
    "on_device_estimate": OnDeviceRun,
    "results": ResultsRun,
    "sweep_results": ResultsRun,
}


def read(section: type[AnySection], namespace: Mapping[str, Any]) -> AnySection:
    """A notebook's parameters, taken from its `globals()`.

    Papermill injects any `-p` it is given; one that the notebook does not have is an error here
    instead of being ignored.
    """
    injected = [cell for cell in namespace.get("In", ()) if cell.startswith("# Parameters\n")]
    names = {
        target.id
        for cell in injected
        for statement in ast.parse(cell).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    names |= section.model_fields.keys() & namespace.keys()
    values = {name: namespace[name] for name in names}
    return checked(section, values, "the notebook's parameters")
