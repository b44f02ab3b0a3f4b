"""What is particular to runs that remove filters: their keys, and what is kept beside them."""

import json
from pathlib import Path

from ecglib import paths
from ecglib.results.runs import Key, RunError, models_folder

# The fields of a key that a method which removes filters has no choice in.
OF_FILTERS = {"criterion": "none", "allocation": "none", "budget": "macs"}


def filters_path(key: Key, *, into: str) -> Path:
    """Where is kept what is known of a network that lost whole filters."""
    return models_folder(key.stage, into) / f"{key.name}.filters.json"


def save_filters(key: Key, filters: dict, *, into: str) -> None:
    """Keep widths by layer, scores and the course of a search, beside the network."""
    with paths.atomic(filters_path(key, into=into)) as temporary:
        temporary.write_text(json.dumps(filters) + "\n")


def load_filters(key: Key, *, into: str) -> dict:
    """What `save_filters` wrote; RunError where it is missing or damaged."""
    path = filters_path(key, into=into)
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"no filters of {key.name}: {error}") from None
