"""What a stream costs on the emulated Cortex-M4, and that it gives the reference's events there."""

import numpy as np
import pytest

from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.measure import NotExact
from ecglib.stream import cost
from ecglib.stream.reference import Event
from ecglib.stream.stretches import Converter

try:
    compiler.device_compiler(), compiler.host_compiler()
except CompilerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

CONVERTER = Converter(360, 0, 2047)


@pytest.fixture(scope="module")
def samples(heart):
    return heart(np.arange(0.5, 7, 0.8), noise=2.0)


@pytest.fixture(scope="module")
def measured(network, samples):
    return cost.measure(network, samples, CONVERTER, rare=samples[:1500])


def test_every_stage_costs_something_and_all_fits_a_small_part(measured):
    stages = {stage for stage, _ in cost.STAGES.values()}
    assert {stage for stage, _ in measured.by_stage} == stages
    assert min(measured.by_stage.values()) > 0
    assert measured.flash_bytes < 32 * 1024
    assert measured.state_bytes < measured.ram_bytes < 8 * 1024
    assert measured.beats >= 4


def test_power_is_of_all_samples_and_seventy_beats(measured):
    cycles = measured.per("sample") * 360 + measured.per("beat") * 70 / 60
    assert measured.per_second[2] == pytest.approx(cycles)
    assert measured.per_second[1] < measured.per_second[2] < measured.per_second[3]
    assert measured.power_uw == pytest.approx((cycles * 273e-6, cycles * 394e-6))


def test_a_sample_is_cheap_and_the_worst_is_a_layer_of_the_network(measured):
    assert measured.per("sample") < 300
    assert measured.worst > 20 * measured.per("sample")
    assert measured.worst < measured.per("beat")


def test_the_worst_is_of_all_that_may_meet_in_a_push(network, samples, measured):
    """Learning ends with some beats at once, and not in the last two seconds of the samples."""
    calm = cost.measure(network, samples, CONVERTER, rare=samples[:2])
    assert calm.worst + 500 < measured.worst
    assert calm.per("sample") == measured.per("sample")


def test_what_differs_from_the_reference_has_no_cost(network, samples, monkeypatch):
    monkeypatch.setattr(cost, "events", lambda *_: [Event(0, 1, 0, 0, 0, (0,) * 5)])
    with pytest.raises(NotExact, match="others on the emulated core"):
        cost.measure(network, samples[:1000], CONVERTER, single=2, rare=samples[:2])
