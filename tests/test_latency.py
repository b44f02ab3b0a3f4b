"""Latencies: what is measured, and the table made of it."""

import itertools

import pandas as pd
import pytest

from benchmarks import latency
from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.methods.trial import settings
from ecglib.results.runs import Key


def key(method: str, seed: int) -> Key:
    return Key(
        split="intra",
        model="acharya2017",
        method=method,
        criterion="none",
        schedule="eight_stages",
        allocation="none",
        budget="macs",
        target_sparsity=0.6,
        seed=seed,
    )


@pytest.fixture(scope="module")
def timed():
    """`measured` by another clock: a MAC takes dense networks 1 us, the others 1, 2 and 3."""
    dense = [models.build(model) for model in models.MODELS]
    whole = {total_costs(network, network.input_shape)["macs"] for network in dense}

    def us(self) -> float:
        self.rounds = getattr(self, "rounds", 0) + 1
        return self.macs * (1 if self.macs in whole else (self.rounds - 1) % latency.ROUNDS + 1)

    kept = {key("aofp", 0): "a", key("aofp", 1): "b", key("multistage", 0): "c"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "SESSIONS", 1)
        patch.setattr(latency, "ROUNDS", 3)
        patch.setattr(latency._Timed, "us", us)
        patch.setattr(latency.kept, "networks", lambda: (kept, []))
        patch.setattr(latency.models, "load", lambda model, _: models.build(model, width=0.5))
        return latency.measured(seed=0)


def test_each_network_is_compared_with_the_dense_one_of_its_model(timed):
    assert list(timed.columns) == latency.COLUMNS
    narrow = {(model, method) for model, _, method in latency.NARROW}
    of_a_call = timed.groupby("beats")[["model", "method"]].apply(
        lambda rows: set(rows.itertuples(index=False, name=None))
    )
    assert of_a_call.to_dict() == dict.fromkeys(
        latency.TOGETHER, narrow | {("acharya2017", "aofp")}
    )
    assert (timed["us"] / timed["us_dense"]).values == pytest.approx(timed["macs_fraction"])
    share = settings().filter_prune.block / 32
    block = timed[timed["method"] == "one block of channels"]
    assert block["macs_fraction"].values == pytest.approx(share**2, rel=0.05)


def test_the_fastest_round_and_the_median_are_told_apart(timed):
    assert timed["saved_per_mac"].values == pytest.approx(1)
    left = timed["macs_fraction"]
    assert timed["us_median"].values == pytest.approx(2 * timed["us"])
    assert timed["saved_per_mac_median"].values == pytest.approx((1 - 2 * left) / (1 - left))


def test_a_table_has_a_row_a_network_beneath_its_dense_one():
    networks = [
        ("intra", "kachuee2018", "aofp", 0.6, 0.4, 0.52),
        ("intra", "kachuee2018", "aofp", 0.8, 0.2, 0.36),
        ("", "kachuee2018", "one channel", float("nan"), 0.0, 0.2),
    ]
    rows = []
    for (*network, left), beats in itertools.product(networks, latency.TOGETHER):
        saved = (1 - left) / (1 - network[-1])
        rows.append((*network, beats, 50 * left, 50.0, saved, 60 * left, 55.0, saved - 0.02))
    text = latency.to_markdown(pd.DataFrame(rows, columns=latency.COLUMNS))
    table, legend = text.split("\n\n")
    head, _, *body = [line.strip("| ").split(" | ") for line in table.splitlines()]
    assert head[2:] == ["beats a call: 1", "beats a call: 64"]
    assert body == [
        ["kachuee2018, dense", "100%", *["50.0 us"] * 2],
        ["kachuee2018, AOFP, 60% fewer MACs, intra", "40%", *["52%, 0.80 (0.78)"] * 2],
        ["kachuee2018, AOFP, 80% fewer MACs, intra", "20%", *["36%, 0.80 (0.78)"] * 2],
        ["kachuee2018, one channel", "0%", *["20%, 0.80 (0.78)"] * 2],
    ]
    assert "median" in legend


def test_a_session_gives_times():
    network = latency._Timed(models.build("acharya2017", width=0.2))
    for beats in latency.TOGETHER:
        network.start(beats)
        assert network.us() > 0
