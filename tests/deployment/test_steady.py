"""Networks trained on with shifts: what holds in training, what is kept, what is told."""

import copy

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.data.beats import cut
from ecglib.data.datamodule import HeartbeatData
from ecglib.data.records import Record
from ecglib.data.shifts import ShiftedData, Signals
from ecglib.data.splits import split_indices
from ecglib.deployment import integers, rounded, steady
from ecglib.deployment.compact import compact
from ecglib.device.quantize import quantize
from ecglib.methods import fitting
from ecglib.pruning.masks import prunable
from ecglib.results.runs import Key
from ecglib.settings.config import settings

KEY = Key("intra", "acharya2017", "multistage", "magnitude", "s", "global", "weights", 0.6, 0)
SYMBOLS = ["N", "A", "V", "F", "Q"]


@pytest.fixture(scope="module")
def signals():
    """Two records of 100 beats, every class a wave of its own width, and noise."""
    window = settings().data.windows[KEY.model]
    records = []
    for name in ("100", "101"):
        draw = np.random.default_rng(int(name))
        samples = np.arange(40_000)
        signal = draw.normal(1024, 20, len(samples))
        peaks = 300 + 390 * np.arange(100)
        symbol = np.array([SYMBOLS[i % 5] for i in range(100)])
        for i, peak in enumerate(peaks):
            signal += 300 * np.exp(-(((samples - peak) / (4.0 * 2 ** (i % 5))) ** 2))
        records.append(
            Record(name, "MLII", 360, np.rint(signal).astype(np.int16), 200.0, 1024, peaks, symbol)
        )
    return Signals.of(cut(records, window), window, records)


