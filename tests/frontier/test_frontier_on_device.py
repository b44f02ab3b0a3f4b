"""A kept second-order network on the device, on invented beats."""

import pytest

from ecglib.data.splits import split_indices
from ecglib.deployment import integers
from ecglib.deployment.integers import Part, Source
from ecglib.frontier import cells, fits, on_device, pareto
from ecglib.frontier.methods import Cell

CELL = Cell("acharya2017", "obs", 0.9, 0)


@pytest.fixture
def found(small, beats, monkeypatch):
    """A kept cell, and its beats where the device's code looks for them."""
    data, index = fits.load_data("acharya2017", 0), split_indices(beats, fits.SPLIT, 0)
    parts = {}
    for part in ("validation", "test"):
        windows, labels = data.tensors(part)
        parts[part] = Part(windows, beats.adc[index[part]], labels)
    monkeypatch.setattr(integers, "source", lambda *key: Source(data, parts, raw=True))
    return {CELL: cells.run(CELL)}


def test_scores_are_of_the_integers_costs_of_the_core_and_without_a_compiler_none(
    found, monkeypatch
):
    table = on_device.table(found, "acharya2017")
    if table.empty:
        pytest.skip("no cross compiler")
    (row,) = table.to_dict("records")
    assert (row["label"], row["target"]) == ("Optimal Brain Surgeon, one cycle", 0.9)
    counts = [pair for of in found[CELL].confusion.values() for pair in of.items()]
    right = sum(n for (true, called), n in counts if true == called)
    assert row["accuracy"] == pytest.approx(right / sum(n for _, n in counts), abs=0.1)
    assert 10_000 < row["cycles"] < 200_000 and row["energy_uj_high"] > row["energy_uj_low"] > 0
    assert pareto.of_room(table)["code"].tolist() == [pareto.SECOND_ORDER]
    assert on_device.table({}, "acharya2017").empty

    def missing():
        raise on_device.CompilerMissing("none")

    monkeypatch.setattr(on_device.compiler, "device_compiler", missing)
    assert on_device.table(found, "acharya2017").columns.tolist() == list(pareto.SHORT)
