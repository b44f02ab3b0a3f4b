"""What each aim makes of a network: fewest cycles, least RAM, least flash; on the emulated core."""

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.device import aims, compiler, measure
from ecglib.device.compiler import CompilerMissing, build_for_device
from ecglib.device.kernels import kernels_for
from ecglib.device.measure import TYPICAL
from ecglib.device.quantize import quantize

try:
    compiler.device_compiler()
    compiler.host_compiler()  # for the hooks of the emulator
except CompilerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def laid_out(network, beats):
    """aim -> its layout, and what that costs."""
    layouts = {aim: aims.laid_out(network, beats[0], aim) for aim in aims.AIMS}
    return {aim: (of, measure.measure(network, beats[:1], *of)) for aim, of in layouts.items()}


def flash(costs):
    return costs.code_bytes + costs.constant_bytes


def test_each_aim_is_best_at_what_it_is_for(laid_out):
    costs = {aim: of for aim, (_, of) in laid_out.items()}
    assert costs["cycles"].cycles[TYPICAL] == min(of.cycles[TYPICAL] for of in costs.values())
    assert costs["ram"].ram_bytes == min(of.ram_bytes for of in costs.values())
    assert costs["ram"].ram_bytes < 0.7 * costs["cycles"].ram_bytes
    assert flash(costs["flash"]) == min(map(flash, costs.values()))
    assert flash(costs["flash"]) < flash(costs["cycles"])
    assert costs["memory"].ram_bytes == costs["ram"].ram_bytes
    assert flash(costs["memory"]) < flash(costs["ram"])


def test_every_layer_gets_its_cheapest_kernel(network, beats, laid_out):
    best, chosen = laid_out["cycles"]
    assert best.kernels["classifier.1"] in ("pairs", "sparse")  # few weights are left
    assert best.kernels["features.6"] in ("dense", "dense8")  # all are there
    for other in ({}, dict.fromkeys(("classifier.1", "classifier.3", "classifier.5"), "pairs")):
        assert chosen.cycles[TYPICAL] <= measure.measure(network, beats[:1], other).cycles[TYPICAL]


def test_kernels_of_all_layers_are_tried_side_by_side(network, beats, monkeypatch):
    tried = []

    def build(sources, *rest):
        tried.append(sources[0].read_text())
        build_for_device(sources, *rest)

    monkeypatch.setattr(measure, "build_for_device", build)
    aims.laid_out(network, beats[0], "cycles")
    assert len(tried) == max(len(kernels_for(network, layer)) for layer in network.layers)
    assert any("ecg_conv_halves(" in text for text in tried)
    assert any("ecg_dense_sparse(" in text for text in tried)


def test_an_unknown_aim_is_refused(network, beats):
    with pytest.raises(KeyError, match="speed"):
        aims.laid_out(network, beats[0], "speed")


# Bytes of flash and RAM, and cycles. RAM of acharya2017: what CMSIS-NN takes, see peers.
WITHIN = {"acharya2017": (30_000, 2_568, 200_000), "kachuee2018": (90_000, 21_000, 6_000_000)}


@pytest.mark.parametrize("name", WITHIN)
def test_a_dense_network_in_little_memory(name):
    torch.manual_seed(0)
    floats = models.build(name).eval()
    (length,) = floats.input_shape[1:]
    network = quantize(floats, torch.randn(64, 1, length))
    beat = np.random.default_rng(0).integers(0, 2048, (1, length)).astype(np.int16)
    kernels = {
        layer.name: "dense8"
        for layer in network.layers
        if "dense8" in kernels_for(network, layer, value_bits=8)
    }
    costs = measure.measure(network, beat, kernels, value_bits=8, whole=False)
    most_flash, most_ram, most_cycles = WITHIN[name]
    assert flash(costs) <= most_flash
    assert costs.ram_bytes <= most_ram
    assert costs.cycles[TYPICAL] <= most_cycles
