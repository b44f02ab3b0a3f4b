"""What pruning saves on the device, from networks that can be reckoned by hand."""

import pandas as pd
import pytest

from ecglib.report import device_statements, device_tables, devices
from ecglib.settings.sections import Published

PUBLISHED = Published(
    sparsity=0.6, accuracy=0.9, f1=0.8, accuracy_gain=0.1, f1_gain=0.2, complexity_reduction=0.6
)


def network(method, target, *, seed=0, macs=100, cycles=200.0, f1=0.85, **changed):
    """One row of device.csv; the validation score is the test score, 8 bits cost a point."""
    dense = method == "dense"
    named = dict.fromkeys(("criterion", "schedule", "allocation", "budget"), "none")
    if not dense:
        named = {"criterion": "magnitude", "schedule": "eight_stages"}
        named |= {"allocation": "global", "budget": "weights"}
    return {
        **{"split": "intra", "model": "toy", "method": method, "seed": seed, **named},
        **{"target_sparsity": target, "sparsity": target, "aware_epochs": 0, "pattern": "any"},
        **{"macs": 100, "macs_effective": macs, "cycles_p2": cycles, "cycles_dense": 200.0},
        **{"accuracy": 0.95, "f1_macro": f1 + 0.01, "accuracy_int8": 0.94, "f1_macro_int8": f1},
        **{"f1_macro_validation_int8": f1, "f1_SVEB": 0.31, "f1_SVEB_int8": 0.3},
        **{"f1_VEB": 0.92, "f1_VEB_int8": 0.91},
        **{"energy_uj_low": cycles / 4, "energy_uj_high": cycles / 2},
        **{"flash_weight_bytes": 700, "flash_total_bytes": 1000, "ram_bytes": 500},
        **changed,
    }


TABLE = devices.with_series(
    pd.DataFrame(
        [
            network("dense", 0.0),
            network("dense", 0.0, seed=1),
            network("multistage", 0.6, macs=40, cycles=180.0),
            network("multistage", 0.6, macs=40, cycles=160.0, seed=1, f1=0.9),
            network("multistage", 0.6, macs=40, cycles=80.0, allocation="pairs"),
            network("multistage", 0.6, macs=30, cycles=70.0, budget="macs", f1=0.7),
            network("multistage", 0.9, macs=10, cycles=50.0, allocation="pairs", f1=0.7),
        ]
    )
)


def test_savings_are_against_the_own_dense_network_and_the_standard_kernel():
    saved = devices.savings(TABLE).set_index(["series", "target_sparsity"])
    weights = saved.loc[("multistage", 0.6)]
    assert weights["seeds"] == 2 and weights["macs_saved"] == pytest.approx(0.6)
    assert weights["cycles_saved"] == pytest.approx(1 - 170 / 200)
    assert weights["standard_saved"] == pytest.approx(1 - 170 / 252)
    assert weights["f1_macro_int8"] == pytest.approx(0.875)
    assert saved.loc[("dense", 0.0), "cycles_saved"] == 0


def test_targets_of_a_series_ascend():
    late = TABLE.iloc[::-1]
    saved = devices.savings(late)
    pairs = saved[(saved["series"] == "multistage, in pairs") & (saved["budget"] == "weights")]
    assert list(pairs["target_sparsity"]) == [0.6, 0.9]
    assert saved["series"].iloc[-1] == "dense", "the series stay in the table's order"


def test_what_is_named_is_chosen_by_validation_and_told_by_test():
    held = devices.holding(devices.savings(TABLE), PUBLISHED)
    assert list(held["cycles_p2"]) == [80.0, 170.0]
    words = device_statements.findings(devices.savings(TABLE), TABLE, PUBLISHED)
    assert "multistage, in pairs: 60% fewer MACs, 60% fewer cycles" in words
    assert "70 cycles" not in words and "MACs budget" not in words  # 60 % of what is said plainly
    assert "What removing 60% of the MACs means on toy: multistage: 70% fewer MACs, 65% f" in words
    assert "Cheapest in cycles that holds the published F1 on validation beats: toy, mul" in words
    small = "1.0 KiB of flash and 0.5 KiB of RAM, within a part of 32 and 8 KiB"
    assert f"40%: toy, multistage, in pairs, target 60%, 80 cycles a beat, {small}." in words
    assert "85.00 macro-F1 (1 seed), published scores held" in words

    lucky = TABLE.assign(f1_macro_int8=0.7)  # validated well, tested badly
    words = device_statements.findings(devices.savings(lucky), lucky, PUBLISHED)
    assert "80 cycles a beat" in words and "published scores missed" in words
    none = TABLE.assign(f1_macro_validation_int8=0.7)
    words = device_statements.findings(devices.savings(none), none, PUBLISHED)
    assert "No pruned network holds the published F1 on validation beats in 8 bits." in words


