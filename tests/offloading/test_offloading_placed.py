import numpy as np
import pandas as pd
import pytest

from ecglib.offloading import in_short, placed, words
from ecglib.offloading.device_networks import Network
from ecglib.offloading.settings import settings
from ecglib.offloading.wearable import LOCAL, SEND, STREAM


def network(cycles=1e4, name="toy, dense"):
    stages = pd.DataFrame(
        {
            "stage": ["input", "a", "b"],
            "cycles": [0.0, 0.9 * cycles, 0.1 * cycles],
            "macs": [0, 900, 90],
            "sent_bytes": [260, 400, 0],
        }
    )
    return Network(name, "toy", True, 0.95, 0.9, stages)


def test_every_placement_has_a_row_for_every_radio_and_number_of_beats():
    found = placed.table([network(), network(2e4)])
    assert found.columns.tolist() == [
        *("network", "placement", "radio_uj_per_byte", "energy_uj_low", "energy_uj_high"),
        *("latency_ms", "f1_macro"),
    ]
    batched = settings().wearable.beats_an_event[1:]
    assert len(found) == 3 * (1 + len(batched)) * 4  # two seeds are one row
    plain = found[~found["placement"].str.contains("at once")]
    assert plain["placement"].tolist() == [STREAM, SEND, "cut behind a", LOCAL] * 3
    at = plain.iloc[:4].set_index("placement")
    assert at["f1_macro"].tolist() == pytest.approx([0.95, 0.95, 0.9, 0.9])
    assert at.loc[STREAM, "energy_uj_low"] == at.loc[STREAM, "energy_uj_high"]


def test_finding_the_r_peak_is_in_all_but_streaming():
    rows = placed.parts([network()]).set_index("placement")
    low, high = placed.finding_uj()
    assert 0 < low < high
    assert (rows.drop(STREAM)["finding_low"] == low).all()
    assert (rows.drop(STREAM)["finding_high"] == high).all()
    assert rows.loc[STREAM, ["finding_high", "computing_high"]].tolist() == [0, 0]


def test_the_map_turns_from_sending_to_running_where_the_break_even_says():
    found = placed.cheapest_map(network(1e5))
    even = placed.break_even([network(1e5)]).iloc[0]
    late = found[found["deadline_ms"] == found["deadline_ms"].max()]
    for _, row in late.iterrows():
        cost = row["uj_per_byte"]
        wanted = SEND if cost < even["low"] else LOCAL if cost > even["high"] else placed.OPEN
        assert row["placement"] == wanted
    assert set(late["placement"]) == {SEND, LOCAL, placed.OPEN}
    assert (found.loc[found["deadline_ms"] < 25, "placement"] == placed.NOBODY).all()


def test_the_exact_optimum_is_the_cheapest_cut():
    found = placed.solved([network(1e3), network(1e7, "large, dense")])
    assert set(found.loc[found["network"] == "toy, dense", "placement"]) == {LOCAL}
    assert set(found.loc[found["network"] == "large, dense", "placement"]) == {SEND}


def test_without_networks_tables_are_empty_and_say_so():
    even, parts = placed.break_even([]), placed.parts([])
    assert placed.table([]).empty and even.empty and parts.empty
    assert in_short.wearable_in_short(even, parts, placed.solved([])) == ""
    assert words.energies(parts) and words.break_even(even)


def test_sentences_follow_the_numbers():
    for cycles, word in ((1e3, "saves"), (1e7, "costs more than sending")):
        of = [network(cycles)]
        text = in_short.wearable_in_short(
            placed.break_even(of), placed.parts(of), placed.solved(of)
        )
        assert word in text and "A cut in the middle wins never" in text
        assert np.all([line.startswith("- ") for line in text.splitlines()])
