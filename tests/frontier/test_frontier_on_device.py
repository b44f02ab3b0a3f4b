"""A pruned network's cell says what it is worth and costs on the device, on invented beats."""

import pytest

from ecglib.frontier import cells, on_device, pareto, words
from ecglib.frontier.methods import METHODS, Cell

CELL = Cell("acharya2017", "obs", 0.9, 0)


def test_a_kept_cell_has_scores_of_the_integers_and_costs_of_the_emulated_core(small):
    kept = cells.run(CELL)
    device, counts = kept.device, [p for of in kept.confusion.values() for p in of.items()]
    right = sum(n for (true, called), n in counts if true == called)
    assert device["accuracy"] == pytest.approx(right / sum(n for _, n in counts), abs=0.1)
    assert device["validation"].keys() == {"f1_macro", "accuracy"}
    if "cycles" not in device:
        pytest.skip("no cross compiler")
    assert 10_000 < device["cycles"] == device["cycles_p2"] < 138_000  # the dense network's
    assert device["energy_uj_high"] > device["energy_uj_low"] > 0
    table = pareto.measured({CELL: kept})
    assert pareto.of_room(table)["code"].tolist() == ["second order"]
    rival = {CELL._replace(method="free"): kept}
    assert pareto.of_room(pareto.measured(rival))["code"].tolist() == ["rivals of it"]
    assert pareto.short({CELL: kept}).empty
    assert f"| 90% | 1 | {100 * device['f1_macro']:.2f} (" in words.device_table(table)


def test_without_a_compiler_a_cell_has_its_scores_and_no_row_among_the_measured(small, monkeypatch):
    def missing():
        raise on_device.CompilerMissing("none")

    monkeypatch.setattr(on_device.compiler, "device_compiler", missing)
    reached = METHODS["free"](CELL._replace(method="free"))
    device = on_device.assessed(reached.network, "acharya2017", 0)
    assert device.keys() == {"validation", "f1_macro", "accuracy"}


def test_what_is_not_asked_of_the_device_is_not_measured(small):
    assert cells.run(CELL._replace(method="granet")).device == {}
