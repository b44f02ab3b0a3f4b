"""A measurement is of exact C, adds up, and finds the cheapest kernel of each layer."""

import doctest

import numpy as np
import pytest

from ecglib.device import boards, compiler, integer, measure
from ecglib.device.compiler import CompilerMissing
from ecglib.device.cortex_m4 import REFILL_CYCLES
from ecglib.device.measure import TYPICAL, NotExact

try:
    compiler.device_compiler()
    compiler.host_compiler()  # for the hooks of the emulator
except CompilerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)


def test_costs_add_up(network, beats):
    found = measure.measure(network, beats, {})
    assert found.cycles[1] < found.cycles[2] < found.cycles[3]
    assert found.cycles.keys() == set(REFILL_CYCLES)
    assert sum(found.by_function.values()) == pytest.approx(found.cycles[TYPICAL])
    assert {"normalise", "ecg_classify", "layer_features_0"} <= found.by_function.keys()
    assert found.instructions < found.cycles[1]
    weights = sum(layer.weight.size for layer in network.layers)
    assert found.constant_bytes > weights and 1000 < found.code_bytes < 10_000
    assert 2 * 260 < found.ram_bytes < 8192
    assert found.beats == 2
    assert 0 < found.waits < found.cycles[TYPICAL]


def test_costs_are_means_over_the_beats(network, beats):
    together = measure.measure(network, beats, {})
    apart = [measure.measure(network, beat[None], {}) for beat in beats]
    for p in REFILL_CYCLES:
        assert together.cycles[p] == np.mean([one.cycles[p] for one in apart])
    assert together.instructions == np.mean([one.instructions for one in apart])
    for name, cycles in together.by_function.items():
        assert cycles == np.mean([one.by_function.get(name, 0) for one in apart])


def test_c_that_differs_from_the_reference_has_no_cost(network, beats, monkeypatch):
    right = integer.logits
    monkeypatch.setattr(integer, "logits", lambda *args: right(*args) + 1)
    with pytest.raises(NotExact, match=r"beat 0: logits \[.*\] in C, \[.*\] in the reference"):
        measure.measure(network, beats, {})


def test_energy():
    assert doctest.testmod(boards).failed == 0
    assert boards.energy_uj(2e6) == (2 * 273.0, 2 * 394.0)
