"""Every method of the room on invented beats, from the dense network to its kept file."""

import math

import pytest
import torch

from ecglib import models
from ecglib.device.cost import macs_per_weight, total_costs
from ecglib.frontier import cells, filters, fits, methods, origin, ways
from ecglib.frontier.methods import METHODS, Cell
from ecglib.models.slim import with_weights
from ecglib.pruning import masks as mask_values
from ecglib.pruning.filters.groups import widths


class Declared:
    """The section, but only the parts that a method says it reads, and what all share."""

    def __init__(self, section, method):
        self.section = section
        self.parts = {*METHODS[method].settings, "epochs", "epochs_of", "fitting"}

    def __getattr__(self, name):
        assert name in self.parts, f"the method reads {name} and does not say so"
        return getattr(self.section, name)


DENSE = ("dense_balanced",)
IN_MACS = ("obs_macs",)
FILTERS = ("obs_after_filters",)
PRUNE = [n for n in METHODS if n not in DENSE + FILTERS and METHODS[n].from_dense]


@pytest.mark.parametrize("method", PRUNE)
def test_a_method_spends_the_epochs_and_reaches_the_target_to_the_weight(
    small, method, monkeypatch
):
    for module in (fits, methods, ways):  # where methods read: the digest holds what they declare
        monkeypatch.setattr(module, "settings", lambda: Declared(small, method))
    kept = cells.run(cell := Cell("acharya2017", method, 0.9, 0))
    network = models.load("acharya2017", cells.network_path(cell))
    weights = mask_values.prunable(network)
    total = sum(w.numel() for w in weights.values())
    assert len(kept.history) == kept.epochs == small.epochs
    assert [row["epoch"] for row in kept.history] == list(range(1, small.epochs + 1))
    each = macs_per_weight(network) if method in IN_MACS else dict.fromkeys(weights, 1)
    price = sum(each[name] * w.numel() for name, w in weights.items())
    left = sum(each[name] * int((w != 0).sum()) for name, w in weights.items())
    budget = price - round(0.9 * price)
    assert budget - max(each.values()) < left <= budget
    assert kept.weights == sum(int((w != 0).sum()) for w in weights.values())
    assert kept.sparsity == pytest.approx(1 - kept.weights / total, abs=1e-6)
    steps = [row["epoch"] for row in kept.events]
    assert steps == sorted(steps) and 0 <= steps[0] and steps[-1] <= small.epochs
    assert all(math.isfinite(row["validation_f1_macro"]) for row in kept.history)


def test_weights_that_left_with_filters_count_towards_the_target(small, monkeypatch):
    study = filters.config.settings()
    quick = {"iterations_per_half": 1, "theta": 1e9, "warm_up": 0, "share": 1.0}
    search = study.filter_prune.search.model_copy(update=quick)
    changed = study.filter_prune.model_copy(update={"search": search})
    before = origin.made_from(cell := Cell("acharya2017", *FILTERS, 0.9, 0))
    with monkeypatch.context() as patch:
        quicker = study.model_copy(update={"filter_prune": changed})
        patch.setattr(filters.config, "settings", lambda: quicker)
        kept = cells.run(cell)
        assert kept.made_from != before
        course = fits.start(cell.model, cell.seed, cell.target)
        with pytest.raises(ValueError, match="lower frontier.filters.removed, or raise"):
            filters.remove_filters(course, small.filters, 0.01)
    dense = models.build("acharya2017")
    saved = models.read_weights(cells.network_path(cell))
    network = with_weights(models.build("acharya2017"), saved)
    whole = sum(w.numel() for w in mask_values.prunable(dense).values())
    weights = mask_values.prunable(network).values()
    assert sum(w.numel() for w in weights) < whole, "no filter has left"
    left = sum(int((w != 0).sum()) for w in weights)
    assert left == kept.weights == pytest.approx(0.1 * whole, abs=1)
    assert kept.sparsity == pytest.approx(0.9, abs=1e-3)
    assert kept.macs <= (1 - small.filters.removed) * total_costs(dense, dense.input_shape)["macs"]
    assert len(kept.history) == kept.epochs == small.epochs
    first, second = kept.events[:2]
    assert first["epoch"] == 1, "told where the search ended, not where its training did"
    assert first["widths"] == widths(network) and second["epoch"] > small.filters.epochs
    told = [row["sparsity"] for row in kept.events]
    assert told == sorted(told) and 0 < told[0] and told[-1] == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("method", ["obs", "granet", "gradient_40"])
def test_a_seed_gives_the_same_network_again(small, method):
    found = []
    for _ in range(2):
        cells.run(cell := Cell("acharya2017", method, 0.9, 1))
        found.append(models.read_weights(cells.network_path(cell)))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    start = models.read_weights(fits.dense_path("acharya2017", 1))
    assert any(not torch.equal(found[0][name], start[name]) for name in start)
