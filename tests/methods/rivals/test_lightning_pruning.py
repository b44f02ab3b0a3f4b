"""ModelPruning in the study's loop, and what it does to a network."""

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelPruning

from ecglib.methods.rivals.lightning_pruning import lightning_model_pruning
from ecglib.pruning import masks as mask_values
from ecglib.settings.schedules import Stage

STAGES = [Stage(0.5, 2), Stage(0.8, 2)]

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec")  # Lightning's own use of PyTorch


class Zeros(pl.Callback):
    """The fraction of zero weights at the end of each training epoch."""

    def __init__(self):
        self.per_epoch = []

    def on_train_epoch_end(self, trainer, pl_module):
        weights = mask_values.prunable(pl_module.network).values()
        zeros = sum(int((weight == 0).sum()) for weight in weights)
        self.per_epoch.append(zeros / sum(weight.numel() for weight in weights))


@pytest.fixture
def watched(fit):
    """The fit, and the fractions of zero weights after each of its epochs, fit by fit."""
    fits = []

    def watched(network, epochs, callbacks=()):
        zeros = Zeros()
        fits.append(zeros.per_epoch)
        return fit(network, epochs, [zeros, *callbacks])  # before ModelPruning has its turn

    return watched, fits


def test_a_stage_ends_near_its_target_but_not_at_it(network, fit):
    for reached in lightning_model_pruning(network, STAGES, fit):
        sparsity = mask_values.sparsity(reached.masks)
        assert sparsity == pytest.approx(reached.stage.sparsity, abs=0.1)
        removed = sum(int((~mask).sum()) for mask in reached.masks.values())
        removed += sum(int((bias == 0).sum()) for bias in biases(network))
        assert removed == round(reached.stage.sparsity * (93 + 14))


def test_biases_are_pruned_with_the_weights(network, fit):
    (_, last) = lightning_model_pruning(network, STAGES, fit)
    assert any((bias == 0).any() for bias in biases(last.network))


def test_the_network_yielded_is_plain_and_its_masks_are_what_is_nonzero(network, fit):
    names = set(network.state_dict())
    for reached in lightning_model_pruning(network, STAGES, fit):
        assert set(reached.network.state_dict()) == names
        for name, weight in mask_values.prunable(reached.network).items():
            assert (weight != 0).equal(reached.masks[name])


def test_the_next_stage_grows_removed_weights_again(network, watched):
    fit, fits = watched
    first, second = lightning_model_pruning(network, [Stage(0.5, 2), Stage(0.55, 2)], fit)
    assert mask_values.sparsity(first.masks) > 0.4
    assert fits[1][0] < 0.2  # all but the dead ones, before the callback prunes anew
    assert not mask_values.nested(second.masks, first.masks)


def test_the_scores_of_its_first_epoch_are_a_dense_networks(network, watched):
    fit, fits = watched
    (reached,) = lightning_model_pruning(network, [Stage(0.8, 2)], fit)
    assert fits[0] == [0.0, pytest.approx(mask_values.sparsity(reached.masks))]


def test_a_one_epoch_stage_throws_its_training_away(network, fit):
    before = {name: w.detach().clone() for name, w in mask_values.prunable(network).items()}
    (reached,) = lightning_model_pruning(network, [Stage(0.5, 1)], fit)
    for name, weight in mask_values.prunable(reached.network).items():
        assert weight.equal(before[name] * reached.masks[name])


def test_a_stage_without_epochs_is_refused(network, fit):
    with pytest.raises(ValueError, match="1 or more"):
        next(lightning_model_pruning(network, [Stage(0.5, 0)], fit))


def test_a_constant_amount_compounds_from_epoch_to_epoch(network, fit):
    fit(network, 3, [ModelPruning("l1_unstructured", amount=0.5)])
    zeros = sum(int((parameter == 0).sum()) for parameter in network.parameters())
    assert zeros / (93 + 14) == pytest.approx(0.875, abs=0.02)


def test_only_the_first_lottery_ticket_of_a_fit_is_reset(network, fit):
    """After it, the weights kept for the reset are the live ones: the same storage."""
    start = network.hidden.weight.detach().clone()
    fit(network, 2, [ModelPruning("l1_unstructured", amount=0.2)])
    kept = network.hidden.weight != 0
    assert not torch.allclose(network.hidden.weight[kept], start[kept])


def test_where_masks_stay_for_the_next_fit_its_own_callback_finds_nothing_to_prune(network, fit):
    def callback():
        return ModelPruning("l1_unstructured", amount=0.5, make_pruning_permanent=False)

    fit(network, 1, [callback()])
    with pytest.raises(ValueError, match="non-empty list"):
        fit(network, 1, [callback()])


def biases(network):
    return [parameter for name, parameter in network.named_parameters() if name.endswith("bias")]
