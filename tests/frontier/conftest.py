"""The room on invented beats: a few epochs, an untrained network in the place of the dense one."""

import pytest
import torch

from ecglib import models
from ecglib.data.splits import split_indices
from ecglib.deployment import integers
from ecglib.deployment.integers import Part, Source
from ecglib.frontier import cells, fits, methods, origin, ways
from ecglib.frontier.settings import Frontier, settings

SMALL = {
    "epochs": 4,
    "free": {"every": 3, "until": 0.6},
    "surgeon": {
        "first": 0.5,
        "before": 0.8,
        "events": 3,
        "beats": 64,
        "block": 99,
        "largest": 900,
    },
    "filters": {"removed": 0.4, "epochs": 2},
    "stages": {"count": 2, "scoring_beats": 64},
    "regrowth": {"every": 4, "share": 0.3, "beats": 64},
}
READERS = (cells, fits, methods, origin, ways)


def source(beats, model: str, seed: int) -> Source:
    """The invented beats as the device's code takes them."""
    data, index = fits.load_data(model, seed), split_indices(beats, fits.SPLIT, seed)
    parts = {}
    for part in ("validation", "test"):
        windows, labels = data.tensors(part)
        parts[part] = Part(windows, beats.adc[index[part]], labels)
    return Source(data, parts, raw=True)


@pytest.fixture
def small(beats, tmp_path, monkeypatch) -> Frontier:
    """The section with few epochs; kept cells and dense networks go to a folder of the test."""
    values = settings().model_dump()
    for name, value in SMALL.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    values["fitting"]["batch_size"] = 32
    values["cells"] = [
        {"model": "acharya2017", "methods": ["free"], "targets": [0.9], "seeds": [0, 1]}
    ]
    found = Frontier.model_validate(values)
    for module in READERS:
        if hasattr(module, "settings"):
            monkeypatch.setattr(module, "settings", lambda: found)
    monkeypatch.setattr(fits, "beats_of", lambda model: beats)
    monkeypatch.setattr(
        fits, "dense_path", lambda model, seed: tmp_path / f"{model}-{seed}.safetensors"
    )
    monkeypatch.setattr(integers, "source", lambda model, split, seed: source(beats, model, seed))
    monkeypatch.setattr(cells, "FOLDER", tmp_path / "kept")
    for seed in (0, 1):
        torch.manual_seed(seed)
        models.save(models.build("acharya2017"), fits.dense_path("acharya2017", seed))
    return found
