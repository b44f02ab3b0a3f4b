"""Latencies: what is measured, and the table made of it."""

import itertools

import pandas as pd

from benchmarks import latency


def test_each_network_is_timed_beside_the_dense_one_of_its_model(monkeypatch):
    monkeypatch.setattr(latency, "ROUNDS", 2)
    monkeypatch.setattr(latency, "_of_the_sweep", lambda seed: [])
    found = latency.measured()
    assert list(found.columns) == latency.COLUMNS
    assert len(found) == len(latency.NARROW) * len(latency.TOGETHER)
    assert (found[["us", "us_dense"]] > 0).all(axis=None)
    assert (found.groupby(["model", "beats"])["us_dense"].nunique() == 1).all()
    block = found[found["method"] == "one block of channels"]
    assert block["macs_fraction"].between(0.0625, 0.065).all(), "the square of a quarter, nearly"


def test_a_table_has_a_row_a_network_beneath_its_dense_one():
    networks = [
        ("intra", "kachuee2018", "aofp", 0.6, 0.4, 0.52),
        ("intra", "kachuee2018", "aofp", 0.8, 0.2, 0.36),
        ("", "kachuee2018", "one channel", float("nan"), 0.0, 0.2),
    ]
    rows = []
    for (*network, left), beats in itertools.product(networks, latency.TOGETHER):
        saved = (1 - left) / (1 - network[-1])
        rows.append((*network, beats, 50 * left, 50.0, saved, saved - 0.01))
    text = latency.to_markdown(pd.DataFrame(rows, columns=latency.COLUMNS))
    head, _, *body = [line.strip("| ").split(" | ") for line in text.splitlines()]
    assert head[2:] == ["beats a call: 1", "beats a call: 64"]
    assert body == [
        ["kachuee2018, dense", "100%", *["50.0 us"] * 2],
        ["kachuee2018, AOFP, 60% fewer MACs, intra", "40%", *["52%, 0.80"] * 2],
        ["kachuee2018, AOFP, 80% fewer MACs, intra", "20%", *["36%, 0.80"] * 2],
        ["kachuee2018, one channel", "0%", *["20%, 0.80"] * 2],
    ]
