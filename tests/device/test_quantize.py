"""From trained networks to integers: close to the float network; what cannot be is named."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ecglib import models
from ecglib.device.integer import LARGEST, IntegerError, logits, values
from ecglib.device.quantize import quantize, quantize_input


def windows(network, n=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, *network.input_shape, generator=generator)


def decided(network, x):
    """What the integer network says in the units of the float network's logits."""
    integers = quantize(network, x)
    found = logits(integers, quantize_input(integers, x))
    return integers, found * integers.layers[-1].output.scale


@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_of_the_study_keeps_its_logits(name):
    torch.manual_seed(0)
    network = models.build(name).eval()
    x = windows(network)
    with torch.no_grad():
        expected = network(x).numpy()
    integers, found = decided(network, x)
    spread = expected.std(0).mean()
    assert np.abs(found - expected).mean() < 0.1 * spread
    assert len(integers.layers) == sum(
        isinstance(m, nn.Conv1d | nn.Linear) for m in network.modules()
    )


@pytest.mark.parametrize("name", models.MODELS)
def test_zeros_stay_zeros(name):
    torch.manual_seed(1)
    network = models.build(name).eval()
    kept = {}
    with torch.no_grad():
        for key, weight in network.named_parameters():
            if key.endswith("weight"):
                weight[torch.rand_like(weight) < 0.8] = 0
                kept[key.removesuffix(".weight")] = int(weight.count_nonzero())
    for layer in quantize(network, windows(network)).layers:
        nonzero = np.count_nonzero(layer.weight)
        assert 0.9 * kept[layer.name] <= nonzero <= kept[layer.name]  # the tiny ones round to zero


def test_each_tensor_uses_its_eight_bits():
    torch.manual_seed(0)
    network = models.build("acharya2017").eval()
    x = windows(network, 256)
    integers = quantize(network, x)
    for tensor in list(values(integers, quantize_input(integers, x)))[:-1]:
        assert tensor.min() >= 0 and tensor.max() <= LARGEST and np.ptp(tensor) > 150


@pytest.mark.parametrize("bias", [0.0, 1e-3, 0.05])
@pytest.mark.parametrize("name", models.MODELS)
def test_dead_channels_are_no_obstacle_and_make_the_others_no_coarser(name, bias):
    """As many weights are removed, whole channels go: only their bias is left, or nothing."""
    torch.manual_seed(0)
    network = models.build(name).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                module.weight[1] = 0
                module.bias[1] = bias
        expected = network(windows(network)).numpy()
    _, found = decided(network, windows(network))
    alive = [0, 2, 3, 4]
    error = np.abs(found - expected)[:, alive].mean()
    assert error < 0.1 * expected[:, alive].std(0).mean()


@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # of other hardware, by PyTorch's switch
def test_the_ranges_do_not_depend_on_the_order_of_sums():
    torch.manual_seed(0)
    network = models.build("kachuee2018").eval()
    x = windows(network, 256)
    with torch.backends.mkldnn.flags(enabled=False):  # other kernels, as another processor has
        elsewhere = quantize(network, x)
        in_single = network(x)
    assert not torch.equal(in_single, network(x))  # they do sum in another order
    assert quantize(network, x).tensors == elsewhere.tensors


def test_a_silent_layer_is_no_obstacle():
    torch.manual_seed(0)
    network = models.build("acharya2017").eval()
    with torch.no_grad():
        network.features[3].weight.zero_()
        network.features[3].bias.zero_()
        expected = network(windows(network)).numpy()
    _, found = decided(network, windows(network))
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


class Net(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    input_shape = (1, 16)

    def forward(self, x):
        return self.layers(x)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            [nn.Conv1d(1, 2, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(28, 2)],
            "Sigmoid is not known here",
        ),
        ([nn.Conv1d(1, 2, 3, stride=2), nn.Flatten(), nn.Linear(14, 2)], "has stride 1"),
        ([nn.Conv1d(1, 2, 3, padding="same"), nn.Flatten(), nn.Linear(32, 2)], "has stride 1"),
        ([nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)], "a ReLU in this place is not supported"),
        (
            [nn.Conv1d(1, 2, 3), nn.ReLU(), nn.LeakyReLU(), nn.Flatten(), nn.Linear(28, 2)],
            "a LeakyReLU in this place",
        ),
        ([nn.Conv1d(1, 2, 3), nn.Linear(14, 2)], "reads flat values"),
        ([nn.Flatten(0), nn.Linear(16, 2)], "flattens all but the batch"),
        (
            [nn.Conv1d(1, 2, 3), nn.LeakyReLU(-0.5), nn.Flatten(), nn.Linear(28, 2)],
            "has a slope from 0 to 1, not -0.5",
        ),
        (
            [nn.Conv1d(1, 2, 3), nn.MaxPool1d(2, padding=1), nn.Flatten(), nn.Linear(16, 2)],
            "pools without padding",
        ),
    ],
)
def test_what_the_integer_network_has_no_counterpart_of_is_named(layers, said):
    network = Net(*layers)
    with pytest.raises(IntegerError, match=rf"layer layers_?\.?\d.*{said}"):
        quantize(network, windows(network))


