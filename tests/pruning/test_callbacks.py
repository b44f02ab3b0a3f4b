"""What is removed stays removed: through optimizers, a second fit, and kill and resume."""

import copy

import pytest
import torch
from killed import KillAfter, Killed, trainer_with
from pytorch_lightning.callbacks import ModelCheckpoint

from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask, LogSparsity
from ecglib.training import classifier
from ecglib.training.classifier import Classifier

pytestmark = [  # about Lightning's own use of PyTorch, and the checkpoints a resumed fit may make
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`:UserWarning"),
]

KEYS = ["conv.weight", "conv.bias", "head.weight", "head.bias"]


class WithAdamW(Classifier):
    def __init__(self, network):
        super().__init__(network, learning_rate=0.05, weight_decay=0.1, label_smoothing=0.0)


class WithMomentum(WithAdamW):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9, weight_decay=0.1)


class Drifting(torch.optim.SGD):
    """Moves every weight, whether or not it has a gradient."""

    def step(self, closure=None):
        loss = super().step(closure)
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    weight.add_(0.1)
        return loss


class WithDrift(WithAdamW):
    def configure_optimizers(self):
        return Drifting(self.parameters(), lr=0.01)


every_optimizer = pytest.mark.parametrize("module", [WithAdamW, WithMomentum, WithDrift])


def removed(network, masks):
    """The values of the removed weights."""
    weights = mask_values.prunable(network)
    return torch.cat([weights[name][~masks[name]] for name in weights]).detach()


def kept(network, masks):
    weights = mask_values.prunable(network)
    return torch.cat([weights[name][masks[name]] for name in weights]).detach().clone()


def all_zero(values):
    return len(values) > 0 and bool((values == 0).all())


@every_optimizer
def test_removed_weights_are_zero_in_every_batch_and_after(network, half, data, module):
    before, seen = kept(network, half), []
    network.register_forward_pre_hook(lambda *_: seen.append(all_zero(removed(network, half))))
    trainer_with(HoldMask(half), epochs=4).fit(module(network), datamodule=data)
    assert len(seen) == 4 * (3 + 2)  # epochs x (training + validation batches)
    assert all(seen)
    assert all_zero(removed(network, half))
    assert (kept(network, half) != before).all(), "nothing was trained"


@pytest.mark.parametrize(
    ("module", "memories"),
    [(WithAdamW, ["exp_avg", "exp_avg_sq"]), (WithMomentum, ["momentum_buffer"])],
)
def test_optimizer_gathers_no_momentum_for_removed_weights(network, half, data, module, memories):
    trainer = trainer_with(HoldMask(half), epochs=4)
    trainer.fit(module(network), datamodule=data)
    state = trainer.optimizers[0].state
    for name, weight in mask_values.prunable(network).items():
        for memory in memories:
            assert all_zero(state[weight][memory][~half[name]])
            assert (state[weight][memory][half[name]] != 0).all()


def test_a_second_fit_with_the_same_masks_regrows_nothing(network, half, fit):
    fit(network, 2, [HoldMask(half)])
    between = kept(network, half)
    fit(network, 2, [HoldMask(half)])
    assert all_zero(removed(network, half))
    assert (kept(network, half) != between).all()


def test_one_callback_may_hold_two_fits(network, new_network, half, fit):
    hold, other = HoldMask(half), new_network(5)
    fit(network, 1, [hold])
    after_first = kept(network, half)
    fit(other, 1, [hold])
    assert all_zero(removed(other, half))
    assert torch.equal(kept(network, half), after_first)


@every_optimizer
def test_masks_survive_kill_and_resume(tmp_path, new_network, half, data, module):
    whole = new_network()
    trainer_with(HoldMask(half), epochs=4).fit(module(whole), datamodule=data)

    keep_each_epoch = ModelCheckpoint(tmp_path, "{epoch}", every_n_epochs=1, save_top_k=-1)
    with pytest.raises(Killed):
        trainer_with(HoldMask(half), keep_each_epoch, KillAfter(2 * 3 + 2), epochs=4).fit(
            module(new_network()), datamodule=data
        )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["epoch=0.ckpt", "epoch=1.ckpt"]

    resumed = new_network(seed=9)
    hold = HoldMask(mask_values.ones(resumed))
    trainer = trainer_with(hold, epochs=4)
    trainer.fit(
        module(resumed), datamodule=data, ckpt_path=tmp_path / "epoch=1.ckpt", weights_only=True
    )
    assert trainer.current_epoch == 4
    assert all(torch.equal(hold.masks[name], half[name]) for name in half)
    assert all_zero(removed(resumed, half))
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), f"{name} differs from one whole fit"


def test_biases_are_trained_and_never_masked(network, fit):
    nothing = {name: torch.zeros_like(m) for name, m in mask_values.ones(network).items()}
    before = network.head.bias.detach().clone()
    fit(network, 2, [HoldMask(nothing)])
    assert all_zero(removed(network, nothing))
    assert (network.head.bias != before).all()
    assert (network.head.bias != 0).all()


def test_other_parameters_and_buffers_are_trained_as_ever(data):
    network = torch.nn.Sequential(
        torch.nn.Conv1d(1, 2, 5), torch.nn.BatchNorm1d(2), torch.nn.Flatten(), torch.nn.Linear(6, 5)
    )
    masks = mask_values.ones(network)
    masks["3.weight"][1:] = False
    trainer_with(HoldMask(masks), epochs=1).fit(WithAdamW(network), datamodule=data)
    assert all_zero(removed(network, masks))
    assert (network[1].weight != 1).all()
    assert (network[1].running_mean != 0).all()
    assert int(network[1].num_batches_tracked) == 3


def test_state_dict_keys_stay_plain(network, half, data):
    module = WithAdamW(network)
    trainer_with(HoldMask(half), epochs=1).fit(module, datamodule=data)
    assert list(network.state_dict()) == KEYS
    assert list(module.state_dict()) == [f"network.{key}" for key in KEYS]


def test_checkpointed_weights_load_into_a_plain_network(tmp_path, network, new_network, half, data):
    trainer = trainer_with(HoldMask(half), epochs=1)
    trainer.fit(WithAdamW(network), datamodule=data)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    stored = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    plain = new_network(9)
    plain.load_state_dict({key.removeprefix("network."): value for key, value in stored.items()})
    assert all_zero(removed(plain, half))
    assert torch.equal(kept(plain, half), kept(network, half))


def test_pruned_network_can_be_copied_and_the_copy_stands_alone(network, half, fit, data):
    fit(network, 1, [HoldMask(half)])
    twin = copy.deepcopy(network)
    windows, _ = data.tensors("validation")
    assert torch.equal(twin(windows), network(windows))
    fit(twin, 1, [HoldMask(half)])
    assert not torch.equal(twin(windows), network(windows))
    assert all_zero(removed(twin, half)) and all_zero(removed(network, half))


def test_last_logged_validation_score_is_the_score_of_the_network_left(network, half, fit, data):
    history = fit(network, 3, [HoldMask(half)])
    windows, label = data.tensors("validation")
    score = (classifier.predict(network, windows) == label).float().mean()
    assert history["validation_accuracy"].iloc[-1] == pytest.approx(float(score))


def test_masks_given_are_not_changed(network, half, fit):
    before = {name: mask.clone() for name, mask in half.items()}
    fit(network, 1, [HoldMask(half)])
    assert all(torch.equal(half[name], before[name]) for name in before)


def test_log_sparsity_logs_what_was_held_in_each_epoch(network, half, fit):
    history = fit(network, 2, [HoldMask(half), LogSparsity()])
    assert history["sparsity"].tolist() == [pytest.approx(0.5)] * 2


def test_log_sparsity_counts_the_weights_not_a_mask(network, half, fit):
    mask_values.apply(half, network)
    history = fit(network, 1, [LogSparsity()])  # nothing holds the mask: the weights come back
    assert history["sparsity"].tolist() == [0.0]


@pytest.mark.parametrize(
    "other", [torch.nn.Linear(3, 5), torch.nn.Sequential(torch.nn.Conv1d(1, 1, 5))]
)
def test_mask_of_another_network_is_refused_before_anything_changes(network, fit, other):
    before = copy.deepcopy(network.state_dict())
    with pytest.raises(ValueError, match=r"differ in the weights they name: .*head\.weight"):
        fit(network, 1, [HoldMask(mask_values.ones(other))])
    assert all(torch.equal(network.state_dict()[name], before[name]) for name in before)


def test_mask_of_another_shape_is_refused(network, fit):
    masks = mask_values.ones(network) | {"conv.weight": torch.ones(1, 1, 3, dtype=torch.bool)}
    with pytest.raises(ValueError, match=r"conv\.weight: .*\(1, 1, 3\), expected .*\(1, 1, 5\)"):
        fit(network, 1, [HoldMask(masks)])
