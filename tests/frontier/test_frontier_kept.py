"""The cells in git: each file tells the truth of the network beside it, by today's code."""

import pytest

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.frontier import cells, fits, origin, prices
from ecglib.frontier.methods import METHODS, Cell
from ecglib.frontier.results import IN_MACS
from ecglib.frontier.settings import settings
from ecglib.frontier.short import NAME, Short
from ecglib.models.slim import with_weights
from ecglib.pruning import masks as mask_values

KEPT = [cell for cell in cells.grid() if cells.path_of(cell).is_file()]


def test_no_cell_asks_in_vain_for_its_dense_network_and_no_file_for_its_cell():
    for cell in cells.grid():
        assert len(cells.made_from(cell)) == 64
    assert not list(cells.strays())


def test_every_run_of_the_core_is_kept():
    assert set(cells.grid(extended=False)) <= set(KEPT)


@pytest.mark.parametrize("cell", KEPT, ids=[cell.name for cell in KEPT])
def test_what_is_kept_is_of_todays_settings_and_true_of_its_network(cell: Cell):
    kept = cells.load(cell)
    assert cells.finished(cell), "made from other settings"
    like = Short() if cell.model == NAME else models.build(cell.model)
    dense = sum(weight.numel() for weight in mask_values.prunable(like).values())
    network = with_weights(like, models.read_weights(cells.network_path(cell))).eval()
    weights = mask_values.prunable(network).values()
    left = sum(int((weight != 0).sum()) for weight in weights)
    total = dense if METHODS[cell.method].from_dense else sum(w.numel() for w in weights)
    assert (kept.weights, kept.sparsity) == (left, pytest.approx(1 - left / total, abs=1e-6))
    assert kept.macs == total_costs(network, network.input_shape)["macs_effective"]
    if METHODS[cell.method].from_dense:
        assert kept.epochs == len(kept.history) == fits.epochs_of(cell.model)
        measured = origin.on_the_device(cell)
        assert ("cycles" in kept.device) == measured, "it was run without a cross compiler"
        if cell.method not in IN_MACS:
            assert left == total - round(cell.target * total)
    else:
        chosen = settings().short
        assert kept.epochs == len(kept.history) == chosen.cut_epochs + chosen.epochs
        assert "cycles" in kept.device, "it was run without a cross compiler"
        price = prices.macs if cell.method == "short_by_macs" else prices.cycles
        assert price(network) <= (1 - cell.target) * price(Short())
