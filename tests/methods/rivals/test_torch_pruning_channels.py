"""Torch-Pruning in the study's loop: smaller dense networks."""

import pytest
import torch

from ecglib import models
from ecglib.methods.rivals.torch_pruning_channels import torch_pruning
from ecglib.pruning import masks as mask_values
from ecglib.settings.schedules import Stage

STAGES = [Stage(0.3, 1), Stage(0.6, 2)]

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec")  # Lightning's own use of PyTorch


def weights(network):
    return sum(weight.numel() for weight in mask_values.prunable(network).values())


def no_fit(network, epochs, callbacks=()):
    return None


@pytest.mark.parametrize("global_pruning", [True, False])
@pytest.mark.parametrize("name", ["acharya2017", "kachuee2018"])
def test_a_stage_keeps_no_more_weights_than_its_target_allows(name, global_pruning):
    torch.manual_seed(0)
    network = models.build(name)
    total, before = weights(network), weights(network)
    stages = [Stage(sparsity, 0) for sparsity in (0.3, 0.6, 0.9)]
    for reached in torch_pruning(network, stages, no_fit, global_pruning=global_pruning):
        left = weights(reached.network)
        assert 0.7 * (1 - reached.stage.sparsity) * total < left < before
        assert left <= (1 - reached.stage.sparsity) * total + 0.5
        assert mask_values.sparsity(reached.masks) == 0.0
        assert reached.network(torch.zeros(2, *network.input_shape)).shape == (2, 5)
        before = left


def test_it_loses_count_where_raw_features_join_the_channels():
    """Its graph takes the concatenated features for channels: this network it cannot prune."""
    torch.manual_seed(0)
    network = models.build("rhythm_cnn")
    stages = [Stage(sparsity, 0) for sparsity in (0.3, 0.6, 0.9)]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        for reached in torch_pruning(network, stages, no_fit, global_pruning=False):
            reached.network(torch.zeros(2, *network.input_shape))


def test_the_smaller_network_computes_what_the_larger_one_does_without_its_channels(network):
    """Channels of zeros go first, and their going changes no output."""
    with torch.no_grad():
        network.hidden.weight[[1, 4]] = 0.0
        network.hidden.bias[[1, 4]] = 0.0
        network.head.weight[:, [1, 4]] = 0.0
    x = torch.randn(7, *network.input_shape)
    before = network(x)
    (reached,) = torch_pruning(network, [Stage(0.3, 0)], no_fit)
    assert reached.network.hidden.out_features == 4
    torch.testing.assert_close(reached.network(x), before)


def test_one_ranking_may_strangle_a_layer_where_equal_fractions_do_not(new_network):
    def narrowest(global_pruning):
        network = new_network()
        with torch.no_grad():
            network.hidden.weight[0] *= 30  # beside it the other five look small
        (reached,) = torch_pruning(network, [Stage(0.6, 0)], no_fit, global_pruning=global_pruning)
        return reached.network.hidden.out_features

    assert narrowest(True) <= 2 < narrowest(False)


def test_the_smaller_network_trains(network, fit):
    for reached in torch_pruning(network, STAGES, fit):
        assert len(reached.history) == reached.stage.epochs
        assert torch.isfinite(reached.network(torch.ones(1, *network.input_shape))).all()
    assert reached.epochs_spent == 3


def test_pruning_draws_no_random_numbers(network):
    state = torch.get_rng_state()
    list(torch_pruning(network, STAGES, no_fit))
    assert torch.get_rng_state().equal(state)


def test_a_target_that_no_channels_can_reach_is_an_error(network):
    with pytest.raises(ValueError, match="no channels left"):
        list(torch_pruning(network, [Stage(0.98, 0)], no_fit))
