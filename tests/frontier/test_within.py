"""Masks that change within a fit: through optimizers' steps, a second fit, and kill and resume."""

import copy

import pytest
import pytorch_lightning as pl
import torch
from killed import KillAfter, Killed, trainer_with
from pytorch_lightning.callbacks import ModelCheckpoint

from ecglib.frontier import fits
from ecglib.frontier.events import Event
from ecglib.frontier.free import by_second_moment
from ecglib.frontier.regrowth import Regrowing, with_survivors
from ecglib.frontier.surgery import Surgery, Ward
from ecglib.frontier.within import Moment, WithinFit
from ecglib.pruning import masks as mask_values
from ecglib.pruning.prune import prune
from ecglib.training.classifier import Classifier

pytestmark = [  # about Lightning's own use of PyTorch, and the checkpoints a resumed fit may make
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists:UserWarning"),
]
EVENTS = [Event(4, 0.85), Event(14, 0.9), Event(20, 0.95)]  # eleven steps an epoch
NESTED = ("free", "surgeon")


class Watch(pl.Callback):
    """After each batch: whether what is removed is exactly zero, and Adam's momentum of it."""

    def __init__(self, within):
        self.within, self.zero, self.still, self.masks = within, [], [], []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        weights = mask_values.prunable(pl_module.network)
        state = trainer.optimizers[0].state
        gone = [(w, ~self.within.masks[name]) for name, w in weights.items()]
        self.zero.append(all(bool((w[out] == 0).all()) for w, out in gone))
        self.still.append(all(bool((state[w]["exp_avg"][out] == 0).all()) for w, out in gone))
        self.masks.append({name: mask.clone() for name, mask in self.within.masks.items()})


@pytest.fixture
def course(small):
    """A course from a network of which 80 % is gone already; eleven steps an epoch."""
    torch.set_num_threads(1)
    found = fits.start("acharya2017", 0, 0.95)
    sizes = {n: w.detach().abs() for n, w in mask_values.prunable(found.network).items()}
    found.masks = {
        n: size > torch.cat([s.flatten() for s in sizes.values()]).quantile(0.8)
        for n, size in sizes.items()
    }
    assert found.steps() == 11
    return found


def change_of(name, small, course):
    windows, labels = course.data.tensors("train")
    if name == "free":
        return by_second_moment
    if name == "surgeon":
        return Surgery(Ward(), small.surgeon, windows, 0)
    return Regrowing(small.regrowth, windows, labels, 0)


every_change = pytest.mark.parametrize("change", ["free", "surgeon", "regrowth"])


def module(network):
    return Classifier(network, learning_rate=0.01, weight_decay=0.1, label_smoothing=0.0)


def counts(masks):
    return sum(int(mask.sum()) for mask in masks.values())


@every_change
def test_each_event_reaches_its_count_and_what_is_gone_is_zero_from_then_on(small, course, change):
    within = WithinFit(course.masks, EVENTS, change_of(change, small, course))
    watch = Watch(within)
    trainer_with(within, watch, epochs=2).fit(module(course.network), datamodule=course.data)
    assert all(watch.zero) and len(watch.zero) == 22
    assert all(watch.still)
    total = sum(mask.numel() for mask in course.masks.values())
    for event, row in zip(EVENTS, within.told, strict=True):
        assert row["step"] == event.step
        left = total - round(event.sparsity * total)
        assert counts(watch.masks[event.step - 1]) == left
        assert row["sparsity"] == pytest.approx(1 - left / total)
        assert counts(watch.masks[event.step - 2]) > left
    alive = torch.cat([w.flatten() for w in mask_values.prunable(course.network).values()])
    assert int((alive != 0).sum()) == counts(within.masks)


@every_change
def test_only_what_regrows_leaves_the_nest(small, course, change):
    within = WithinFit(course.masks, EVENTS, change_of(change, small, course))
    watch = Watch(within)
    trainer_with(within, watch, epochs=2).fit(module(course.network), datamodule=course.data)
    pairs = zip([course.masks, *watch.masks], watch.masks, strict=False)
    nested = [mask_values.nested(inner, outer) for outer, inner in pairs]
    assert all(nested) == (change in NESTED)
    if change == "regrowth":
        told = with_survivors(within.told, within.masks)
        assert told[0]["regrown"] > told[1]["regrown"] > 0 == told[-1]["regrown"]
        assert 0 < told[0]["alive_at_end"] < told[0]["regrown"]


