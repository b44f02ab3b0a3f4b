"""The controls spend what multistage spends, and differ from it in one thing each."""

import pandas as pd
import pytest
import torch

from ecglib.pruning import controls
from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import multistage
from ecglib.pruning.prune import pruner
from ecglib.settings.schedules import Stage

STAGES = [Stage(0.3, 1), Stage(0.5, 2), Stage(0.8, 2)]
PRUNE_TO = pruner("magnitude", "global", seed=0)


class FakeFit:
    """Remembers each fit's epochs and the network's zeros as it began, and trains nothing."""

    def __init__(self):
        self.epochs, self.zeros = [], []

    def __call__(self, network, epochs, callbacks=()):
        self.epochs.append(epochs)
        weights = mask_values.prunable(network)
        self.zeros.append({name: int((weight == 0).sum()) for name, weight in weights.items()})
        return pd.DataFrame({"epoch": range(1, epochs + 1)})


def state(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one | other)


def test_dense_longer_trains_like_the_stages_and_prunes_nothing(network, fit):
    fake = FakeFit()
    reached = list(controls.dense_longer(network, STAGES, fake))
    assert fake.epochs == [1, 2, 2]
    assert [one.epochs_spent for one in reached] == [1, 3, 5]
    assert all(mask_values.sparsity(one.masks) == 0 for one in reached)
    list(controls.dense_longer(network, STAGES, fit))
    assert not any((weight == 0).any() for weight in mask_values.prunable(network).values())


def test_one_shot_restarts_has_the_fits_of_multistage_and_the_mask_of_one_shot(new_network):
    fake = FakeFit()
    (reached,) = controls.one_shot_restarts(new_network(), STAGES, fake, PRUNE_TO)
    (once,) = multistage(new_network(), [Stage(0.8, 5)], FakeFit(), PRUNE_TO)
    assert fake.epochs == [1, 2, 2]
    assert all(sum(zeros.values()) == 16 for zeros in fake.zeros)
    assert reached.epochs_spent == once.epochs_spent == 5
    assert equal(reached.masks, once.masks)


def test_a_ticket_is_trained_from_the_weights_given_with_the_mask_held(new_network, fit):
    (found,) = multistage(new_network(0), [Stage(0.5, 0)], FakeFit(), PRUNE_TO)
    ticket = new_network(3)
    reached = controls.trained_with(ticket, found.masks, STAGES, 7, fit)
    assert len(reached.history) == 7
    assert reached.epochs_spent == 5  # after the dense network: the rest stands in for training it
    for name, weight in mask_values.prunable(ticket).items():
        assert torch.equal(weight != 0, found.masks[name])


def test_layers_are_pruned_in_their_turn_and_stay_pruned(network):
    fake = FakeFit()
    groups = [["conv.weight"], ["head.weight"]]
    (reached,) = controls.layerwise(network, groups, STAGES, fake, PRUNE_TO)
    assert fake.epochs == [2, 3]
    assert fake.zeros == [
        {"conv.weight": 4, "head.weight": 0},
        {"conv.weight": 4, "head.weight": 12},
    ]
    assert mask_values.sparsity(reached.masks) == pytest.approx(0.8)
    assert reached.epochs_spent == 5


def test_fewer_epochs_than_groups_go_to_the_last(network):
    fake = FakeFit()
    groups = [["conv.weight"], ["head.weight"]]
    list(controls.layerwise(network, groups, [Stage(0.5, 1)], fake, PRUNE_TO))
    assert fake.epochs == [0, 1]


def test_convolutions_stand_before_dense_layers(network):
    assert controls.convolutions_first(network) == [["conv.weight"], ["head.weight"]]


def test_the_least_sensitive_layer_goes_first_and_the_network_is_left_alone(network):
    before = state(network)

    def validate(pruned):  # a network that only needs its dense layer
        return float((pruned.head.weight != 0).sum())

    order = controls.by_sensitivity(network, 0.5, PRUNE_TO, validate)
    assert order == [["conv.weight"], ["head.weight"]]
    order = controls.by_sensitivity(network, 0.5, PRUNE_TO, lambda pruned: -validate(pruned))
    assert order == [["head.weight"], ["conv.weight"]]
    assert equal(before, network.state_dict())


def test_rewinding_sets_the_kept_weights_back_before_each_fit(new_network):
    early, started = state(new_network(5)), []

    def shift(network, epochs, callbacks=()):
        started.append(state(network))
        with torch.no_grad():
            for weight in mask_values.prunable(network).values():
                weight += weight.sign()
        return pd.DataFrame()

    def rewind(network):
        network.load_state_dict(early)

    reached = []
    for one in multistage(new_network(), STAGES, shift, PRUNE_TO, rewind=rewind):
        reached.append(one.masks)
    assert len(started) == len(STAGES)
    for begun, masks in zip(started, reached, strict=True):
        for name, mask in masks.items():
            assert torch.equal(begun[name], early[name] * mask)
