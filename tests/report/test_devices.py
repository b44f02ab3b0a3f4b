"""What pruning saves on the device, from networks that can be reckoned by hand."""

import pandas as pd
import pytest

from ecglib.report import devices
from ecglib.schema import Published

PUBLISHED = Published(
    sparsity=0.6, accuracy=0.9, f1=0.8, accuracy_gain=0.1, f1_gain=0.2, complexity_reduction=0.6
)


def network(method, pattern, target, *, seed=0, macs=100, cycles=200.0, f1=0.85, budget="weights"):
    return {
        **{"split": "intra", "model": "toy", "method": method, "pattern": pattern, "seed": seed},
        **{"budget": budget, "target_sparsity": target, "sparsity": target},
        **{"macs": 100, "macs_effective": macs, "cycles_p2": cycles, "cycles_dense": 200.0},
        **{"accuracy": 0.95, "f1_macro": f1 + 0.01, "accuracy_int8": 0.94, "f1_macro_int8": f1},
        **{"energy_uj_low": cycles / 4, "energy_uj_high": cycles / 2},
        **{"flash_total_bytes": 1000, "ram_bytes": 500},
    }


TABLE = devices.with_series(
    pd.DataFrame(
        [
            network("dense", "dense", 0.0, budget="none"),
            network("dense", "dense", 0.0, budget="none", seed=1),
            network("multistage", "weights", 0.6, macs=40, cycles=180.0),
            network("multistage", "weights", 0.6, macs=40, cycles=160.0, seed=1, f1=0.9),
            network("multistage", "pairs", 0.6, macs=40, cycles=80.0),
            network("multistage", "pairs", 0.9, macs=10, cycles=50.0, f1=0.7),
        ]
    )
)


def test_savings_are_against_the_own_dense_network_and_the_standard_kernel():
    saved = devices.savings(TABLE).set_index(["series", "target_sparsity"])
    weights = saved.loc[("multistage, single weights", 0.6)]
    assert weights["seeds"] == 2 and weights["macs_saved"] == pytest.approx(0.6)
    assert weights["cycles_saved"] == pytest.approx(1 - 170 / 200)
    assert weights["standard_saved"] == pytest.approx(1 - 170 / 252)
    assert weights["f1_macro_int8"] == pytest.approx(0.875)
    assert saved.loc[("dense", 0.0), "cycles_saved"] == 0


def test_only_networks_that_hold_the_published_scores_in_8_bits_are_named():
    held = devices.holding(devices.savings(TABLE), PUBLISHED)
    assert list(held["cycles_p2"]) == [80.0, 170.0, 200.0]
    words = devices.findings(devices.savings(TABLE), PUBLISHED)
    assert "multistage, pairs: 60% fewer MACs, 60% fewer cycles" in words
    assert "Cheapest in cycles that holds the published scores: toy, multistage, pairs" in words
    assert "(40%): toy, multistage, pairs, target 60%, 80 cycles a beat" in words
    assert "8 bits cost +1.00 points" in words
    none = devices.savings(TABLE[TABLE["target_sparsity"] != 0.6])
    assert "No pruned network holds" in devices.findings(none, PUBLISHED)


def test_battery_by_hand():
    """20 to 40 microjoules a beat: 25 to 50 beats a millijoule, 70 / 60 beats a second."""
    said = devices.battery(pd.Series({"energy_uj_low": 20.0, "energy_uj_high": 40.0}))
    assert said.startswith("It classifies 25 to 50 beats per millijoule")
    assert said.endswith("at 70 beats a minute 23 to 47 microwatts.")


def test_the_table_has_the_asked_sparsities_only():
    lines = devices.savings_markdown(devices.savings(TABLE), [0.9]).splitlines()
    assert len(lines) == 3 and lines[2].startswith("| toy, multistage, pairs | 90% | 90% | 90% ")


def test_a_network_of_no_series_is_an_error():
    with pytest.raises(KeyError):
        devices.with_series(TABLE.drop(columns="series").assign(method="lottery_ticket"))
