"""Binary weights, a bit each: who may have them, how they are packed, and that the C is exact."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from random_networks import hard_values, kernels, networks
from test_firmware import CHECKED, beats_for, calibrated, layer, wrong_on_device, wrong_on_host
from torch import nn

from ecglib.device import aims, binary, firmware
from ecglib.device.integer import IntegerNetwork, Tensor
from ecglib.device.kernels import kernels_for
from ecglib.device.measure import TYPICAL, measure
from ecglib.device.plan import VALUE_BITS, plan
from ecglib.device.quantize import quantize

OFTEN = ("binary", "binary", "half")


def signs(one, seed=0, magnitude=127):
    """The layer with binary weights."""
    rng = np.random.default_rng(seed)
    weight = magnitude * rng.choice([-1, 1], one.weight.shape)
    return replace(one, weight=weight.astype(np.int8))


def two_convolutions(channels=5, steps=41, taps=6, padding=2, pool=(1, 1), skip=None):
    """Two binary convolutions, the second as given, and a dense layer."""
    rng = np.random.default_rng(3)
    inputs = (Tensor(channels, steps, 0.05, 31),)
    shape, first = (channels, channels, taps), steps - taps + 1
    second = (first + 2 * padding - taps + 1 - pool[0]) // pool[1] + 1
    options = {"padding": padding, "pool": pool, "skip": skip, "steps": second}
    layers = (
        signs(layer(rng, "one", shape, (0,), steps=first)),
        signs(layer(rng, "two", shape, (1,), **options), seed=1, magnitude=9),
        layer(rng, "classes", (5, channels * second, 1), (2,)),
    )
    return calibrated(inputs, layers, hard_values(IntegerNetwork(inputs, layers)))


def chosen_binary(network, bits):
    """`binary` for every layer that may have it."""
    return {
        one.name: "binary" for one in network.layers if "binary" in kernels_for(network, one, bits)
    }


def offers(network, weight):
    one = replace(network.layers[0], weight=weight)
    changed = IntegerNetwork(network.inputs, (one, *network.layers[1:]))
    return ["binary" in kernels_for(changed, one, bits) for bits in VALUE_BITS]


def test_only_weights_of_one_magnitude_in_each_output_are_binary():
    network = two_convolutions()
    weight = network.layers[0].weight
    assert offers(network, weight) == [True, True]
    each = weight // 127 * np.array([1, 2, 3, 64, 127], np.int8)[:, None, None]
    assert offers(network, each) == [True, True]
    for other in (0, 126):
        changed = weight.copy()
        changed[4, 4, 5] = other
        assert offers(network, changed) == [False, False]
    assert offers(network, np.zeros_like(weight)) == [False, False]
    assert kernels_for(network, network.layers[0])[0] == "dense"  # where nobody chooses


def test_the_quantiser_keeps_binary_weights_binary():
    torch.manual_seed(0)
    floats = nn.Sequential(nn.Conv1d(3, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26, 2))
    with torch.no_grad():
        scale = torch.tensor([0.02, 0.5, 0.1, 3.0])[:, None, None]
        floats[0].weight.copy_(torch.where(floats[0].weight < 0, -scale, scale))
    network = quantize(floats.eval(), torch.randn(32, 3, 30))
    assert set(np.unique(network.layers[0].weight)) == {-127, 127}
    assert "binary" in kernels_for(network, network.layers[0])


@pytest.mark.parametrize("shape", [(2, 2, 1), (3, 5, 7), (2, 8, 4), (4, 50, 30)])
def test_packed_signs_read_as_the_kernel_reads_them_are_the_weights(shape):
    outputs, channels, taps = shape
    rng = np.random.default_rng(0)
    magnitudes = np.array([127, 3, 1, 50][:outputs])[:, None, None]
    weight = (magnitudes * rng.choice([-1, 1], shape)).astype(np.int8)
    words = binary.packed(weight)
    stride = (channels + 3) // 4 * 4
    assert words.shape == (outputs, 1 + -(-taps * stride // 32))
    for row, packed in zip(weight, words.tolist(), strict=True):
        magnitude, *rest = packed
        for tap in range(taps):
            for channel in range(channels):
                four, byte = divmod(tap * stride + channel, 4)
                below = rest[four // 8] >> (8 * byte + four % 8) & 1
                assert row[channel, tap] == (-magnitude if below else magnitude)


@settings(CHECKED, max_examples=12)
@given(data=st.data(), raw=st.booleans(), bits=st.sampled_from(VALUE_BITS))
def test_c_on_the_host_equals_numpy(host, tmp_path_factory, data, raw, bits):
    network = data.draw(networks(raw, OFTEN))
    chosen = chosen_binary(network, bits)
    assume(chosen)
    mixed = data.draw(kernels(network, bits)) | chosen
    folder = tmp_path_factory.getbasetemp() / "binary" / "host"
    layout = {"kernels": mixed, "value_bits": bits}
    firmware.write(network, folder, beats_for(network), title="random", **layout)
    assert wrong_on_host(host, folder) == 0


@settings(CHECKED, max_examples=12)
@given(
    data=st.data(),
    raw=st.booleans(),
    portable=st.sampled_from([False, False, True]),
    bits=st.sampled_from(VALUE_BITS),
)
def test_c_on_the_device_equals_numpy(device, tmp_path_factory, data, raw, portable, bits):
    network = data.draw(networks(raw, OFTEN))
    chosen = chosen_binary(network, bits)
    assume(chosen)
    mixed = data.draw(kernels(network, bits)) | chosen
    folder = tmp_path_factory.getbasetemp() / "binary" / "device"
    layout = {"kernels": mixed, "value_bits": bits}
    firmware.write(network, folder, beats_for(network), title="random", **layout)
    assert wrong_on_device(folder, *(["-DECG_PORTABLE"] if portable else [])) == 0


@pytest.mark.parametrize("flags", ["-O2", "-Os"])
@pytest.mark.parametrize("pool", [(1, 1), (2, 2), (3, 3)])
@pytest.mark.parametrize("bits", VALUE_BITS)
def test_every_build_is_exact(device, tmp_path, bits, pool, flags):
    """41 steps, 5 channels, 6 taps: nothing is a multiple of what the kernel takes at once."""
    network = two_convolutions(pool=pool)
    chosen = chosen_binary(network, bits)
    assert chosen.keys() == {"one", "two"}
    layout = {"kernels": chosen, "value_bits": bits}
    firmware.write(network, tmp_path / "c", hard_values(network), title="t", **layout)
    assert wrong_on_device(tmp_path / "c", flags) == 0


@pytest.mark.parametrize("bits", VALUE_BITS)
def test_a_source_becomes_bytes_where_it_is_unless_it_is_read_again(bits):
    network = two_convolutions()
    *both, _ = plan(network, chosen_binary(network, bits), bits).layers
    for one in both:
        first = one.source.first - one.layer.padding * one.source.step
        assert 0 <= one.bytes - first < 4
    network = two_convolutions(taps=5, skip=1)
    _, two, _ = plan(network, chosen_binary(network, bits), bits).layers
    rows = range(two.source.first, two.source.first + 37 * two.source.step)
    assert two.skip == two.source and two.bytes not in rows


@pytest.mark.parametrize("aim", ["cycles", "memory"])
def test_the_aim_takes_it_and_flash_counts_a_bit_for_a_weight(device, host, aim):
    network = two_convolutions(channels=8, steps=60, taps=12, padding=0)
    beats = hard_values(network)[2:3]
    layout = aims.laid_out(network, beats[0], aim)
    assert layout.kernels | {"classes": ""} == {"one": "binary", "two": "binary", "classes": ""}
    dense = layout.kernels | dict.fromkeys(("one", "two"), "dense8")
    costs, others = (
        measure(network, beats, kernels, layout.value_bits) for kernels in (layout.kernels, dense)
    )
    assert costs.cycles[TYPICAL] < others.cycles[TYPICAL]
    weights = 8 * 8 * 12  # of each of the two layers
    magnitudes = 4 * 8
    assert others.constant_bytes - costs.constant_bytes == 2 * (weights * 7 // 8 - magnitudes)