def test_networks_that_trained_on_in_8_bits_are_told_apart():
    tuned = TABLE.assign(aware_epochs=[0, 0, 0, 0, 0, 0, 3])
    tuned.loc[6, "f1_macro_int8"] = 0.75
    words = device_statements.findings(devices.savings(tuned), tuned, PUBLISHED)
    assert (
        "8 bits cost 0.29 points of macro-F1 on the mean of these 7 networks (-4.00 to +1.00), "
        in words
    )
    assert "more than 0.2 points on 6; in that are 1 networks fine-tuned under rounding" in words
    assert "they cost -4.00 points still" in words
    rows = device_tables.savings_markdown(devices.savings(tuned), [0.6, 0.9]).splitlines()
    starred = [row for row in rows if row.startswith("| toy") and r"\*" in row]
    assert len(starred) == 1 and starred[0].startswith("| toy, multistage, in pairs | 90% |")


def test_the_summary_tells_what_is_saved_and_who_holds_with_the_fewest_cycles():
    words = device_statements.summary(devices.savings(TABLE), PUBLISHED, "toy")
    first, *_, last = [line for line in words.splitlines() if line.startswith("| ")][2:]
    assert first.startswith("| multistage, MACs budget | 70% | 65% | 70 | 1.0, 0.5 | ")
    assert last.startswith("| dense | 0% | 0% | 200 | ")
    assert "| multistage | 60% | 15% | 170 | 1.0, 0.5 | " in words
    assert "on validation beats: 80 cycles, 1.0 KiB of flash and 0.5 KiB of RAM, within" in words
    assert "(toy, multistage, in pairs, target 60%; on test beats 85.00 macro-F1, publi" in words
    assert "1 seed). Smallest share of its own dense cycles: 40%, 80 cycles" in words
    large = devices.savings(TABLE.assign(ram_bytes=9000))
    assert "8.8 KiB of RAM, beyond a part" in device_statements.summary(large, PUBLISHED, "toy")
    none = devices.savings(TABLE.assign(f1_macro_validation_int8=0.1))
    assert "Smallest share" not in device_statements.summary(none, PUBLISHED, "toy")


def test_battery_by_hand():
    """20 to 40 microjoules a beat: 25 to 50 beats a millijoule, 70 / 60 beats a second."""
    said = device_statements.battery(pd.Series({"energy_uj_low": 20.0, "energy_uj_high": 40.0}))
    assert said.startswith("It classifies 25 to 50 beats per millijoule")
    assert "at 70 beats a minute 23 to 47 microwatts" in said


def test_the_table_has_the_asked_sparsities_and_the_dense_network():
    lines = device_tables.savings_markdown(devices.savings(TABLE), [0.9]).splitlines()
    assert len(lines) == 6 and lines[2].startswith("| toy, dense | 0% | 0% | 0% | 0% ")
    assert lines[3].startswith("| toy, multistage, in pairs | 90% | 90% | 90% | 75% | 80% | 50 ")


def test_splits_are_not_mixed():
    two = pd.concat([TABLE, TABLE.assign(split="inter", cycles_p2=1.0)])
    saved = devices.savings(two)
    pd.testing.assert_frame_equal(
        saved[saved["split"] == "intra"], devices.savings(TABLE), check_like=True
    )
    with pytest.raises(ValueError, match="networks of several splits: intra, inter"):
        device_statements.findings(saved, two, PUBLISHED)


def test_patients_apart_are_told_with_the_readings_of_their_literature():
    lines = device_tables.apart_markdown(devices.savings(TABLE), TABLE).splitlines()
    row = next(line for line in lines if line.startswith("| toy, multistage, in pairs | 60%"))
    assert row.endswith(
        "| 60% | 60% | 80 | 1,000 | 500 | 94.0 (95.0) | 30.0 (31.0) | 91.0 (92.0) "
        "| 85.0 (86.0) | 1 |"
    )


def test_what_whole_filters_save_is_told_beside_what_they_compute():
    smaller = network("aofp", 0.6, macs=40, cycles=92.0, budget="macs", pattern="filters")
    smaller |= {"criterion": "none", "allocation": "none"}
    table = devices.with_series(pd.DataFrame([network("dense", 0.0), smaller]))
    words = device_statements.findings(devices.savings(table), table, PUBLISHED)
    told = "AOFP, target 60%: 60% fewer MACs, 54% fewer cycles, 0.90 of what the MACs say."
    assert f"What whole filters save on toy: {told}" in words
