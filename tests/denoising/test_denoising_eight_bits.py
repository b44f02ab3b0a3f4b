"""The denoiser in integers computes what the float network does, to a small and stated distance."""

import numpy as np
import pytest
import torch
from invented import STEPS, unet
from torch import nn

from ecglib.denoising import eight_bits
from ecglib.denoising.steps import Convolution, Move, steps_of
from ecglib.device.integer import IntegerError

FARTHEST = 0.06  # root mean squared difference, in standard deviations of the float output


def windows(n=40, channels=3):
    return torch.randn(n, channels, STEPS, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.8])
def test_integers_are_near_the_float_network(sparsity):
    network, seen = unet(sparsity=sparsity), windows()
    with torch.no_grad():
        expected = network(seen).numpy()
    found = eight_bits.run(eight_bits.quantized(network, seen), seen)
    assert (found.shape, found.dtype) == ((40, 1, STEPS), np.float32)
    assert expected.std() > 0.01
    assert np.sqrt(((found - expected) ** 2).mean()) < FARTHEST * expected.std()


@pytest.mark.parametrize(("widths", "channels"), [((5,), 3), ((3, 7), 1), ((1, 2, 4, 2), 2)])
def test_any_depth_and_number_of_channels(widths, channels):
    network, seen = unet(widths, channels=channels), windows(channels=channels)
    with torch.no_grad():
        expected = network(seen).numpy()
    found = eight_bits.run(eight_bits.quantized(network, seen), seen)
    assert np.abs(found - expected).mean() < FARTHEST * np.abs(expected).mean()


def test_steps_are_those_of_the_network():
    names = [one.name if isinstance(one, Convolution) else one for one in steps_of(unet((4, 6)))]
    assert names == [
        *("encoder.0.0", "encoder.0.2", Move.DOWN, "encoder.1.0", "encoder.1.2"),
        *(Move.UP, "decoder.0.0", "decoder.0.2", "last"),
    ]


def test_pruned_weights_stay_zero_and_the_others_mostly_do_not():
    network = unet(sparsity=0.7)
    integers = eight_bits.quantized(network, windows())
    convolutions = [one.module for one in steps_of(network) if isinstance(one, Convolution)]
    assert len(convolutions) == len(integers.layers) == 11
    for module, layer in zip(convolutions, integers.layers, strict=True):
        pruned = (module.weight == 0).numpy()
        assert not layer.weight[pruned].any()
        assert (layer.weight[~pruned] != 0).mean() > 0.9


def test_what_is_joined_has_one_scale_and_zero():
    integers = eight_bits.quantized(unet((4, 6)), windows())
    assert integers.layers[-1].sources == (6, 0) and integers.sources[0].zero > 0
    tensors = [integers.layers[number].output for number in (1, 3)]  # kept, and coming up to it
    joined = integers.sources[4]
    assert joined.channels == 10 and joined.steps == STEPS
    assert {(one.scale, one.zero) for one in (*tensors, joined)} == {(joined.scale, joined.zero)}


@pytest.mark.parametrize("bias", [-1, 0])
def test_nothing_that_lives_is_no_fault(bias):
    """A level whose every value is zero: its scale says nothing."""
    network, seen = unet((4, 6)), windows()
    with torch.no_grad():
        for number in (0, 2):
            network.encoder[1][number].weight.zero_()
            network.encoder[1][number].bias.fill_(bias)
        network.encoder[0][0].weight.zero_()
        network.encoder[0][0].bias.fill_(bias)
        expected = network(seen).numpy()
    found = eight_bits.run(eight_bits.quantized(network, seen), seen)
    assert np.allclose(found, expected, atol=0.05)


def test_weights_that_are_not_finite_are_named():
    network = unet()
    with torch.no_grad():
        network.decoder[0][2].weight[0, 0, 0] = float("nan")
    with pytest.raises(IntegerError, match=r"decoder\.0\.2\.weight .* not finite"):
        eight_bits.quantized(network, windows())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (windows()[:0], "no windows"),
        (windows()[:, :2], r"windows are \(40, 2, 64\); expected \(n, 3, 64\)"),
        (windows() * float("nan"), "all values finite"),
    ],
)
def test_windows_that_cannot_calibrate_are_refused(given, said):
    with pytest.raises(IntegerError, match=said):
        eight_bits.quantized(unet(), given)


def test_windows_of_another_shape_are_not_run():
    integers = eight_bits.quantized(unet(), windows())
    with pytest.raises(IntegerError, match=r"expected a tensor of floats, \(n, 3, 64\)"):
        eight_bits.run(integers, windows()[:, :1])


def test_a_network_that_does_something_else_is_refused():
    network = unet()
    network.decoder[1][1] = nn.Tanh()
    with pytest.raises(IntegerError, match="does something else"):
        eight_bits.quantized(network, windows())
