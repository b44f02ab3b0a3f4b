"""Macro-F1 against cycles: who is on the front, and what the rows are made of."""

import pandas as pd
import pytest

from ecglib import paths
from ecglib.frontier import pareto
from ecglib.frontier.cells import Kept
from ecglib.frontier.methods import Cell


def kept(seed, f1, cycles, method="short_by_cycles"):
    """A finished cell and what is kept of it."""
    device = {"f1_macro": f1, "accuracy": 0.99, "cycles": cycles, "ram_bytes": 900}
    device |= {"flash_total_bytes": 6000, "energy_uj_low": 1.0, "energy_uj_high": 2.0}
    device |= {"widths": [4, 8, 8, 16], "cycles_of_sums": 9, "validation": {"f1_macro": f1}}
    cell = Cell("short", method, 0.7, seed)
    return cell, Kept(
        cell=cell._asdict(),
        made_from="",
        epochs=1,
        sparsity=0.0,
        macs=1,
        weights=1,
        validation={},
        confusion={},
        history=[],
        events=[],
        device=device,
    )


def test_a_cell_of_each_seed_is_one_row_of_means():
    found = [kept(0, 0.93, 15000), kept(1, 0.94, 15200), kept(0, 0.9, 1, "short_dense")]
    rows = pareto.of_room(pareto.short(dict(found)))
    assert rows["seeds"].tolist() == [2, 1]
    assert rows["f1_macro_int8"].tolist() == pytest.approx([0.935, 0.9])
    assert rows["cycles"].tolist() == pytest.approx([15100, 1])


def test_a_cell_that_was_not_measured_is_left_out():
    cell, one = kept(0, 0.93, 15000)
    del one.device["cycles"]
    assert pareto.of_room(pareto.short({cell: one})).empty


def test_the_front_is_of_those_that_nobody_beats_in_both():
    points = pd.DataFrame(
        {"cycles": [10, 20, 20, 30, 30], "f1_macro_int8": [0.9, 0.9, 0.92, 0.91, 0.95]}
    )
    assert pareto.on_front(points) == [True, False, True, False, True]


def test_the_table_has_every_network_of_the_study_and_no_peer_on_the_front():
    device = pd.read_csv(paths.TABLES / "device.csv")
    peers = pd.read_csv(paths.TABLES / "device" / "peers.csv")
    cells = pareto.short(dict([kept(0, 0.9999, 1.0)]))
    found = pareto.points(cells, device, peers)
    assert found["cycles"].is_monotonic_increasing
    assert not found.drop(columns="flash_bytes").isna().any().any()  # of one peer not known
    kinds = ["model", "series", "target_sparsity"]
    assert (found["code"] == pareto.STUDY).sum() == device[device["split"] == "intra"].groupby(
        kinds
    ).ngroups
    assert found.loc[found["front"], "code"].tolist() == [pareto.ROOM]  # it beats all
    others = found[~found["code"].isin([pareto.STUDY, pareto.ROOM])]
    assert {"acharya2017", "kachuee2018"} == set(others["model"])
    dense = found[(found["code"] == pareto.STUDY) & (found["target"] == 0)].set_index("model")
    for row in others.itertuples():
        assert row.f1_macro_int8 == dense.loc[row.model, "f1_macro_int8"]
        assert row.cycles > dense.loc[row.model, "cycles"]
