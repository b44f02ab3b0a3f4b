"""What is particular to runs that remove filters: their keys, and what is kept beside them."""

import json
import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from ecglib import paths
from ecglib.data.arrays import AGAIN
from ecglib.results import json_file
from ecglib.results.runs import Key, RunError, models_folder
from ecglib.settings.words import Number

# The fields of a key that a method which removes filters has no choice in.
OF_FILTERS = {"criterion": "none", "allocation": "none", "budget": "macs"}


class Decision(BaseModel):
    """One decision of a search, see `pruning.filters.searching`: damage of each of the filters.

    None stands for a filter that no batch was without: nothing is known of it.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="allow")

    batch: Number
    group: str
    theta: float
    left: Number
    removed: list[Number]
    filters: list[Number]
    damage: list[float | None]

    @model_validator(mode="after")
    def _pairs(self) -> "Decision":
        if len(self.filters) != len(self.damage):
            raise ValueError("not as many values of damage as filters")
        return self


class Filters(BaseModel):
    """What is known of a network that lost whole filters, as far as the report reads it.

    widths: filters left by layer. scores, of the method that chose, and aofp, beside an oracle's:
    by layer, one value a filter, or None as in a decision. search: in order. A method may add more.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="allow")

    widths: dict[str, Number]
    scores: dict[str, list[float | None]] | None = None
    aofp: dict[str, list[float | None]] | None = None
    search: list[Decision] | None = None
    evaluated_beats: Number | None = None
    aofp_evaluated_beats: Number | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> "Filters":
        counted = self.evaluated_beats is not None
        if counted != (self.search is not None or self.aofp is not None):
            raise ValueError("evaluated_beats go with a search or with aofp")
        if (self.aofp_evaluated_beats is None) != (self.aofp is None):
            raise ValueError("aofp_evaluated_beats go with aofp")
        if self.aofp is not None and _sizes(self.aofp) != _sizes(self.scores or {}):
            raise ValueError("aofp and scores are not of the same filters")
        return self


def _sizes(of: dict[str, list]) -> dict[str, int]:
    return {layer: len(values) for layer, values in of.items()}


def checked(filters: dict[str, Any]) -> dict[str, Any]:
    """The same; ValueError where it is not what `Filters` says."""
    Filters.model_validate(filters)
    return filters


def filters_path(key: Key, *, into: str) -> Path:
    """Where is kept what is known of a network that lost whole filters."""
    return models_folder(key.stage, into) / f"{key.name}.filters.json"


def save_filters(key: Key, filters: dict, *, into: str) -> None:
    """Keep widths by layer, scores and the course of a search, beside the network."""
    with paths.atomic(filters_path(key, into=into)) as temporary:
        temporary.write_text(json.dumps(_known(filters), allow_nan=False) + "\n")


def _known(found: Any) -> Any:
    """The same with None for infinite damage, which a search has where it has seen none."""
    if isinstance(found, dict):
        return {name: _known(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [_known(value) for value in found]
    return None if found == math.inf else found


def load_filters(key: Key, *, into: str) -> dict:
    """What `save_filters` wrote; RunError where it is missing or damaged."""
    path = filters_path(key, into=into)
    try:
        return checked(json_file.read(path))
    except ValueError as error:
        raise RunError(f"no filters of {key.name} in {path}: {AGAIN}\n{error}") from None
