"""What pruning saves on the device, from networks that can be reckoned by hand."""

import pandas as pd
import pytest

from ecglib.report import devices
from ecglib.settings.sections import Published

PUBLISHED = Published(
    sparsity=0.6, accuracy=0.9, f1=0.8, accuracy_gain=0.1, f1_gain=0.2, complexity_reduction=0.6
)

F1 = {"f1_macro": "macro-F1"}


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
        **{"cycles_p2_small": 1.2 * cycles, "cycles_p2_ws5": 1.5 * cycles},
        **{"flash_total_bytes_small": 800, "ram_bytes_small": 250},
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


def test_savings_are_against_the_own_dense_network():
    saved = devices.savings(TABLE).set_index(["series", "target_sparsity"])
    weights = saved.loc[("multistage", 0.6)]
    assert weights["seeds"] == 2 and weights["macs_saved"] == pytest.approx(0.6)
    assert weights["cycles_saved"] == pytest.approx(1 - 170 / 200)
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
    lucky = TABLE.assign(f1_macro_int8=0.7)  # validated well, tested badly
    assert list(devices.holding(devices.savings(lucky), PUBLISHED)["cycles_p2"]) == [80.0, 170.0]
    none = TABLE.assign(f1_macro_validation_int8=0.7)
    assert devices.holding(devices.savings(none), PUBLISHED).empty


def test_networks_that_trained_on_in_8_bits_are_told_apart():
    tuned = TABLE.assign(aware_epochs=[0, 0, 0, 0, 0, 0, 3])
    rows = devices.savings_to_markdown(devices.savings(tuned), F1).splitlines()
    told = [row for row in rows if row.endswith("| some seeds |")]
    assert len(told) == 1 and told[0].startswith("| toy, multistage, in pairs | 90% |")


def test_the_table_has_a_row_a_network():
    lines = devices.savings_to_markdown(devices.savings(TABLE), F1).splitlines()
    rows = [line for line in lines if line.startswith("| toy")]
    assert len(rows) == 5 and rows[0].startswith("| toy, dense | 0% | 0% | 0% | 0% ")
    pairs = "| toy, multistage, in pairs | 90% | 90% | 90% | 75% | 50 | 1,000 | 500 | 70.00 "
    assert any(row.startswith(pairs) for row in rows)


def test_splits_are_not_mixed():
    two = pd.concat([TABLE, TABLE.assign(split="inter", cycles_p2=1.0)])
    saved = devices.savings(two)
    pd.testing.assert_frame_equal(
        saved[saved["split"] == "intra"], devices.savings(TABLE), check_like=True
    )


def test_patients_apart_are_told_with_the_readings_of_their_literature():
    readings = {"accuracy": "accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"} | F1
    lines = devices.savings_to_markdown(devices.savings(TABLE), readings).splitlines()
    assert "| accuracy | SVEB F1 | VEB F1 | macro-F1 | seeds | " in lines[0]
    row = next(line for line in lines if line.startswith("| toy, multistage, in pairs | 60%"))
    assert row.endswith("| 94.00 (95.00) | 30.00 (31.00) | 91.00 (92.00) | 85.00 (86.00) | 1 |  |")


def test_scores_by_shift_are_told_of_test_beats_a_line_each_network():
    rows = [
        network("multistage", 0.6, f1=0.9 - abs(shift) / 50, part=part, shift=shift)
        | {"trained_with_shifts": trained}
        for trained in (False, True)
        for part in ("validation", "test")
        for shift in (-5, 0, 3)
    ]
    for row in rows:
        row["f1_macro_int8"] -= 0.1 * (row["part"] == "validation") + 0.1 * (
            not row["trained_with_shifts"]
        )
    text = devices.shifts_to_markdown(devices.with_series(pd.DataFrame(rows)))
    head, _, before, after, *_ = text.splitlines()
    assert head == "| network | trained with shifts | -5 | 0 | +3 |"
    assert before == "| toy, multistage, 60% | no | 70.0 | 80.0 | 74.0 |"
    assert after == "| toy, multistage, 60% | yes | 80.0 | 90.0 | 84.0 |"
    assert "seed 0" in text
    dense = network("dense", 0.0, part="test", shift=0) | {"trained_with_shifts": False}
    text = devices.shifts_to_markdown(devices.with_series(pd.DataFrame([dense])))
    assert "| toy, dense | no |" in text  # as in the other tables


def test_both_layouts_of_a_network_stand_in_one_row():
    lines = devices.layouts_to_markdown(devices.savings(TABLE)).splitlines()
    assert "| cycles, for speed | cycles, for memory | flash, for speed |" in lines[0]
    assert "| toy, dense | 200 | 240 | 1,000 | 800 | 500 | 250 |" in lines
    assert "| toy, multistage, 60% | 170 | 204 |" in "\n".join(lines)
