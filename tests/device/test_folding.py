"""Batch normalisation and strides fold away: equal outputs, the zeros kept, the rest refused."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ecglib.device import compiler, firmware, folding, host, integer, measure
from ecglib.device.compiler import CompilerMissing
from ecglib.device.cost import layer_costs, total_costs
from ecglib.device.folding import FoldingError, dealt, folded
from ecglib.device.plan import plan
from ecglib.device.quantize import quantize, quantize_input
from ecglib.device.structure import structure, traced


class Network(nn.Module):
    """A chain in two parts, as the study's networks are written."""

    def __init__(self, input_shape, features, classifier=()):
        super().__init__()
        self.input_shape = input_shape
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x):
        return self.classifier(self.features(x))


@torch.no_grad()
def trained(network, seed=0):
    """With batch normalisation as if trained, some scales below zero; in training mode, as is."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.normal_(0, 2, generator=generator)
            layer.running_var.uniform_(0.2, 4, generator=generator)
            if layer.affine:
                layer.weight.normal_(0, 1.5, generator=generator)
                layer.bias.normal_(0, 1, generator=generator)
    return network


def windows(network, n=8, seed=0):
    return torch.randn(n, *network.input_shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def require_equal(network, result):
    x = windows(network)
    expected = network.eval()(x)
    assert expected.std() > 0
    difference = result(dealt(x, result.input_shape)) - expected
    assert difference.abs().max() <= 1e-5 * expected.abs().max()
    # The device knows every layer that is left.
    inputs, groups = structure(result, traced(result))
    assert len(inputs) == 1 and groups
    layer_costs(result, result.input_shape)


def apnea(length=200, channels=(3, 6, 4), taps=(20, 10, 10)):
    """One strided convolution and two more, of the shape of a published apnea network."""
    one, two, three = channels
    steps = ((length - taps[0]) // 2 + 1) // 2
    steps = (steps - taps[1] + 1) // 2
    steps = (steps - taps[2] + 1) // 2
    network = Network(
        (1, length),
        [
            nn.BatchNorm1d(1),
            *(nn.Conv1d(1, one, taps[0], stride=2), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(one, two, taps[1]), nn.MaxPool1d(2), nn.ReLU()),
            *(nn.Conv1d(two, three, taps[2]), nn.MaxPool1d(2), nn.ReLU()),
            nn.BatchNorm1d(three),
        ],
        [nn.Flatten(), nn.Dropout(0.25), nn.Linear(three * steps, 2)],
    )
    return trained(network)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(60, 90),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.booleans(),
)
def test_outputs_stay_whatever_is_folded(channels, stride, taps, length, norms, bias):
    torch.manual_seed(taps)
    found = [nn.BatchNorm1d(c, affine=bias) for c in (channels, 5, 5, 4, 4)]
    before, after, pooled, second, last = (
        [norm] if wanted else [] for norm, wanted in zip(found, norms, strict=False)
    )
    steps = (((length - taps) // stride + 1) // 2 - 3) // 2
    network = Network(
        (channels, length),
        [
            *before,
            nn.Conv1d(channels, 5, taps, stride=stride, bias=bias),
            *after,
            nn.MaxPool1d(2),
            *(nn.LeakyReLU(0.1), *pooled),
            *(nn.Conv1d(5, 4, 4), *second, nn.ReLU(), nn.MaxPool1d(2), *last),
        ],
        [
            nn.Flatten(),
            *(nn.Dropout(), nn.Linear(4 * steps, 6, bias=bias)),
            *([nn.BatchNorm1d(6)] if norms[5] else []),
            *(nn.LeakyReLU(), nn.Linear(6, 3)),
        ],
    )
    require_equal(trained(network), folded(network))


def test_batch_normalisation_in_every_place_at_once():
    network = Network(
        (2, 30),
        [nn.BatchNorm1d(2), nn.BatchNorm1d(2), nn.Conv1d(2, 3, 5), nn.BatchNorm1d(3)],
        [
            *(nn.Identity(), nn.ReLU(), nn.MaxPool1d(3, 2), nn.BatchNorm1d(3), nn.Flatten()),
            *(nn.BatchNorm1d(36), nn.Linear(36, 4), nn.Dropout(), nn.BatchNorm1d(4), nn.ReLU()),
            *(nn.BatchNorm1d(4), nn.Linear(4, 2)),
        ],
    )
    require_equal(trained(network), folded(network))


def test_the_original_stays_as_it_is_and_the_copy_evaluates():
    network = apnea()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    result = folded(network)
    assert network.training and not result.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
    assert {value.dtype for value in result.parameters()} == {torch.float32}


def test_zeros_stay_zeros():
    network = apnea()
    kept = 0
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv1d | nn.Linear):
                layer.weight[torch.rand_like(layer.weight) < 0.8] = 0
                kept += int(layer.weight.count_nonzero())
    result = folded(network)
    assert total_costs(result, result.input_shape)["weights_nonzero"] == kept
    require_equal(network, result)


def test_a_stride_costs_no_multiplications_where_the_taps_fill_it():
    network = apnea()
    result = folded(network)
    assert result.input_shape == (2, 100)
    first = result.features_1
    assert first.weight.numel() == network.features[1].weight.numel()
    assert first.stride == (1,)


def test_dealt_windows():
    assert doctest.testmod(folding).failed == 0
    x = torch.arange(12.0).reshape(1, 2, 6)
    np.testing.assert_array_equal(
        dealt(x, (4, 3))[0], [[0, 2, 4], [6, 8, 10], [1, 3, 5], [7, 9, 11]]
    )
    assert torch.equal(dealt(x, (2, 6)), x)
    for shape in ((2, 5), (3, 4), (4, 4), (4, 2), (6, 3)):
        with pytest.raises(ValueError, match=r"windows are \(1, 2, 6\): they do not deal out to"):
            dealt(x, shape)


@pytest.mark.parametrize("stride", [2, 4])
def test_an_input_dealt_out_lies_in_memory_sample_by_sample(stride):
    layers = [nn.Conv1d(1, 4, 8, stride=stride), nn.ReLU(), nn.Flatten()]
    steps = (80 - 8) // stride + 1
    result = folded(Network((1, 80), layers, [nn.Linear(4 * steps, 2)]))
    planned = plan(quantize(result, torch.randn(9, *result.input_shape)), {})
    (at,) = planned.inputs
    assert (at.step, at.channel, at.pad) == (stride, 1, 0)


class _Signs(nn.Conv1d):
    def forward(self, x):
        return nn.functional.conv1d(x, self.weight.sign(), self.bias)


class _Skip(nn.Module):
    input_shape = (1, 20)

    def __init__(self):
        super().__init__()
        self.one = nn.Conv1d(1, 1, 1)

    def forward(self, x):
        return self.one(x) + x


REFUSED = [
    ([nn.BatchNorm1d(1), nn.Conv1d(1, 2, 3, padding=1)], "features_0: stands before .* padding"),
    (
        [nn.Conv1d(1, 2, 3), nn.ReLU(), nn.BatchNorm1d(2), nn.MaxPool1d(2)],
        "features_2: .* no layer",
    ),
    ([nn.Conv1d(1, 2, 3), nn.ReLU(), nn.BatchNorm1d(2)], "features_2: .* no layer to go into"),
    ([nn.Conv1d(1, 2, 3), nn.Conv1d(2, 2, 3, stride=3)], "features_1: .*stride of 3 .* not the fi"),
    ([nn.ReLU(), nn.Conv1d(1, 2, 3, stride=2)], "features_1: .*stride of 2 .* not the first"),
    ([nn.Conv1d(1, 2, 3, stride=2, padding=1)], "features_0: .*stride beside padding"),
    ([nn.Conv1d(1, 2, 3, stride=2, dilation=2)], "features_0: .*stride beside padding, dilation"),
    ([nn.BatchNorm1d(1, track_running_stats=False), nn.Conv1d(1, 2, 3)], "features_0: has no run"),
    ([nn.Conv1d(1, 2, 3), nn.Sigmoid()], "features_1: is a Sigmoid, which is not known"),
    ([_Signs(1, 2, 3)], "the folded network gives other outputs"),
]


@pytest.mark.parametrize(("layers", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_folded_is_named(layers, said):
    with pytest.raises(FoldingError, match=said):
        folded(Network((1, 20), layers))


def test_a_network_that_is_no_chain_is_refused():
    with pytest.raises(FoldingError, match="layer add: does not read the one before alone"):
        folded(_Skip())


def test_weights_that_are_not_finite_are_refused():
    network = apnea()
    network.features[4].weight.data[0, 0, 0] = torch.nan
    with pytest.raises(FoldingError, match="not finite"):
        folded(network)


def test_from_floats_to_the_emulated_core():
    try:
        compiler.device_compiler()
        compiler.host_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    network = apnea()
    result = folded(network)
    x = dealt(windows(network, 64), result.input_shape)
    integers = quantize(result, x)
    (values,) = quantize_input(integers, x)
    beats = values.reshape(len(values), -1)
    expected = integer.logits(integers, firmware.input_tensors(integers, beats))
    assert expected.shape == (64, 2) and len(np.unique(expected, axis=0)) > 10
    np.testing.assert_array_equal(host.logits(integers, beats, {}), expected)
    with torch.no_grad():
        floats = network.eval()(windows(network, 64)).numpy()
    differences = expected * integers.layers[-1].output.scale - floats
    assert np.abs(differences).mean() < 0.1 * floats.std(0).mean()
    costs = measure.measure(integers, beats[:1], {})  # raises where a logit differs
    assert costs.cycles[measure.TYPICAL] > total_costs(result, result.input_shape)["macs"] / 2
    assert costs.by_function["layer_features_1"] > 0