@pytest.fixture
def network(tmp_path, monkeypatch, signals, use_settings):
    """The file of a network, half of a layer removed, that trains on for two epochs."""
    whole = settings()
    few = whole.on_device_estimate.steady.model_copy(update={"epochs": 2, "shown": [-5, 0, 5]})
    chosen = whole.on_device_estimate.model_copy(update={"steady": few, "calibration_beats": 32})
    training = whole.training["intra"].model_copy(update={"batch_size": 32})
    use_settings(
        whole.model_copy(
            update={
                "on_device_estimate": chosen,
                "training": whole.training | {"intra": training},
            }
        )
    )
    monkeypatch.setattr(steady, "FOLDER", tmp_path / "steady")
    monkeypatch.setattr(steady, "signals", lambda model: signals)
    data = HeartbeatData(signals.beats, KEY.split, KEY.seed, batch_size=32, normalise="beat")
    source = integers.Source(data, {}, raw=True)
    for module in (integers, steady):
        monkeypatch.setattr(module, "source", lambda *_: source)
    torch.manual_seed(0)
    built = models.build(KEY.model)
    with torch.no_grad():
        built.classifier[1].weight[:, ::2] = 0
    models.save(built, tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def test_each_epoch_cuts_every_beat_anew_up_to_so_many_samples_off(signals):
    plain = HeartbeatData(signals.beats, "intra", 0, batch_size=20, normalise="beat")
    rows = np.arange(40)
    data = ShiftedData(plain, signals, rows, most=3, seed=0)
    possible = torch.stack([signals.windows(rows, shift) for shift in range(-3, 4)], dim=1)
    drawn, batches = [], []
    for _ in range(6):
        for windows, labels in data.train_dataloader():
            batches.append(windows)
            same = (possible[None] == windows[:, None, None]).flatten(3).all(3)
            beat, shift = same.nonzero()[:, 1:].T  # each is one of the possible, and only one
            assert len(beat) == len(windows) == 20
            assert torch.equal(labels, torch.from_numpy(signals.beats.label[rows]).long()[beat])
            drawn += zip(beat.tolist(), shift.tolist(), strict=True)
    assert {shift for _, shift in drawn} == set(range(7))
    assert len({shift for beat, shift in drawn if beat == 0}) > 2
    assert sorted(beat for beat, _ in drawn) == sorted(list(range(40)) * 6)
    again = ShiftedData(plain, signals, rows, most=3, seed=0)
    (first, _), *_ = again.train_dataloader()
    assert torch.equal(first, batches[0])


def test_what_was_removed_stays_removed_and_the_rest_is_trained(network):
    before = prunable(compact(models.load(KEY.model, network)))
    found = steady.steady(KEY, network)
    assert not found.training
    for name, weight in prunable(found).items():
        assert torch.equal(weight == 0, before[name] == 0)
        assert not torch.equal(weight, before[name])
    assert (before["classifier.1.weight"] == 0).float().mean() == 0.5


def test_the_file_in_git_is_used(network, monkeypatch):
    first = steady.steady(KEY, network)
    monkeypatch.setattr(fitting, "fitter", None)  # nothing can be trained
    again = steady.steady(KEY, network)
    for name, weight in again.state_dict().items():
        assert torch.equal(weight, first.state_dict()[name])
    kept = copy.deepcopy(first)
    with torch.no_grad():
        kept.classifier[5].bias += 1
    chosen = settings().on_device_estimate
    made_from = rounded.origin(KEY, network, chosen, {"steady": {"most", "epochs"}})
    rounded.write(steady.path_of(KEY), kept, made_from)
    assert torch.equal(steady.steady(KEY, network).classifier[5].bias, kept.classifier[5].bias)


@pytest.mark.parametrize("changed", ["most", "epochs", "shown", "network"])
def test_it_is_trained_anew_where_it_is_made_from_something_else(
    network, changed, monkeypatch, use_settings
):
    first = steady.steady(KEY, network)
    trained = []
    monkeypatch.setattr(steady, "_train", lambda found, key, chosen: trained.append(key))
    steady.steady(KEY, network)
    assert not trained
    if changed == "network":
        models.save(first, network)
    else:
        whole = settings()
        value = [0] if changed == "shown" else 9
        other = whole.on_device_estimate.steady.model_copy(update={changed: value})
        chosen = whole.on_device_estimate.model_copy(update={"steady": other})
        use_settings(whole.model_copy(update={"on_device_estimate": chosen}))
    steady.steady(KEY, network)
    assert trained == ([] if changed == "shown" else [KEY])


def test_a_damaged_file_is_an_error_that_names_it(network):
    steady.steady(KEY, network)
    path = steady.path_of(KEY)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(rounded.RoundedError, match=f"{path} is damaged: take it from git"):
        steady.steady(KEY, network)


def test_scores_are_told_by_shift_and_without_one_are_those_of_the_study(network, signals):
    plain = integers.source(KEY.model, KEY.split, KEY.seed).data
    of_beats = quantize(models.load(KEY.model, network).eval(), plain.tensors("train")[0])
    found = steady.by_shift(of_beats, KEY)
    assert found["shift"].tolist() == [-5, 0, 5] * 2
    assert found["part"].tolist() == ["validation"] * 3 + ["test"] * 3
    assert (found["method"] == KEY.method).all() and (found["cut_short"] == 0).all()
    rows = split_indices(signals.beats, KEY.split, KEY.seed)["test"]
    windows, label = plain.tensors("test")
    part = integers.Part(windows, signals.beats.adc[rows], label)
    expected = integers.scores(of_beats, part, raw=True)
    (row,) = found[(found["part"] == "test") & (found["shift"] == 0)].to_dict("records")
    assert {name: row[f"{name}_int8"] for name in expected} == expected


def test_shifted_beats_are_classified_after_it(network, use_settings):
    """The very aim, on waves that a few epochs tell apart."""
    whole = settings()
    longer = whole.on_device_estimate.steady.model_copy(update={"epochs": 20})
    chosen = whole.on_device_estimate.model_copy(update={"steady": longer})
    use_settings(whole.model_copy(update={"on_device_estimate": chosen}))
    found = steady.by_shift(steady.in_integers(KEY, network).integers, KEY)
    assert (found.loc[found["part"] == "test", "accuracy_int8"] > 0.9).all()
