"""The table of latencies, from measurements made by hand."""

import itertools

import pandas as pd

from benchmarks import latency


def test_a_table_has_a_row_a_network_beneath_its_dense_one():
    networks = [
        ("intra", "kachuee2018", "aofp", 0.6, 0.4, 0.52),
        ("intra", "kachuee2018", "aofp", 0.8, 0.2, 0.36),
        ("", "kachuee2018", "one channel", float("nan"), 0.0, 0.2),
    ]
    rows = []
    for (*network, left), layers, beats in itertools.product(
        networks, latency.FORMS, latency.TOGETHER
    ):
        saved = (1 - left) / (1 - network[-1])
        rows.append((*network, layers, beats, 50 * left, 50.0, saved))
    text = latency.to_markdown(pd.DataFrame(rows, columns=latency.COLUMNS))
    head, _, *body = [line.strip("| ").split(" | ") for line in text.splitlines()]
    assert head[2:] == [f"{form}, beats a call: {n}" for form in ("1-D", "2-D") for n in (1, 64)]
    assert body == [
        ["kachuee2018, dense", "100%", *["50.0 us"] * 4],
        ["kachuee2018, AOFP, 60% fewer MACs, intra", "40%", *["52%, 0.80"] * 4],
        ["kachuee2018, AOFP, 80% fewer MACs, intra", "20%", *["36%, 0.80"] * 4],
        ["kachuee2018, one channel", "0%", *["20%, 0.80"] * 4],
    ]
