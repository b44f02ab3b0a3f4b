"""A smaller network that computes the same: constants folded, channels in the order of pairs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecglib import models
from ecglib.deployment.compact import compact
from ecglib.device.cost import total_costs
from ecglib.pruning import masks as mask_values
from ecglib.pruning.filters.groups import widths


def network_of(name, seed=0):
    torch.manual_seed(seed)
    return models.build(name).eval()


@torch.no_grad()
def masked(name, sparsity, seed):
    """A network without some weights and some whole rows, whose outputs still tell beats apart."""
    network = network_of(name, seed)
    for part in mask_values.prunable(network).values():
        rows = torch.rand(len(part)) < 0.2
        part *= (torch.rand_like(part) >= sparsity) * 2 / (1 - sparsity) ** 0.5
        part[rows] = 0.0
    for layer, part in network.named_parameters():
        if layer.endswith("bias"):
            part.normal_()
    return network


@torch.no_grad()
def outputs(network):
    beats = torch.randn(4, *network.input_shape, generator=torch.Generator().manual_seed(1))
    return network.eval()(beats)


@pytest.mark.parametrize("name", models.MODELS)
@settings(max_examples=20, deadline=None)
@given(sparsity=st.sampled_from([0.3, 0.6, 0.8]), seed=st.integers(0, 99))
def test_the_compact_network_computes_what_the_masked_one_does(name, sparsity, seed):
    network = masked(name, sparsity, seed)
    small, expected = compact(network), outputs(network)
    scale = float(expected.abs().max())
    torch.testing.assert_close(outputs(small), expected, rtol=0.0, atol=1e-5 * scale)
    costs = [total_costs(one, network.input_shape) for one in (network, small)]
    assert costs[1]["macs"] < costs[0]["macs"]
    assert costs[1]["macs_effective"] <= costs[0]["macs_effective"]
    assert sum(widths(small).values()) < sum(widths(network).values())


@pytest.mark.parametrize("name", models.MODELS)
def test_the_masked_networks_of_these_tests_tell_beats_apart(name):
    different = sum(outputs(masked(name, 0.6, seed)).std(0).max() > 1e-3 for seed in range(5))
    assert different >= 3


@pytest.mark.parametrize("name", models.MODELS)
def test_a_network_that_lost_all_weights_gives_the_same_constant(name):
    network = network_of(name)
    with torch.no_grad():
        for part in mask_values.prunable(network).values():
            part.zero_()
    small = compact(network)
    assert set(widths(small).values()) == {1}
    torch.testing.assert_close(outputs(small), outputs(network))


def test_a_channel_that_one_of_several_layers_does_not_write_is_no_constant():
    network = network_of("kachuee2018")
    with torch.no_grad():
        network.stem.weight[0], network.stem.bias[0] = 0.0, 0.0
    torch.testing.assert_close(outputs(compact(network)), outputs(network))
    assert widths(compact(network))["stem"] == 32


def test_a_channel_without_weights_goes_and_its_constant_stays_in_the_next_bias():
    network = network_of("acharya2017")
    with torch.no_grad():
        network.features[0].weight[2] = 0.0
        network.features[0].bias[2] = -3.0  # behind the leaky ReLU -0.03
        expected = network.features[3].bias - 0.03 * network.features[3].weight[:, 2].sum(1)
    small = compact(network)
    assert widths(small)["features.0"] == 4
    torch.testing.assert_close(small.features[3].bias, expected)


def test_what_is_constant_because_its_sources_are_goes_too():
    network = network_of("acharya2017")
    with torch.no_grad():
        network.features[0].weight[2] = 0.0
        network.features[3].weight[7, :2] = 0.0
        network.features[3].weight[7, 3:] = 0.0  # reads channel 2 alone, whose constant is not 0
    small = compact(network)
    assert (widths(small)["features.0"], widths(small)["features.3"]) == (4, 9)
    torch.testing.assert_close(outputs(small), outputs(network))


def test_beside_padding_a_constant_is_none_unless_it_is_zero():
    network = network_of("kachuee2018")
    with torch.no_grad():
        network.blocks[0].conv1.weight[:2] = 0.0
        network.blocks[0].conv1.bias[:2] = torch.tensor([-1.0, 1.0])
    small = compact(network)
    assert widths(small)["blocks.0.conv1"] == 31
    torch.testing.assert_close(outputs(small), outputs(network))


def test_a_dense_network_is_left_as_it_is():
    network = network_of("kachuee2018")
    for name, value in compact(network).state_dict().items():
        assert torch.equal(value, network.state_dict()[name])


def test_channels_with_weights_in_the_same_places_stand_side_by_side():
    network = network_of("acharya2017")
    with torch.no_grad():
        weight = network.features[6].weight  # (20, 10, 4)
        weight[:10, ::2] = 0.0  # even channels have weights at the last ten outputs only,
        weight[10:, 1::2] = 0.0  # odd ones at the first ten
    left = compact(network).features[6].weight
    words = left.unflatten(1, (5, 2)).bool().any(2).sum()
    assert words == 20 * 4 * 3  # of each kind two pairs, and the fifths share one
    torch.testing.assert_close(outputs(compact(network)), outputs(network))


def test_pairs_stay_pairs_when_a_channel_among_them_goes():
    network = network_of("acharya2017")
    torch.manual_seed(3)
    with torch.no_grad():
        pairs = torch.rand(20, 5, 4).repeat_interleave(2, 1) > 0.6
        network.features[6].weight *= pairs
        network.features[3].weight[1] = 0.0
    left = compact(network).features[6].weight
    assert left.shape[1] == 9
    before = pairs[:, ::2].sum()
    padded = torch.cat([left, torch.zeros(20, 1, 4)], 1)
    assert padded.unflatten(1, (5, 2)).bool().any(2).sum() <= before
