"""The parameters cell of each notebook, as frozen and type-checked settings."""

import ast
from collections.abc import Mapping
from typing import Any

from ecglib.sections import (
    Allocation,
    AnySection,
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
    """The parameters cell of 01_data."""

    progress: bool


class BaselineRun(Section):
    """The parameters cell of 02_baseline. `study`: write among the study's own results."""

    model: Model
    split: Split
    seed: Seed
    study: bool
    progress: bool


class PruneRun(BaselineRun):
    """The parameters cell of 03_one_shot_prune and 04_multistage_prune."""

    criterion: Criterion
    allocation: Allocation
    schedule: str
    target_sparsity: TargetSparsity


class OnDeviceRun(Section):
    """The parameters cell of 05_on_device_estimate."""

    seed: Seed


class ResultsRun(Section):
    """The parameters cell of 06_results."""

    draws: Count


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
