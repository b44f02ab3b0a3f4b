"""The finished cells in git say what their networks and confusions say, by today's code."""

import pandas as pd
import pytest

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.results.runs import Key
from ecglib.sweep import grid, results, store
from ecglib.sweep.errors import SweepError

KEEPING = [
    cell
    for cell in grid.load()
    if cell.keeps_weights and (file := store.load(cell)) and file.weights
]


@pytest.mark.parametrize("cell", KEEPING, ids=lambda cell: cell.name)
def test_what_a_kept_network_costs_is_what_its_row_says(cell):
    file = store.load(cell)
    kept = {path.stem: path for path in (store.FOLDER / name for name in file.weights)}
    rows = {Key(*(getattr(row, field) for field in Key._fields)).name: row for row in file.networks}
    assert kept.keys() & rows.keys()
    for name in kept.keys() & rows.keys():
        network = models.load(cell.parameters["model"], kept[name])
        found = total_costs(network, network.input_shape)
        assert found["macs_effective"] == rows[name].macs_effective
        assert found["params_nonzero"] == rows[name].params_nonzero


def test_scores_that_are_not_those_of_the_confusions_are_refused():
    cell = KEEPING[0]
    rows = [{"cell": cell.name, **row.model_dump()} for row in store.load(cell).networks]
    networks = pd.DataFrame(rows)
    results._require_own_scores(networks)
    networks.loc[1, "f1_macro"] += 0.001
    with pytest.raises(SweepError, match=f"{cell.name}: its f1_macro is not that of its confusion"):
        results._require_own_scores(networks)
