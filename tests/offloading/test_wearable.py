import numpy as np
import pandas as pd
import pytest

from ecglib import models, paths
from ecglib.device.boards import energy_uj
from ecglib.offloading import wearable
from ecglib.offloading.errors import NoSize
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.exact import exact
from ecglib.offloading.radio import RADIOS
from ecglib.offloading.walk import layers

FUNCTIONS = pd.read_csv(paths.REPORTS / "tables" / "device" / "functions.csv")
DEVICE = pd.read_csv(paths.REPORTS / "tables" / "device.csv")


def stages(model):
    network = models.build(model)
    split = "inter" if model == "rhythm_cnn" else "intra"
    functions = FUNCTIONS[FUNCTIONS["run"] == f"{split}-{model}-dense-s0"]
    return wearable.stages(layers(network, network.input_shape), functions)


def sending(finding_cycles=(3000.0, 5000.0), **more):
    return wearable.Sending(RADIOS[0], finding_cycles, **more)


def test_a_byte_and_an_event_cost_what_the_model_was_set_to():
    assert [round(radio.uj_per_byte, 2) for radio in RADIOS] == [0.14, 0.07, 0.36]
    assert all(7.5 < radio.event_uj < 9.5 for radio in RADIOS)
    assert 90e3 < RADIOS[0].bytes_per_s < 105e3 < RADIOS[1].bytes_per_s


def test_the_line_is_within_one_percent_of_packets_counted_one_by_one():
    """Each packet has 17 bytes around it, and an answer of 10 after it, between gaps."""
    for mbit, hear_ma, radio in ((1, 4.6, RADIOS[0]), (2, 5.2, RADIOS[1])):
        more = mbit - 1
        for packets in ([1], [244, 16]):
            sent_us = sum(8 * (size + 17 + more) / mbit for size in packets)
            heard_us = len(packets) * 8 * (10 + more) / mbit
            charge = 4.8 * sent_us + hear_ma * heard_us + len(packets) * 300 * 2.0
            exactly = 4.0 + charge * 3 / 1e3
            line = radio.event_uj + sum(packets) * radio.uj_per_byte
            assert line == pytest.approx(exactly, rel=0.01)


@pytest.mark.parametrize("model", ["acharya2017", "kachuee2018", "rhythm_cnn"])
def test_the_cycles_of_the_stages_are_those_of_the_device_table(model):
    rows = DEVICE.query(f"model == '{model}' and method == 'dense' and seed == 0")
    assert stages(model)["cycles"].sum() == pytest.approx(rows["cycles_p2"].iloc[0])


def test_a_cut_sends_what_later_layers_read_merged_layers_apart():
    table = stages("acharya2017").set_index("stage")["sent_bytes"]
    assert table.to_dict() == {
        "input": 260,
        "features.0": 5 * 129,  # behind its pooling
        "features.3": 10 * 63,
        "features.6": 20 * 30,
        "classifier.1": 30,
        "classifier.3": table["classifier.3"],
        "classifier.5": 0,
    }


def test_a_cut_inside_a_block_sends_its_shortcut_too():
    table = stages("kachuee2018").set_index("stage")["sent_bytes"]
    assert table["blocks.0.conv1"] == 2 * table["stem"]


def test_the_last_cut_is_the_wearable_alone_and_the_band_is_that_of_the_core():
    table = stages("acharya2017")
    found = wearable.placements(table, sending((0.0, 0.0), beats_an_event=10**9)).set_index(
        "placement"
    )
    alone = found.loc[wearable.LOCAL]
    low, high = energy_uj(table["cycles"].sum())
    assert alone["energy_uj_low"] == pytest.approx(low + RADIOS[0].uj_per_byte)
    assert alone["energy_uj_high"] == pytest.approx(high + RADIOS[0].uj_per_byte)
    assert 35 < found.loc[wearable.SEND, "energy_uj_low"] < 37


def test_the_first_of_several_beats_waits_for_the_last():
    alone, batched = (
        wearable.placements(stages("acharya2017"), sending(beats_an_event=n)) for n in (1, 5)
    )
    later, saved = (
        (batched[name] - alone[name]).to_numpy() for name in ("latency_ms", "energy_uj_low")
    )
    assert later == pytest.approx(4 * 800)
    assert saved == pytest.approx(-0.8 * RADIOS[0].event_uj)


def test_cutting_in_the_middle_never_wins():
    found = wearable.placements(stages("acharya2017"), sending()).set_index("placement")
    ends = found.loc[[wearable.SEND, wearable.LOCAL], "energy_uj_low"]
    assert found["energy_uj_low"].idxmin() in ends.index


def test_at_the_break_even_both_cost_the_same():
    table, how = stages("acharya2017"), sending()
    low, high, radio_core = wearable.break_even_uj_per_byte(table)
    assert low < high
    # 3.3 mA at 3 V and 64 MHz
    picojoules = radio_core * (260 - wearable.ANSWER_BYTES) / table["cycles"].sum() * 1e6
    assert picojoules == pytest.approx(154.7, abs=0.05)
    saved = low * (260 - wearable.ANSWER_BYTES)
    assert saved == pytest.approx(energy_uj(table["cycles"].sum())[0])
    costs = wearable.placements(table, how).set_index("placement")["energy_uj_low"]
    assert (costs[wearable.LOCAL] < costs[wearable.SEND]) == (how.radio.uj_per_byte > low)


def test_finding_the_r_peak_is_in_every_sum_and_streaming_costs_more_than_a_window():
    table = stages("acharya2017")
    without, with_it = (
        wearable.placements(table, sending(finding_cycles=c)) for c in ((0, 0), (1e4, 4e4))
    )
    for end, cycles in enumerate((1e4, 4e4)):
        column = ("energy_uj_low", "energy_uj_high")[end]
        assert np.allclose(with_it[column] - without[column], energy_uj(cycles)[end])
    stream, _ = wearable.streaming(360, 0, sending())
    assert stream > without.set_index("placement").loc[wearable.SEND, "energy_uj_low"]


@pytest.mark.parametrize("model", ["acharya2017", "kachuee2018", "rhythm_cnn"])
@pytest.mark.parametrize("high", [False, True])
def test_the_solvers_see_the_same_energies_and_times(model, high):
    table, how = stages(model), sending(beats_an_event=2)
    instance = wearable.instance(model, table, how, high)
    cuts = wearable.placements(table, how)
    column = "energy_uj_high" if high else "energy_uj_low"
    n = instance.shape[0]
    local = np.arange(n)[:, None] > np.arange(n - 1)
    scores = evaluate(instance, local.astype(int))
    assert scores.cost == pytest.approx(cuts[column].to_numpy())
    sooner_s = (how.finding_cycles[1] - how.finding_cycles[high]) / wearable.CLOCK_HZ
    latency_s = cuts["latency_ms"].to_numpy() / 1e3 - sooner_s
    assert scores.completion_s[0] == pytest.approx(latency_s)
    assert exact(instance).cost == pytest.approx(cuts[column].min())


def test_a_firmware_of_another_network_is_refused():
    network = models.build("acharya2017")
    other = FUNCTIONS[FUNCTIONS["run"] == "intra-kachuee2018-dense-s0"]
    with pytest.raises(NoSize, match="layer_blocks_0_conv1"):
        wearable.stages(layers(network, network.input_shape), other)
