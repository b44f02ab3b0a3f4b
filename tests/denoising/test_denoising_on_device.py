"""Costs of the denoiser are those of C that computes the reference's values, bit by bit."""

import itertools

import pytest
import torch
from invented import STEPS, unet

from ecglib.denoising import c_program, eight_bits, on_device
from ecglib.denoising.leads import FS_HZ
from ecglib.denoising.memory import memory
from ecglib.denoising.steps import Move
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.measure import NotExact


@pytest.fixture(scope="module")
def device():
    try:
        compiler.device_compiler()
        compiler.host_compiler()  # for the hooks of the emulator
    except CompilerMissing as missing:
        pytest.skip(str(missing))


def windows(channels=3):
    return torch.randn(8, channels, STEPS, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def integers():
    return eight_bits.quantized(unet(sparsity=0.5), windows())


@pytest.fixture(scope="module")
def dense(device):
    """Costs of a small dense network."""
    return on_device.assess(unet((4, 6)), windows(), 32)


@pytest.mark.parametrize("value_bits", [8, 16])
@pytest.mark.parametrize("number", [0, -1])
def test_c_gives_the_values_of_the_reference(integers, device, value_bits, number):
    values = eight_bits.taken(integers, windows()[:1])
    choices = c_program.kernels_of(integers, value_bits)
    kernels = {name: of[number] for name, of in choices.items()}
    costs = on_device.measure(integers, values, kernels, value_bits)  # NotExact otherwise
    assert {"take", "down_2", "up_8", "layer_last"} <= costs.cycles.keys()
    weights = sum(layer.weight.size for layer in integers.layers)
    assert costs.flash > weights * (number == 0) and costs.waits > 0
    assert costs.ram > 4 * STEPS + memory(integers, kernels, value_bits).size * value_bits // 8


@pytest.mark.parametrize(("widths", "channels"), [((5, 2), 1), ((8, 8, 4), 2)])
def test_words_and_single_values_move_alike(device, widths, channels):
    seen = windows(channels)
    network = eight_bits.quantized(unet(widths, channels=channels), seen)
    kernels = {name: of[0] for name, of in c_program.kernels_of(network, 8).items()}
    on_device.measure(network, eight_bits.taken(network, seen[:1]), kernels, 8)


def test_c_that_differs_has_no_cost(integers, device, monkeypatch):
    right = eight_bits.output
    monkeypatch.setattr(eight_bits, "output", lambda *args: right(*args) + 1)
    values = eight_bits.taken(integers, windows()[:1])
    kernels = {name: of[0] for name, of in c_program.kernels_of(integers, 16).items()}
    with pytest.raises(NotExact, match="64 of 64 values differ"):
        on_device.measure(integers, values, kernels, 16, whole=False)


def test_costs_are_of_a_second_of_signal(dense):
    rows = [on_device.assess(unet((4, 6)), windows(), 64), dense]
    each = [name for name in rows[0] if "_per_s" in name]
    assert len(each) == 6
    for name in each:
        assert rows[1][name] == pytest.approx(2 * rows[0][name], abs=1.5)
    # By hand: outputs x inputs x taps x steps, of a level at a time.
    macs = 64 * 5 * (4 * 3 + 4 * 4) + 32 * 5 * (6 * 4 + 6 * 6) + 64 * 5 * (4 * 10 + 4 * 4) + 64 * 7
    assert rows[0]["macs_per_s"] == round(macs * FS_HZ / 64)
    assert rows[0]["cycles_p2_ws5_per_s"] > rows[0]["cycles_p2_per_s"] > 0
    assert 0 < rows[0]["moves_share"] < 0.5
    assert rows[0]["energy_uj_per_s_low"] == pytest.approx(
        rows[0]["cycles_p2_per_s"] * 273e-6, rel=1e-4
    )


def test_pruning_saves_cycles_and_eight_bits_save_ram(dense):
    pruned = on_device.assess(unet((4, 6), sparsity=0.9), windows(), 32)
    small = on_device.assess(unet((4, 6), sparsity=0.9), windows(), 32, "memory")
    assert pruned["macs_effective_per_s"] < 0.2 * pruned["macs_per_s"]
    assert pruned["cycles_p2_per_s"] < 0.8 * dense["cycles_p2_per_s"]
    assert small["ram_bytes"] < 0.8 * pruned["ram_bytes"]
    assert pruned["flash_total_bytes"] < dense["flash_total_bytes"]


def test_whole_filters_save_ram_flash_and_cycles(dense):
    network = unet((4, 6))
    with torch.no_grad():
        for block in (*network.encoder, *network.decoder):
            for convolution in (block[0], block[2]):
                convolution.weight[::2], convolution.bias[::2] = 0.0, 0.0
    found = on_device.assess(network, windows(), 32)
    for name in ("ram_bytes", "flash_total_bytes", "cycles_p2_per_s"):
        assert found[name] < 0.9 * dense[name]
    assert found["macs_per_s"] == dense["macs_per_s"] > 2 * found["macs_effective_per_s"]


@pytest.mark.parametrize("value_bits", [8, 16])
def test_values_that_are_live_at_once_share_no_place(integers, value_bits):
    kernels = {name: of[-1] for name, of in c_program.kernels_of(integers, value_bits).items()}
    found = memory(integers, kernels, value_bits)
    live = [found.used[0].source, *(one.target for one in found.used if one.target)]
    assert len(live) == len(integers.steps)
    for one, other in itertools.combinations(live, 2):
        at_once = one.begin <= other.end and other.begin <= one.end
        apart = one.start + one.size <= other.start or other.start + other.size <= one.start
        assert apart or not at_once
    ups = [one for one, step in zip(found.used, integers.steps, strict=True) if step is Move.UP]
    assert len(ups) == 2
    for one in ups:
        assert one.kept.start == one.target.start and one.kept.size < one.target.size
    assert found.size == max(one.start + one.size for one in live) or value_bits == 16


def test_without_a_compiler_costs_are_absent(monkeypatch):
    monkeypatch.setenv("ECGLIB_ARM_GCC", "no-such-compiler")
    row = on_device.assess(unet(), windows(), hop=32)
    assert row.keys() == {"aim", "hop", "int8_rmse", "macs_per_s", "macs_effective_per_s"}
    assert 0 < row["int8_rmse"] < 0.1


@pytest.mark.parametrize("hop", [0, STEPS + 1])
def test_a_hop_beyond_the_window_is_refused(hop):
    with pytest.raises(ValueError, match=f"a hop of {hop} samples: give 1 to 64"):
        on_device.assess(unet(), windows(), hop=hop)
