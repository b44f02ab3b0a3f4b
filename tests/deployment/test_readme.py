"""What a folder of firmware says of whom it is for, and of how it compares."""

import pandas as pd
import pytest

from ecglib.deployment import readme
from ecglib.deployment.beside import Apart, Kind
from ecglib.results.runs import Key

KEY = Key("intra", "acharya2017", "aofp", "aofp", "eight_stages", "none", "macs", 0.8, 0)
COSTS = {"flash_weight_bytes": 6_000, "flash_total_bytes": 11_000, "ram_bytes": 2_000}
ROW = COSTS | {"cycles_p2": 42_000.0, "cycles_p2_ws5": 50_500.0, "kernel": "first+dense"}
MEANS = pd.Series(ROW | {"accuracy_int8": 0.98, "f1_macro_int8": 0.937, "cycles_p2": 40_000.0})
APART = Apart("this kind of network", 5, 0.7, 0.25, 0.89)


@pytest.fixture(autouse=True)
def a_compiler(monkeypatch):
    monkeypatch.setattr(readme.compiler, "device_compiler", lambda: ["gcc"])
    monkeypatch.setattr(readme.compiler, "version", lambda command: "gcc 1.2")


def said(key=KEY, f1=0.94, seeds=3, apart=APART):
    shifts = [
        {"part": part, "shift": shift, "trained_with_shifts": trained, "accuracy_int8": 0.98}
        | {"f1_macro_int8": f1 - abs(shift) / 100 - 0.1 * (not trained) - 0.2 * (part != "test")}
        for trained in (False, True)
        for part in ("validation", "test")
        for shift in (3, 0, -5)
    ]
    facts = readme.Facts(
        key, ROW, 32, True, 0.9999, Kind(seeds, MEANS), apart, pd.DataFrame(shifts)
    )
    return " ".join(readme.text(facts).split())


def test_a_network_of_random_beats_says_that_it_has_met_its_patients():
    text = said()
    assert "others of the same patients were among those that it was trained on" in text
    assert "On patients never met this kind of network, trained for them, reaches 70.0% acc" in text
    assert "25.0 macro-F1" in text and "has 89.0% accuracy" in text


def test_what_was_not_asked_is_said():
    assert "For patients never met this model was not tested." in said(apart=None)


def test_a_network_for_patients_apart_is_for_patients_never_met():
    text = said(KEY._replace(split="inter"))
    assert "Patients that it has never met" in text and "others of the same" not in text


@pytest.mark.parametrize(("f1", "verdict"), [(0.94, "held"), (0.93, "missed")])
def test_this_network_stands_beside_the_mean_of_its_seeds(f1, verdict):
    text = said(f1=f1)
    assert f"| 98.00% accuracy, {100 * f1:.2f} macro-F1 | 98.00% accuracy, 93.70 macro-F1 |" in text
    assert f"97.70%, 93.59: {verdict} |" in text and "| 42,000 | 40,000 |" in text
    assert "mean of 3 seeds, not" in text and "mean of 1 seed, not" in said(seeds=1)


def test_what_a_slow_flash_costs_is_told():
    assert "| 42,000 | 40,000 |" in said()
    assert "5 wait states and an accelerator, by a model | 50,500 |" in said()


def test_builds_that_cost_much_are_told_and_others_are_not():
    text = said()
    assert "- gcc 12.2 `-Og`: 4.4 to 5.8" in text and "clang" in text and "`-O3`" not in text
    assert "99.99% of the test beats" in text


def test_what_late_r_peaks_cost_is_told_of_test_beats_before_and_after():
    text = said()
    assert "| samples of 360 Hz late | -5 | 0 | +3 |" in text
    assert "| this network | 89.0 | 94.0 | 91.0 | | before | 79.0 | 84.0 | 81.0 |" in text
