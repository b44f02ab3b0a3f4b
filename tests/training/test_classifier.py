"""A fit learns, repeats bit for bit, reports what it did, and is quiet about it."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.training import classifier, metrics

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 10


class Bumps(pl.LightningDataModule):
    """Flat windows with one bump, whose place is the class; `noise` hides it."""

    def __init__(self, noise=0.1, seed=0, classes=5):
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.seed, self.parts = seed, {}
        for part, count in {"train": 100, "validation": 37}.items():
            label = torch.arange(count) % classes
            windows = noise * torch.randn(count, 1, LENGTH, generator=draw)
            windows[torch.arange(count), 0, 2 * label] += 1
            self.parts[part] = TensorDataset(windows, label)

    def tensors(self, part):
        return self.parts[part].tensors

    def train_dataloader(self):
        shuffle = torch.Generator().manual_seed(self.seed)
        return DataLoader(self.parts["train"], batch_size=20, shuffle=True, generator=shuffle)

    def val_dataloader(self):
        return DataLoader(self.parts["validation"], batch_size=15)  # 15, 15 and 7


def new_network(seed=0, dropout=0.0, classes=5):
    torch.manual_seed(seed)
    layers = nn.Conv1d(1, 4, 3), nn.LeakyReLU(), nn.Dropout(dropout), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(32, classes))


def fit(network, data=None, epochs=3, learning_rate=0.02, **options):
    return classifier.fit(
        network,
        data or Bumps(),
        epochs=epochs,
        learning_rate=learning_rate,
        weight_decay=0.01,
        **options,
    )


def cross_entropy(network, data, part, **options):
    windows, label = data.tensors(part)
    with torch.no_grad():
        return float(
            nn.functional.cross_entropy(copy.deepcopy(network).eval()(windows), label, **options)
        )


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_fit_learns_a_problem_that_is_easy():
    network, data = new_network(), Bumps()
    before = cross_entropy(network, data, "validation")
    history = fit(network, data, epochs=15)
    assert cross_entropy(network, data, "validation") < before / 2
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0] / 2
    windows, label = data.tensors("validation")
    assert torch.equal(classifier.predict(network, windows), label)
    assert history["validation_accuracy"].iloc[-1] == 1
    assert history["validation_f1_macro"].iloc[-1] == 1


def test_a_network_may_have_any_number_of_classes():
    network = new_network(classes=2)
    history = fit(network, Bumps(classes=2), epochs=10, classes=2)
    assert history["validation_f1_macro"].iloc[-1] > 0.95
    predicted = classifier.predict(network, Bumps(classes=2).tensors("validation")[0])
    assert set(predicted.tolist()) == {0, 1}


def test_history_has_one_full_row_per_epoch():
    history = fit(new_network(), epochs=4)
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    measures = ["train_loss", "validation_loss", "validation_accuracy", "validation_f1_macro"]
    assert set(measures) <= set(history.columns)
    assert history.notna().all(axis=None)


def test_last_row_describes_the_network_that_is_left():
    """Recomputed at once on all beats, though the fit saw them in batches of unequal size."""
    network, data = new_network(), Bumps(noise=0.6)
    last = fit(network, data).iloc[-1]
    windows, label = data.tensors("validation")
    predicted = classifier.predict(network, windows)
    assert 0.2 < accuracy_score(label, predicted) < 1, "too easy or too hard to tell"
    assert last["validation_accuracy"] == pytest.approx(accuracy_score(label, predicted))
    assert last["validation_f1_macro"] == pytest.approx(f1_score(label, predicted, average="macro"))
    assert last["validation_loss"] == pytest.approx(cross_entropy(network, data, "validation"))


def test_macro_f1_means_the_same_in_the_history_as_in_the_results_when_a_class_is_absent():
    network, data = new_network(), Bumps(noise=0.6)
    for part, (windows, label) in {part: data.tensors(part) for part in data.parts}.items():
        data.parts[part] = TensorDataset(windows[label < 4], label[label < 4])
    last = fit(network, data, epochs=10).iloc[-1]
    windows, label = data.tensors("validation")
    matrix = metrics.confusion(classifier.predict(network, windows), label)
    assert matrix[:, 4].sum() == 0, "the absent class was predicted"
    assert last["validation_f1_macro"] == pytest.approx(metrics.f1_macro(matrix))


def test_train_loss_is_the_mean_over_the_batches_of_its_epoch():
    class Losses(pl.Callback):
        def __init__(self):
            self.seen = [[], []]

        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            self.seen[trainer.current_epoch].append(float(outputs["loss"]))

    losses = Losses()
    history = fit(new_network(), epochs=2, callbacks=[losses])
    assert [len(epoch) for epoch in losses.seen] == [5, 5]
    expected = [sum(epoch) / 5 for epoch in losses.seen]
    assert history["train_loss"].tolist() == pytest.approx(expected)


def test_labels_are_smoothed_in_training_only():
    network, data = new_network(), Bumps()
    last = fit(network, data, learning_rate=0.0, label_smoothing=0.2).iloc[-1]  # nothing moves
    smoothed = cross_entropy(network, data, "train", label_smoothing=0.2)
    assert last["train_loss"] == pytest.approx(smoothed)
    assert last["validation_loss"] == pytest.approx(cross_entropy(network, data, "validation"))


def test_validation_is_without_dropout():
    network, data = new_network(dropout=0.9), Bumps()
    last = fit(network, data, epochs=1).iloc[-1]
    assert last["validation_loss"] == pytest.approx(cross_entropy(network, data, "validation"))


def test_same_seed_gives_the_same_weights_bit_for_bit():
    first, again, other = new_network(3), new_network(3), new_network(4)
    history = fit(first)
    torch.manual_seed(99)  # other random draws between two fits do not matter
    assert history.equals(fit(again))
    fit(other)
    assert equal(weights(first), weights(again))
    assert not equal(weights(first), weights(other))


def test_order_of_the_batches_is_the_data_modules_seed():
    first, other = new_network(), new_network()
    data = Bumps()
    fit(first, data)
    data.seed = 1
    fit(other, data)
    assert not equal(weights(first), weights(other))


def test_each_fit_starts_afresh():
    """A second fit of a network equals the first fit of its copy: no optimizer state is kept."""
    network, data = new_network(), Bumps()
    fit(network, data, epochs=1)
    twin = copy.deepcopy(network)
    fit(network, data, epochs=2)
    fit(twin, Bumps(), epochs=2)
    assert equal(weights(network), weights(twin))


def test_fit_trains_with_dropout_also_after_a_prediction():
    network, data = new_network(dropout=0.5), Bumps()
    classifier.predict(network, data.tensors("validation")[0])
    modes = []
    network[2].register_forward_hook(lambda layer, *_: modes.append(layer.training))
    fit(network, data, epochs=1)
    assert modes == [True] * 5 + [False] * 3  # training batches, validation batches


def test_no_epochs_leave_the_network_as_it_was():
    network = new_network()
    before = weights(network)
    assert len(fit(network, epochs=0)) == 0
    assert equal(weights(network), before)


def test_callbacks_see_the_fit_and_what_they_log_is_in_the_history():
    class Count(pl.Callback):
        batches = 0

        def on_train_batch_end(self, *_):
            self.batches += 1

        def on_train_epoch_end(self, trainer, pl_module):
            pl_module.log("batches", float(self.batches))

    assert fit(new_network(), epochs=2, callbacks=[Count()])["batches"].tolist() == [5, 10]


def test_predict_is_the_argmax_of_the_network_without_dropout():
    network, (windows, _) = new_network(dropout=0.5).train(), Bumps().tensors("validation")
    predicted = classifier.predict(network, windows)
    assert not any(module.training for module in network.modules())
    assert predicted.shape == (37,) and predicted.dtype == torch.int64
    assert predicted.tolist() == [int(network(window[None]).argmax()) for window in windows]


def test_predict_keeps_the_order_over_many_batches(monkeypatch):
    network, (windows, _) = new_network(), Bumps().tensors("validation")
    at_once = classifier.predict(network, windows)
    monkeypatch.setattr(classifier, "EVALUATION_BATCH", 10)
    assert torch.equal(classifier.predict(network, windows), at_once)


@pytest.mark.slow
def test_fit_prints_nothing_and_leaves_no_files(tmp_path):
    """In a process of its own, so that nothing is captured or filtered on the way."""
    code = "from test_classifier import fit, new_network; assert len(fit(new_network())) == 3"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


class Rates(pl.Callback):
    """The learning rate of every step."""

    def __init__(self):
        self.seen = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.seen.append(trainer.optimizers[0].param_groups[0]["lr"])


def test_fits_of_one_cycle_have_together_the_rates_of_one_long_fit():
    whole, parts = Rates(), Rates()
    fit(new_network(), epochs=5, callbacks=[whole])
    network = new_network()
    fit(network, epochs=2, callbacks=[parts], cycle=classifier.Cycle(before=0, total=5))
    fit(network, epochs=3, callbacks=[parts], cycle=classifier.Cycle(before=2, total=5))
    assert len(whole.seen) == 25
    assert parts.seen == pytest.approx(whole.seen)


def test_without_a_cycle_each_fit_has_its_own():
    first, second = Rates(), Rates()
    network = new_network()
    fit(network, epochs=2, callbacks=[first])
    fit(network, epochs=2, callbacks=[second])
    assert first.seen == second.seen
    assert max(first.seen) == pytest.approx(0.02)


def test_a_snapshot_holds_the_weights_of_its_epoch():
    snapshot, network = classifier.Snapshot(2), new_network()
    fit(network, epochs=3, callbacks=[snapshot], cycle=classifier.Cycle(0, 3))
    stopped = new_network()
    fit(stopped, epochs=2, cycle=classifier.Cycle(0, 3))
    assert equal(snapshot.weights, weights(stopped))
    assert not equal(snapshot.weights, weights(network))


def test_distillation_by_hand():
    """Logits log 9 and log 1 at temperature 2: 3 to 1. A teacher that passes on zeros: 1 to 1."""
    inputs, logits = torch.zeros(1, 2), torch.tensor([[9.0, 1.0]]).log()
    learning = classifier.Distillation(nn.Identity(), temperature=2.0, weight=0.25)
    gap = 0.5 * torch.tensor(0.5 / 0.75).log() + 0.5 * torch.tensor(0.5 / 0.25).log()
    expected = 0.75 * 3.0 + 0.25 * 4 * gap
    assert float(learning.loss(inputs, logits, torch.tensor(3.0))) == pytest.approx(float(expected))


def test_a_student_comes_closer_to_its_teacher_and_leaves_it_alone():
    data, teacher = Bumps(noise=0.6), new_network(seed=1)
    fit(teacher, data, epochs=10)
    before, windows = weights(teacher), data.tensors("validation")[0]

    def distance(network):
        with torch.no_grad():
            return float((network.eval()(windows).softmax(1) - teacher(windows).softmax(1)).norm())

    alone, student = new_network(seed=2), new_network(seed=2)
    fit(alone, data, epochs=10)
    fit(student, data, epochs=10, distillation=classifier.Distillation(teacher, 2.0, 1.0))
    assert distance(student) < distance(alone)
    assert equal(before, weights(teacher))


def test_class_weights_move_the_decisions_towards_the_heavy_class():
    data = Bumps(noise=1.5)
    plain, weighted = new_network(), new_network()
    fit(plain, data)
    fit(weighted, data, class_weights=torch.tensor([1.0, 1.0, 1.0, 1.0, 20.0]))
    windows, _ = data.tensors("validation")

    def chosen(network):
        return int((classifier.predict(network, windows) == 4).sum())

    assert chosen(weighted) > chosen(plain)


def test_a_fit_of_no_epochs_changes_nothing_and_has_no_history():
    network = new_network()
    before = weights(network)
    assert fit(network, epochs=0).empty
    assert equal(before, weights(network))
