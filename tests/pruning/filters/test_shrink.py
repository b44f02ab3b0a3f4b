"""A network without some filters: whose they are, and that the smaller one computes the same."""

import copy

import pytest
import torch
import torch_pruning as tp
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.pruning import masks as mask_values
from ecglib.pruning.filters.groups import Reader, everything, filter_groups, targets, widths
from ecglib.pruning.filters.shrink import idle, shrink, silence

NAMES = list(models.MODELS)


def network_of(name, seed=0):
    torch.manual_seed(seed)
    return models.build(name).eval()


def outputs(network, seed=1):
    torch.manual_seed(seed)
    with torch.no_grad():
        return network(torch.randn(6, *network.input_shape))


def test_the_groups_of_a_plain_network():
    """acharya2017: the last convolution's channels are 30 inputs each of the first dense layer."""
    groups = filter_groups(network_of("acharya2017"))
    assert [(g.name, g.count) for g in groups.values()] == [
        *(("features.0", 5), ("features.3", 10), ("features.6", 20)),
        *(("classifier.1", 30), ("classifier.3", 20)),
    ]
    assert groups["features.6"].readers == (Reader("classifier.1", 0, 30),)


def test_a_skip_ties_the_channels_that_it_adds():
    groups = filter_groups(network_of("kachuee2018"))
    stream = groups["stem"]
    assert stream.writers == ("stem", *(f"blocks.{n}.conv2" for n in range(5)))
    assert stream.readers[-1] == Reader("classifier.1", 0, 2)
    assert len(stream.readers) == 6
    within = [f"blocks.{n}.conv1" for n in range(5)]
    assert list(targets(network_of("kachuee2018"))) == ["stem", *within]


def test_inputs_that_join_the_channels_are_nobodys_filters():
    groups = filter_groups(network_of("rhythm_cnn"))
    *_, last, hidden = groups.values()
    (reader,) = last.readers
    assert (reader.start, reader.steps * last.count) == (0, 64)  # of 72: eight are features
    assert hidden.count == 32


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_smaller_network_computes_what_the_masked_one_does(name, data):
    network = network_of(name, seed=data.draw(st.integers(0, 99)))
    groups = filter_groups(network)
    alive = everything(groups)
    for group, keep in alive.items():
        left = data.draw(st.sets(st.integers(0, len(keep) - 1), min_size=1), label=group)
        keep[:] = False
        keep[list(left)] = True
    masked = copy.deepcopy(network)
    silence(masked, alive, groups)
    small = shrink(network, alive)
    torch.testing.assert_close(outputs(small), outputs(masked), rtol=1e-4, atol=1e-5)
    assert widths(small) == {group: int(keep.sum()) for group, keep in alive.items()}
    costs = [total_costs(one, network.input_shape) for one in (network, small)]
    if any(not keep.all() for keep in alive.values()):
        assert costs[1]["macs"] < costs[0]["macs"]
    assert costs[1]["macs"] == costs[1]["macs_effective"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sparsity", [0.9, 0.99])
def test_filters_that_single_weight_pruning_left_idle_can_go(name, sparsity):
    network = network_of(name)
    torch.manual_seed(5)
    masks = {n: torch.rand_like(w) > sparsity for n, w in mask_values.prunable(network).items()}
    mask_values.apply(masks, network)
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Linear):
            with torch.no_grad():
                layer.bias[torch.rand(len(layer.bias)) < 0.5] = 0.0
    alive = idle(network)
    if sparsity == 0.99:
        assert any(not keep.all() for keep in alive.values())
    torch.testing.assert_close(outputs(shrink(network, alive)), outputs(network))


def test_a_filter_with_a_bias_is_not_idle_as_long_as_it_is_read():
    network = network_of("acharya2017")
    with torch.no_grad():
        network.features[0].weight[2] = 0.0
    assert idle(network)["features.0"].all()
    with torch.no_grad():
        network.features[0].bias[2] = 0.0
    assert idle(network)["features.0"].tolist() == [True, True, False, True, True]


