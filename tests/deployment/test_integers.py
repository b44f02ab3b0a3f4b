"""Rounded fine-tuning is for validation beats to decide; test beats have no say."""

import copy

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.deployment import integers, rounded
from ecglib.deployment.integers import Part, Source
from ecglib.results.runs import Key
from ecglib.settings.config import settings

KEY = Key("intra", "acharya2017", "multistage", "magnitude", "s", "global", "weights", 0.6, 0)


class Data:
    """What `in_integers` asks of the beats' module."""

    def __init__(self, windows):
        self.windows, self.shuffle = windows, torch.Generator()

    def tensors(self, part):
        assert part == "train"
        return self.windows, None


def part_of(network, seed):
    """Beats labelled by what the network says."""
    samples = np.random.default_rng(seed).integers(0, 2048, (40, 260)).astype(np.int16)
    values = samples.astype(np.float32)
    windows = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    windows = torch.from_numpy(windows).unsqueeze(1)
    with torch.no_grad():
        label = network(windows).argmax(1)
    return Part(windows, samples, label)


@pytest.fixture
def setting(monkeypatch, tmp_path):
    """A network with its beats, and the fine-tunings that were asked for: (epochs, masks)."""
    torch.manual_seed(0)
    network = models.build("acharya2017").eval()
    trained = []
    monkeypatch.setattr(rounded, "FOLDER", tmp_path)

    def make():
        validation = part_of(network, 1)
        source = Source(Data(validation.windows), {"validation": validation}, raw=True)
        monkeypatch.setattr(integers, "source", lambda *key: source)
        monkeypatch.setattr(integers.fitting, "fitter", lambda run, data: None)

        def fine_tuned(floats, masks, windows, fit, epochs):
            trained.append((epochs, masks))
            return copy.deepcopy(floats)

        monkeypatch.setattr(integers.aware, "fine_tuned", fine_tuned)
        return network, trained

    return make


def chosen(beyond):
    few = {"calibration_beats": 32, "aware_epochs": 3, "aware_beyond": beyond}
    return settings().on_device_estimate.model_copy(update=few)


def test_a_network_that_loses_nothing_is_left_as_it_is(setting):
    network, trained = setting()
    found = integers.in_integers(network, KEY, chosen(0.05), "these")
    assert (found.aware_epochs, trained) == (0, [])
    assert found.floats is network
    assert found.integers.layers[0].name == "features.0"


def test_what_is_accepted_decides_whether_fine_tuning_is_tried(setting, monkeypatch):
    network, trained = setting()
    monkeypatch.setattr(integers, "scores", lambda network, part, raw: {"f1_macro": 0.85})
    monkeypatch.setattr(integers, "scores_of", lambda predicted, label: {"f1_macro": 0.9})
    integers.in_integers(network, KEY, chosen(0.051), "these")
    assert not trained
    integers.in_integers(network, KEY, chosen(0.049), "these")
    assert trained


def test_fine_tuning_that_helps_nothing_on_validation_is_not_kept(setting, monkeypatch):
    network, trained = setting()
    monkeypatch.setattr(integers, "scores", lambda network, part, raw: {"f1_macro": 0.5})
    monkeypatch.setattr(integers, "scores_of", lambda predicted, label: {"f1_macro": 0.9})
    found = integers.in_integers(network, KEY, chosen(0.1), "these")
    assert found.aware_epochs == 0 and [times for times, _ in trained] == [3]
    assert found.floats is network


def test_fine_tuning_that_helps_is_kept_and_removed_weights_stay_removed(setting, monkeypatch):
    network, trained = setting()
    with torch.no_grad():
        network.classifier[1].weight[:, ::2] = 0
    rising = iter([0.5, 0.6])
    monkeypatch.setattr(integers, "scores", lambda network, part, raw: {"f1_macro": next(rising)})
    monkeypatch.setattr(integers, "scores_of", lambda predicted, label: {"f1_macro": 0.9})
    found = integers.in_integers(network, KEY, chosen(0.1), "these")
    ((_, masks),) = trained
    assert (found.aware_epochs, found.f1_macro_validation) == (3, 0.6)
    assert found.floats is not network  # that which the integers stand for
    assert masks["classifier.1.weight"].float().mean() == 0.5
    assert masks["features.3.weight"].all()


@pytest.mark.parametrize(("reached", "helped"), [([0.5, 0.6, 0.5, 0.6], 3), ([0.5] * 4, 0)])
def test_fine_tuning_is_tried_once_whether_it_helps_or_not(setting, monkeypatch, reached, helped):
    network, trained = setting()
    scores = iter(reached)
    monkeypatch.setattr(integers, "scores", lambda network, part, raw: {"f1_macro": next(scores)})
    monkeypatch.setattr(integers, "scores_of", lambda predicted, label: {"f1_macro": 0.9})
    first = integers.in_integers(network, KEY, chosen(0.1), "these")
    again = integers.in_integers(network, KEY, chosen(0.1), "these")
    assert len(trained) == 1
    assert first.aware_epochs == again.aware_epochs == helped
    for one, other in zip(first.integers.layers, again.integers.layers, strict=True):
        assert np.array_equal(one.weight, other.weight) and one.output == other.output


def test_of_another_network_or_other_settings_it_is_tried_anew(setting, monkeypatch):
    network, trained = setting()
    monkeypatch.setattr(integers, "scores", lambda network, part, raw: {"f1_macro": 0.5})
    monkeypatch.setattr(integers, "scores_of", lambda predicted, label: {"f1_macro": 0.9})
    for made_from, times in (("these", 1), ("others", 2), ("others", 2), ("these", 3)):
        integers.in_integers(network, KEY, chosen(0.1), made_from)
        assert len(trained) == times


def test_scores_are_those_of_the_integers_on_raw_samples():
    torch.manual_seed(0)
    network = models.build("acharya2017").eval()
    part = part_of(network, 1)
    network_in_integers = integers.quantize(network, part.windows)
    found = integers.scores(network_in_integers, part, raw=True)
    assert found["accuracy"] > 0.8  # labels are the float network's
    values = integers.inputs(network_in_integers, part, raw=False)
    assert values.dtype == np.uint8 and values.shape == (40, 260)
    assert integers.inputs(network_in_integers, part, raw=True) is part.samples


def test_beats_are_drawn_from_every_class():
    label = torch.tensor([0] * 90 + [1] * 3 + [4] * 7)
    drawn = integers.of_every_class(label, 12, seed=0)
    assert np.bincount(label[drawn], minlength=5).tolist() == [5, 3, 0, 0, 4]
    assert len(set(drawn)) == 12 and not np.array_equal(np.sort(drawn[:5]), np.arange(5))
    assert len(integers.of_every_class(label, 1000, seed=0)) == 100
