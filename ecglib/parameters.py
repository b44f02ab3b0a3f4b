"""The parameters cell of each notebook, as frozen and type-checked settings."""

import ast
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from ecglib.sections import (
    Allocation,
    AnySection,
    Budget,
    Count,
    Criterion,
    FilterMethod,
    Model,
    MultistageMethod,
    OneShotMethod,
    Section,
    Seed,
    Split,
    TargetSparsity,
    checked,
)

# Parameters that a method does not use, or only in part, and the values that it may be given.
FIXED = {"criterion": ("magnitude",), "allocation": ("global",), "budget": ("weights",)}
IGNORED = {
    "dense_longer": FIXED,
    "torch_prune": FIXED,
    "lightning_model_pruning": FIXED,
    "torch_pruning": FIXED | {"allocation": ("uniform", "global")},
    "small_dense": {name: FIXED[name] for name in ("criterion", "allocation")},
}


class DataRun(Section):
    """The parameters cell of 01_data."""

    progress: bool


class BaselineRun(Section):
    """The parameters cell of 02_baseline. `into`: `study`, or a folder within build/."""

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
        for name, values in IGNORED.get(self.method, {}).items():
            if (given := getattr(self, name)) not in values:
                raise ValueError(f"{self.method} takes no {name} {given!r}: {' or '.join(values)}")
        return self


class OneShotRun(PruneRun):
    """The parameters cell of 03_one_shot_prune."""

    method: OneShotMethod


class MultistageRun(PruneRun):
    """The parameters cell of 04_multistage_prune."""

    method: MultistageMethod


class FilterRun(BaselineRun):
    """The parameters cell of 07_filter_prune. The target is the fraction of the MACs removed."""

    method: FilterMethod
    schedule: str
    target_sparsity: TargetSparsity


class OnDeviceRun(Section):
    """The parameters cell of 05_on_device_estimate."""

    seed: Seed


class ResultsRun(Section):
    """The parameters cell of 06_results."""

    draws: Count


NOTEBOOKS: dict[str, type[Section]] = {
    "01_data": DataRun,
    "02_baseline": BaselineRun,
    "03_one_shot_prune": OneShotRun,
    "04_multistage_prune": MultistageRun,
    "05_on_device_estimate": OnDeviceRun,
    "06_results": ResultsRun,
    "07_filter_prune": FilterRun,
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
