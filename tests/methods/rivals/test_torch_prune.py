"""torch.nn.utils.prune, used with care: the study's own result, and what the care is needed for."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from ecglib.methods.rivals.torch_prune import torch_prune
from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import multistage
from ecglib.pruning.prune import pruner
from ecglib.settings.schedules import Stage

STAGES = [Stage(0.5, 1), Stage(0.8, 2)]

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec")  # Lightning's own use of PyTorch


def test_every_stage_reaches_its_absolute_target_within_the_one_before(network, fit):
    first, second = (reached.masks for reached in torch_prune(network, STAGES, fit))
    assert mask_values.sparsity(first) == pytest.approx(0.5, abs=0.5 / 93)
    assert mask_values.sparsity(second) == pytest.approx(0.8, abs=0.5 / 93)
    assert mask_values.nested(second, first)


def test_it_ends_at_the_weights_of_the_studys_own_loop(new_network, fit):
    rivals, ours = new_network(), new_network()
    prune_to = pruner("magnitude", "global", seed=0)
    pairs = zip(
        torch_prune(rivals, STAGES, fit), multistage(ours, STAGES, fit, prune_to), strict=True
    )
    for rival, own in pairs:
        assert all(rival.masks[name].equal(own.masks[name]) for name in own.masks)
        for name, weight in own.network.state_dict().items():
            torch.testing.assert_close(rival.network.state_dict()[name], weight)
        assert rival.epochs_spent == own.epochs_spent


def test_the_network_yielded_is_plain(network, new_network, fit):
    names = set(network.state_dict())
    for reached in torch_prune(network, STAGES, fit):
        assert set(reached.network.state_dict()) == names
        new_network().load_state_dict(reached.network.state_dict())
        for name, weight in mask_values.prunable(reached.network).items():
            assert not weight[~reached.masks[name]].any()


def test_without_epochs_it_only_removes(network):
    before = copy.deepcopy(network.state_dict())
    (reached,) = torch_prune(network, [Stage(0.5, 0)], lambda network, epochs, callbacks: None)
    assert network.hidden.bias.equal(before["hidden.bias"])
    kept = before["hidden.weight"] * reached.masks["hidden.weight"]
    assert network.hidden.weight.equal(kept)


class TestWhatTheLibraryDoes:
    """The habits of torch.nn.utils.prune that a loop must know of."""

    def test_amounts_compound(self):
        layer = nn.Linear(10, 80)
        for _ in range(3):
            prune.l1_unstructured(layer, "weight", 0.5)
        assert (layer.weight == 0).float().mean() == 0.875

    def test_a_step_after_remove_grows_the_weights_again(self):
        layer = nn.Linear(10, 80)
        prune.remove(prune.l1_unstructured(layer, "weight", 0.5), "weight")
        layer(torch.ones(1, 10)).square().sum().backward()
        torch.optim.SGD(layer.parameters(), lr=0.1).step()
        assert (layer.weight == 0).float().mean() < 0.01

    def test_scores_are_stale_between_a_step_and_the_next_forward_pass(self):
        layer = prune.identity(nn.Linear(2, 1), "weight")
        with torch.no_grad():
            layer.weight_orig.copy_(torch.tensor([[1.0, 2.0]]))
        layer(torch.ones(1, 2))
        with torch.no_grad():  # what an optimizer step may do
            layer.weight_orig.copy_(torch.tensor([[2.0, 1.0]]))
        prune.l1_unstructured(layer, "weight", 1)
        assert layer.weight.tolist() == [[0.0, 1.0]]  # the larger one is gone

    def test_weight_decay_moves_what_is_masked(self):
        layer = prune.l1_unstructured(nn.Linear(10, 80), "weight", 0.5)
        removed = layer.weight_mask == 0
        before = layer.weight_orig[removed].clone()
        layer(torch.ones(1, 10)).sum().backward()
        torch.optim.AdamW(layer.parameters(), lr=0.1, weight_decay=0.1).step()
        assert (layer.weight_orig[removed].abs() < before.abs()).all()

    def test_a_reparametrised_network_loads_no_plain_weights_and_copies_not(self):
        plain = nn.Linear(10, 80)
        layer = prune.l1_unstructured(copy.deepcopy(plain), "weight", 0.5)
        with pytest.raises(RuntimeError, match="weight_orig"):
            layer.load_state_dict(plain.state_dict())
        with pytest.raises(RuntimeError, match="deepcopy"):
            copy.deepcopy(layer)
