"""A layer over several ticks: how long each takes, and what C cannot be split."""

from dataclasses import replace

import pytest

from ecglib.device.integer import IntegerError
from ecglib.stream import parts, program
from ecglib.stream.design import TICK_MACS
from ecglib.stream.parts import part_code, parts_of, steps_at_a_time, ticks_of_network


def test_no_part_multiplies_more_than_a_tick_may_and_all_steps_are_computed(network):
    for layer in network.layers:
        steps, part = steps_at_a_time(network, layer)
        assert part * parts_of(network, layer) >= steps
        if steps > 1:
            assert part * layer.weight.size <= 1.3 * TICK_MACS
    assert ticks_of_network(network) > len(network.layers)


def test_the_ticks_do_not_depend_on_what_was_pruned(network):
    layers = [replace(layer, weight=0 * layer.weight) for layer in network.layers]
    emptied = replace(network, layers=layers)
    assert ticks_of_network(emptied) == ticks_of_network(network)


def test_a_split_layer_has_its_weights_once_and_takes_the_part_s_number(network):
    source = program.source(network, program.planned(network), "a test")
    for layer in network.layers:
        assert source.count(f"layer_{layer.name.replace('.', '_')}_table[]") == 1
    assert "layer_features_3(n, 2)" in source


def test_c_that_is_not_as_expected_is_refused(network, monkeypatch):
    planned = next(one for one in program.planned(network).layers if one.layer.name == "features.3")
    source = network.tensors[planned.layer.sources[0]]
    assert "step" in part_code(planned, source, 16)
    monkeypatch.setattr(parts, "layer_code", lambda *_: "ECG_LAYER other(void) {\n}\n")
    with pytest.raises(IntegerError, match="features.3: its C cannot be split"):
        part_code(planned, source, 16)
