"""A study of seconds: invented records, two levels of two filters, one epoch."""

import pytest
from invented import noise, record

from ecglib.denoising import judged, kept, parts, ways
from ecglib.denoising.settings import Denoise, settings
from ecglib.settings import config

STAGES = [{"sparsity": 0.5, "epochs": 1}, {"sparsity": 0.8, "epochs": 2}]
SMALL = {
    "seeds": [0],
    "losses": ["l1", "l1_spectrum_1"],
    "network": {"widths": [2, 3], "taps": 3},
    "fitting": {"epochs": 1, "windows": 8, "batch_size": 4, "learning_rate": 0.004}
    | {"weight_decay": 0.01, "rising": 0.2},
    "shrinking": {"stages": STAGES, "filter_stages": [{"sparsity": 0.3, "epochs": 1}]}
    | {"narrow": [0.3]},
    "judging": {"minutes": 0.5, "snr_db": [24.0, 0.0, -6.0], "few_snr_db": [0.0], "taps": 9}
    | {"classifier_seeds": [0]},
}
CACHED = (settings, judged._kept, judged._peaks, ways._weights)


@pytest.fixture
def chosen(monkeypatch):
    """chosen(**changed): the small settings, with these values; what `settings()` gives then."""
    whole = config.section("denoise", Denoise).model_dump()

    def use(**changed):
        judging = whole["judging"] | SMALL["judging"]
        small = Denoise.model_validate(whole | SMALL | {"judging": judging} | changed)
        monkeypatch.setattr(config, "section", lambda name, of: small)
        for one in CACHED:
            one.cache_clear()
        return settings()

    yield use
    for one in CACHED:
        one.cache_clear()


@pytest.fixture
def small(chosen, monkeypatch, tmp_path):
    """Invented records in all parts, and a folder of its own for the networks."""
    names = {"train": ("101", "106"), "validation": ("207",), "test": ("100", "103")}
    names["both"] = ("101", "106", "108")
    found = {
        part: ([record(name, seed=int(name), rare=[7, 20]) for name in of], noise(seed=len(part)))
        for part, of in names.items()
    }
    monkeypatch.setattr(parts, "read", found.__getitem__)
    monkeypatch.setattr(parts, "RECORDS", names)
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "networks")
    return chosen()