def test_a_second_fit_holds_the_last_masks_and_has_no_event(small, course):
    within = WithinFit(course.masks, EVENTS, by_second_moment)
    trainer_with(within, epochs=2).fit(module(course.network), datamodule=course.data)
    last = copy.deepcopy(within.masks)
    watch = Watch(within)
    trainer_with(within, watch, epochs=2).fit(module(course.network), datamodule=course.data)
    assert all(watch.zero) and len(within.told) == len(EVENTS)
    assert all(torch.equal(last[name], within.masks[name]) for name in last)


@every_change
def test_a_killed_fit_goes_on_from_its_checkpoint_as_if_nothing_had_been(
    small, course, tmp_path, change
):
    start, order = copy.deepcopy(course.network), course.data.shuffle

    def run(network, *more, **options):
        within = WithinFit(course.masks, EVENTS, change_of(change, small, course))
        trainer_with(within, *more, epochs=2).fit(
            module(network), datamodule=course.data, **options
        )
        return within

    whole = copy.deepcopy(start)
    order.manual_seed(0)
    expected = run(whole)
    order.manual_seed(0)
    keep = ModelCheckpoint(dirpath=tmp_path, save_top_k=-1)
    with pytest.raises(Killed):  # in the second epoch, after its event
        run(copy.deepcopy(start), keep, KillAfter(16))
    order.manual_seed(0)
    torch.randperm(len(course.data.tensors("train")[1]), generator=order)  # the first epoch's order
    resumed = copy.deepcopy(start)
    checkpoint = next(tmp_path.glob("*.ckpt"))
    found = run(resumed, ckpt_path=checkpoint, weights_only=True)
    assert found.told == expected.told
    for name, mask in expected.masks.items():
        assert torch.equal(mask, found.masks[name])
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_surgeon_moves_weights_and_biases_at_its_event_and_the_uncompensated_none(
    small, course
):
    windows = course.data.tensors("train")[0]
    mask_values.apply(course.masks, course.network)
    moment = Moment(course.network, course.masks, EVENTS[-1], {}, 0.0)
    for ward in (Ward(compensate=False), Ward()):
        before = {n: p.detach().clone() for n, p in course.network.named_parameters()}
        masks, told = Surgery(ward, small.surgeon, windows, 0)(moment)
        moved = {
            name: value.detach() != before[name]
            for name, value in course.network.named_parameters()
        }
        lost = {n for n, mask in masks.items() if (mask != course.masks[n]).any()}
        assert len(lost) > 3
        for name, changed in moved.items():  # a layer has a matrix of its own here
            alive = masks.get(name, torch.ones_like(changed))
            stirred = ward.compensate and name.replace("bias", "weight") in lost
            assert bool(changed[alive].any()) == stirred, name
        shares = [layer["saliency_share"] for layer in told["layers"].values()]
        assert sum(shares) == pytest.approx(1)
        for name, of in told["layers"].items():
            assert (of["move"] > 0) == (ward.compensate and f"{name}.weight" in lost)
        assert sum(of["left"] for of in told["layers"].values()) == counts(masks)
        course.network.load_state_dict(before)


def test_pairs_leave_together_in_convolutions_and_dense_layers(small, course):
    sizes = {n: w.detach().abs() for n, w in mask_values.prunable(course.network).items()}
    paired = prune(sizes, mask_values.ones(course.network), 0.9, "pairs")
    mask_values.apply(paired, course.network)
    chosen = small.surgeon.model_copy(update={"largest": 3000, "block": 40})  # one matrix
    windows = course.data.tensors("train")[0]
    moment = Moment(course.network, paired, Event(1, 0.95), {}, 0.0)
    masks, _ = Surgery(Ward(in_pairs=True), chosen, windows, 0)(moment)
    assert counts(masks) == 19715 - round(0.95 * 19715)
    assert halved(paired) <= 1 and halved(masks) <= 1 + halved(paired)


def halved(masks):
    """Pairs of inputs of which one is left."""
    pairs = [mask[:, : mask.shape[1] // 2 * 2].unflatten(1, (-1, 2)) for mask in masks.values()]
    return sum(int((two[:, :, 0] != two[:, :, 1]).sum()) for two in pairs)
