"""A cell of the short network from its first fit to the device, on invented beats."""

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.data.beats import Beats
from ecglib.frontier import cells, prices, short_beats, short_methods, taught
from ecglib.frontier.confusion import by_record
from ecglib.frontier.methods import METHODS, Cell
from ecglib.frontier.settings import settings
from ecglib.frontier.short import SAMPLES, WIDE, Short
from ecglib.frontier.short_beats import R_INDEX, SUMMED
from ecglib.models.slim import with_weights
from ecglib.pruning.filters.groups import widths

TARGET = 0.6
CELL = Cell("short", "short_by_cycles", TARGET, 0)


@pytest.fixture(scope="module")
def invented():
    """400 beats of five shapes on three records, as sums."""
    draw = np.random.default_rng(0)
    label = np.arange(400, dtype=np.uint8) % 5
    width = 1.0 + 2.0 * label[:, None]
    shape = 3000 * np.exp(-(((np.arange(SAMPLES) - R_INDEX) / width) ** 2))
    adc = (9000 + shape + draw.normal(0, 100, shape.shape)).astype(np.int16)
    ones = np.ones(400, np.float32)
    record = np.arange(400, dtype=np.uint8) % 3
    names = np.array(["100", "101", "103"])
    return Beats(adc, label, record, np.arange(400, dtype=np.int32), ones, ones, names)


@pytest.fixture
def short(small, invented, monkeypatch):
    """The section with few epochs; the teacher knows the labels."""
    chosen = {"wide_epochs": 1, "cut_epochs": 5, "cuts": 3, "epochs": 3, "scoring_beats": 64}
    found = small.model_copy(update={"short": small.short.model_copy(update=chosen)})
    models.save(models.build("kachuee2018"), short_methods.fits.dense_path("kachuee2018", 0))
    for module in (cells, short_methods, taught, short_methods.fits):
        monkeypatch.setattr(module, "settings", lambda: found)
    monkeypatch.setattr(short_beats, "all_beats", lambda: invented)
    monkeypatch.setattr(short_beats, "kachuee_beats", lambda: invented)
    windows = np.repeat(invented.adc[:32] // SUMMED, SUMMED, axis=1)
    monkeypatch.setattr(short_beats, "some_windows", lambda count: windows)
    rows = taught.split_indices(invented, "intra", 0)["train"]
    said = 4.0 * torch.nn.functional.one_hot(torch.from_numpy(invented.label[rows]).long(), 5)
    monkeypatch.setattr(taught, "teacher_logits", lambda seed: said)
    return found


def test_a_cell_is_cut_to_its_budget_learns_is_measured_and_kept(short):
    kept = cells.run(CELL)
    network, device = (
        with_weights(Short(), models.read_weights(cells.network_path(CELL))),
        kept.device,
    )
    assert prices.cycles(network) <= (1 - TARGET) * prices.cycles(Short())
    assert all(width % 4 == 0 for width in widths(network).values())
    assert device["widths"] == list(widths(network).values())
    assert {name: kept.events[-1][name] for name in widths(network)} == widths(network)
    assert [row["epoch"] for row in kept.history] == list(range(1, 9))
    assert kept.epochs == 8 and kept.sparsity == 0
    assert cells.load(CELL) == kept
    assert device["accuracy"] > 0.6 and device["validation"]["accuracy"] > 0.6
    beats = sum(sum(pairs.values()) for pairs in device["confusion"].values())
    assert beats == sum(sum(pairs.values()) for pairs in kept.confusion.values()) == 80
    if "cycles" not in device:
        pytest.skip("no cross compiler")
    assert device["cycles"] == device["cycles_p2"] + device["cycles_of_sums"]
    assert device["cycles_p2"] == pytest.approx(prices.cycles(network), rel=0.02)
    assert device["energy_uj_high"] == pytest.approx(394e-6 * device["cycles"], rel=1e-5)


def test_the_rival_has_the_same_epochs_and_the_widths_of_the_settings(short):
    (target, of), *_ = short.short.dense.items()
    reached = METHODS["short_dense"](Cell("short", "short_dense", float(target), 0))
    assert list(widths(reached.network).values()) == of
    assert reached.epochs == 8


def test_training_batches_carry_the_teachers_words_and_nothing_else_does(short):
    data = taught.TaughtData(0, taught.teacher_logits(0))
    inputs, labels = next(iter(data.train_dataloader()))
    assert inputs.shape[2] == SAMPLES + 5
    assert torch.equal(taught.Said()(inputs).argmax(1), labels)
    network = Short()
    assert torch.equal(taught.Listening(network)(inputs), network(inputs[:, :, :SAMPLES]))
    assert data.tensors("train")[0].shape[2] == SAMPLES


def test_a_confusion_counts_every_beat_of_its_record():
    found = by_record(["b", "a", "b", "b"], [0, 1, 0, 2], [0, 0, 0, 2])
    assert found == {"a": {"SN": 1}, "b": {"NN": 2, "VV": 1}}


def test_settings_of_the_rival_are_networks_of_the_table():
    whole = prices.cycles(Short(WIDE))
    for target, of in settings().short.dense.items():
        left = prices.cycles(Short(of)) / whole
        assert 0.98 * (1 - float(target)) < left <= 1 - float(target)  # what the cut may cost, too
        assert all(width % settings().short.block == 0 for width in of)