class Odd(nn.Module):
    """Two convolutions, a dense layer, and a forward that a test gives."""

    input_shape = (1, 16)

    def __init__(self, forward):
        super().__init__()
        self.a, self.b = nn.Conv1d(1, 2, 3), nn.Conv1d(1, 2, 3)
        self.c, self.d = nn.Linear(28, 2), nn.Linear(56, 2)
        self.given = forward

    def forward(self, x):
        return self.given(self, x)


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda m, x: (m.c(m.a(x).flatten(1)), m.b(x))[0], "output: .* last dense layer"),
        (lambda m, x: m.a(x), "output: .* gives what the last dense layer gave"),
        (lambda m, x: m.c(m.a(x).flatten(1) + m.a(x).flatten(1)), "a_1: .* is called once"),
        (lambda m, x: m.d(torch.cat([m.a(x), m.b(x)], 2).flatten(1)), "cat: .* dimension 1"),
        (lambda m, x: m.c(torch.add(m.a(x), m.b(x), alpha=5).flatten(1)), "add: a Add in this"),
        (
            lambda m, x: m.c(m.a(x[:, :, 2:]).flatten(1)),
            "getitem: .* starts where the slice before",
        ),
    ],
)
def test_a_graph_that_would_be_misread_is_an_error(forward, said):
    network = Odd(forward)
    with pytest.raises(IntegerError, match=f"layer {said}"):
        quantize(network, windows(network))


def test_windows_of_another_length_are_an_error():
    network = models.build("acharya2017")
    integers = quantize(network, windows(network))
    for shape in ((13, 1, 200), (4, 1, 300), (4, 2, 260)):
        with pytest.raises(
            IntegerError, match=r"windows are .*; expected a tensor of floats, \(n, 1, 260\)"
        ):
            quantize_input(integers, torch.zeros(shape))
    with pytest.raises(IntegerError, match="all values finite"):
        quantize_input(integers, torch.full((1, 1, 260), torch.nan))


class Leads(nn.Sequential):
    """A network that reads three leads."""

    input_shape = (3, 20)

    def __init__(self):
        super().__init__(nn.Conv1d(3, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))


def test_windows_of_several_channels():
    torch.manual_seed(0)
    network = Leads().eval()
    x = windows(network)
    integers, found = decided(network, x)
    with torch.no_grad():
        expected = network(x).numpy()
    assert found.shape == (64, 2)
    assert np.abs(found - expected).mean() < 0.1 * expected.std(0).mean()
    (values,) = quantize_input(integers, x)
    (tensor,) = integers.inputs
    floats = (values.astype(float) - tensor.zero) * tensor.scale
    assert np.abs(floats - x.numpy()).mean() < tensor.scale
    for shape in ((4, 1, 60), (4, 3, 21), (4, 60)):  # joined: they would be dealt out otherwise
        with pytest.raises(IntegerError, match=r"expected a tensor of floats, \(n, 3, 20\)"):
            quantize_input(integers, torch.zeros(shape))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros(4, 1, 100), r"Tensor of torch.float32, \(4, 1, 100\); expected"),
        (torch.zeros(4, 260), r"\(4, 260\); expected a tensor of floats, \(n, 1, 260\)"),
        (np.zeros((4, 1, 260)), "ndarray of float64"),
        (torch.zeros(4, 1, 260, dtype=torch.int16), "Tensor of torch.int16"),
        ([0.0] * 260, "list of no type"),
    ],
)
def test_windows_that_are_none_are_named(given, said):
    network = models.build("acharya2017")
    with pytest.raises(IntegerError, match=said):
        quantize(network, given)
    with pytest.raises(IntegerError, match=said):
        quantize_input(quantize(network, windows(network)), given)


def test_windows_in_double_give_what_those_in_single_do():
    network = models.build("acharya2017")
    x = windows(network)
    single, double = quantize(network, x), quantize(network, x.double())
    assert single.tensors == double.tensors
    for one, other in zip(
        quantize_input(single, x), quantize_input(single, x.double()), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_values_that_are_not_finite_are_an_error():
    network = models.build("acharya2017")
    x = windows(network)
    with pytest.raises(IntegerError, match="all values finite"):
        quantize(network, torch.full_like(x, float("inf")))
    with pytest.raises(IntegerError, match="gives values that are not finite"):
        quantize(network, 1e300 * x.double())  # of which singles are infinite
    with torch.no_grad():
        network.classifier[1].weight[0, 0] = float("nan")
    with pytest.raises(IntegerError, match="classifier.1.weight holds values that are not finite"):
        quantize(network, x)
    with pytest.raises(IntegerError, match="no beats to calibrate on"):
        quantize(models.build("acharya2017"), x[:0])


def test_the_network_itself_is_left_as_it_is():
    network = models.build("rhythm_cnn").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    quantize(network, windows(network))
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@settings(max_examples=30, deadline=None)
@given(
    channels=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    taps=st.integers(1, 5),
    padding=st.integers(0, 2),
    slope=st.sampled_from([None, 0.0, 0.1]),
    pool=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_random_networks_come_close(channels, taps, padding, slope, pool, seed):
    torch.manual_seed(seed)
    layers, before, steps = [], 1, 16
    for width in channels:
        if steps + 2 * padding - taps + 1 < 2:
            break
        layers.append(nn.Conv1d(before, width, taps, padding=padding))
        before, steps = width, steps + 2 * padding - taps + 1
        if pool and steps >= 4:
            layers.append(nn.MaxPool1d(2))
            steps //= 2
        if slope is not None:
            layers.append(nn.LeakyReLU(slope))
    network = Net(*layers, nn.Flatten(), nn.Linear(before * steps, 3))
    x = windows(network)
    with torch.no_grad():
        expected = network(x).numpy()
    _, found = decided(network, x)
    assert np.abs(found - expected).mean() < 0.02 * max(1.0, np.abs(expected).max())