def test_what_only_idle_filters_fed_idles_too():
    network = network_of("acharya2017")
    with torch.no_grad():
        network.features[3].weight[7, :2] = 0.0
        network.features[3].weight[7, 3:] = 0.0  # reads channel 2 alone
        network.features[3].bias[7] = 0.0
        network.features[0].weight[2], network.features[0].bias[2] = 0.0, 0.0
    assert not idle(network)["features.3"][7]


def test_one_filter_stays_where_all_idle():
    network = network_of("acharya2017")
    with torch.no_grad():
        network.features[3].weight.zero_()
        network.features[3].bias.zero_()
    alive = idle(network)
    assert alive["features.3"].sum() == 1
    torch.testing.assert_close(outputs(shrink(network, alive)), outputs(network))


@pytest.mark.parametrize("name", ["acharya2017", "kachuee2018"])
def test_torch_pruning_ties_the_same_channels(name):
    """The tool that others use finds the same writers and readers in its dependency graph."""
    network = network_of(name)
    graph = tp.DependencyGraph().build_dependency(network, torch.zeros(1, *network.input_shape))
    modules = {module: path for path, module in network.named_modules()}
    for group in filter_groups(network).values():
        layer = network.get_submodule(group.name)
        prune = (
            tp.prune_conv_out_channels
            if isinstance(layer, nn.Conv1d)
            else tp.prune_linear_out_channels
        )
        found = graph.get_pruning_group(layer, prune, idxs=[0])
        tied = {
            (modules[dep.target.module], "out" in dep.handler.__name__)
            for dep, _ in found
            if isinstance(dep.target.module, nn.Conv1d | nn.Linear)
        }
        ours = {(writer, True) for writer in group.writers}
        assert tied == ours | {(reader.layer, False) for reader in group.readers}


@pytest.mark.parametrize(
    ("alive", "message"),
    [
        ({"nothing": torch.ones(5, dtype=torch.bool)}, "no filters 'nothing'"),
        ({"features.0": torch.ones(4, dtype=torch.bool)}, r"features.0: torch.bool \(4,\)"),
        ({"features.0": torch.ones(5)}, "features.0: torch.float32"),
        ({"features.0": torch.zeros(5, dtype=torch.bool)}, "features.0: no filter is left"),
    ],
)
def test_a_wrong_mask_is_named(alive, message):
    with pytest.raises(ValueError, match=message):
        shrink(network_of("acharya2017"), alive)


def test_a_layer_that_the_walk_does_not_know_is_named():
    network = nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Linear(8, 5))
    network.input_shape = (1, 4)
    with pytest.raises(ValueError, match="layer _1: .*BatchNorm1d"):
        filter_groups(network)


def test_a_smaller_network_is_stored_and_loaded(tmp_path):
    network = network_of("kachuee2018")
    alive = {"blocks.1.conv1": torch.arange(32) < 9, "stem": torch.arange(32) % 2 == 0}
    small = shrink(network, alive)
    models.save(small, tmp_path / "small.safetensors")
    again = models.load("kachuee2018", tmp_path / "small.safetensors").eval()
    assert torch.equal(outputs(again), outputs(small))
    assert widths(again) == widths(small)


def test_weights_of_another_network_are_no_smaller_form(tmp_path):
    models.save(network_of("acharya2017"), tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="holds no kachuee2018 weights"):
        models.load("kachuee2018", tmp_path / "a.safetensors")
    weights = network_of("acharya2017").state_dict()
    weights["features.0.weight"] = torch.zeros(6, 1, 3)
    models.write_weights(weights, tmp_path / "grown.safetensors")
    with pytest.raises(ValueError, match=r"features.0.weight \(6, 1, 3\) is no smaller form"):
        models.load("acharya2017", tmp_path / "grown.safetensors")
    weights = network_of("acharya2017").state_dict()
    weights["features.0.weight"] = weights["features.0.weight"][:3]
    weights["features.0.bias"] = weights["features.0.bias"][:3]
    models.write_weights(weights, tmp_path / "odd.safetensors")
    with pytest.raises(ValueError, match="do not fit together"):
        models.load("acharya2017", tmp_path / "odd.safetensors")
