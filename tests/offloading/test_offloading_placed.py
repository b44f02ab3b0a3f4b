import numpy as np
import pandas as pd
import pytest

from ecglib.offloading import device_networks, in_short, mapped, placed, shown, words
from ecglib.offloading.device_networks import Network
from ecglib.offloading.settings import settings
from ecglib.offloading.wearable import LOCAL, PHONE_MACS_PER_S, SEND, STREAM

STREAMS = [f"{STREAM}, {bits} bits" for bits in settings().wearable.stream_bits]


def network(cycles=1e4, name="toy, dense", fs_hz=360.0):
    stages = pd.DataFrame(
        {
            "stage": ["input", "a", "b"],
            "cycles": [0.0, 0.9 * cycles, 0.1 * cycles],
            "macs": [0, 900, 90],
            "sent_bytes": [260, 400, 0],
        }
    )
    return Network(name, "toy", True, 0.95, 0.9, fs_hz, stages)


def test_every_placement_has_a_row_for_every_radio_and_number_of_beats():
    found = placed.table([network(), network(2e4)])
    assert found.columns.tolist() == [
        *("network", "placement", "radio_uj_per_byte", "energy_uj_low", "energy_uj_high"),
        *("latency_ms", "f1_macro"),
    ]
    batched = settings().wearable.beats_an_event[1:]
    assert len(found) == 3 * (1 + len(batched)) * 5  # two seeds are one row
    plain = found[~found["placement"].str.contains("at once")]
    assert plain["placement"].tolist() == [*STREAMS, SEND, "cut behind a", LOCAL] * 3
    at = plain.iloc[:5].set_index("placement")
    assert at["f1_macro"].tolist() == pytest.approx([0.95, 0.95, 0.95, 0.9, 0.9])
    assert (at.loc[STREAMS, "energy_uj_low"] == at.loc[STREAMS, "energy_uj_high"]).all()


def test_streaming_follows_the_rate_and_bits_and_at_the_windows_bits_a_sample_costs_the_same():
    how, second_s = placed.sending(placed.MAIN), 60 / settings().wearable.bpm
    for fs_hz in (360.0, 120.0):
        found = placed.streams(network(fs_hz=fs_hz), how)
        for bits in (8, 12):
            energy, latency = found[f"{STREAM}, {bits} bits"]
            size = fs_hz * second_s * bits / 8
            assert energy == pytest.approx(how.energy_uj(size))
            sent_s = how.interval_s + size / how.radio.bytes_per_s
            assert latency == pytest.approx(1e3 * (sent_s + 990 / PHONE_MACS_PER_S))


def test_finding_the_r_peak_is_in_all_but_streaming():
    rows = placed.parts([network()]).set_index("placement")
    low, high = placed.finding_uj()
    assert 0 < low < high
    assert (rows.drop(STREAMS)["finding_low"] == low).all()
    assert (rows.drop(STREAMS)["finding_high"] == high).all()
    assert (rows.loc[STREAMS, ["finding_high", "computing_high"]] == 0).all(axis=None)


def test_the_map_turns_from_sending_to_running_where_the_break_even_says():
    found = mapped.cheapest_map(network(1e5))
    even = placed.break_even([network(1e5)]).iloc[0]
    late = found[found["deadline_ms"] == found["deadline_ms"].max()]
    for _, row in late.iterrows():
        cost = row["uj_per_byte"]
        wanted = SEND if cost < even["low"] else LOCAL if cost > even["high"] else mapped.OPEN
        assert row["placement"] == wanted
    assert set(late["placement"]) == {SEND, LOCAL, mapped.OPEN}


def test_before_the_next_event_only_the_wearable_knows_and_only_if_it_is_quick():
    event_ms = 1e3 * settings().wearable.interval_s
    for cycles, soon in ((1e5, LOCAL), (1e7, mapped.NOBODY)):
        found = mapped.cheapest_map(network(cycles))
        between = found["deadline_ms"].between(0.5 * event_ms, 0.99 * event_ms)
        assert between.any() and set(found.loc[between, "placement"]) == {soon}
    assert (found.loc[found["deadline_ms"] < 2.5, "placement"] == mapped.NOBODY).all()


def test_by_the_radios_own_core_more_networks_may_belong_on_the_wearable():
    cycles = 259 * placed.MAIN.uj_per_byte / 200e-6  # at the main radio: even at 200 pJ a cycle
    of = [network(cycles)]
    even = placed.break_even(of)
    text = in_short.wearable_in_short(even, placed.parts(of), placed.solved(of))
    assert "0 of 1 networks belong on the wearable over the whole band" in text
    assert "0 more at its lower end; by the core of the radio's chip, of 155 pJ a cycle, 1." in text
    assert f"| {even['radio_core'].iloc[0]:.3f} |" in words.break_even(even)


def test_the_exact_optimum_is_the_cheapest_cut():
    found = placed.solved([network(1e3), network(1e7, "large, dense")])
    assert set(found.loc[found["network"] == "toy, dense", "placement"]) == {LOCAL}
    assert set(found.loc[found["network"] == "large, dense", "placement"]) == {SEND}


def test_what_is_to_be_shown_is_in_the_device_table():
    rows = pd.read_csv(device_networks.DEVICE)
    assert set(shown.MAIN_NETWORKS) <= {device_networks.name_of(row) for _, row in rows.iterrows()}


def test_without_networks_tables_are_empty_and_say_so():
    even, parts = placed.break_even([]), placed.parts([])
    assert placed.table([]).empty and even.empty and parts.empty
    assert in_short.wearable_in_short(even, parts, placed.solved([])) == ""
    assert words.energies(parts) and words.break_even(even)


def test_streaming_is_told_to_take_less_or_more_than_the_window():
    for fs_hz, word in ((125.0, "8 bits, less; "), (3600.0, "8 bits, more; ")):
        of = [network(fs_hz=fs_hz)]
        text = in_short.wearable_in_short(
            placed.break_even(of), placed.parts(of), placed.solved(of)
        )
        assert word in text


def test_sentences_follow_the_numbers():
    for cycles, word in ((1e3, "saves"), (1e7, "costs more than sending")):
        of = [network(cycles)]
        text = in_short.wearable_in_short(
            placed.break_even(of), placed.parts(of), placed.solved(of)
        )
        assert word in text and "A cut in the middle wins never" in text
        assert np.all([line.startswith("- ") for line in text.splitlines()])
