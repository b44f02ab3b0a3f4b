"""Batches are normalised, complete, and a function of the seed alone."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from ecglib.data.augmentation import Augmentation
from ecglib.data.beats import Beats
from ecglib.data.datamodule import HeartbeatData, balancing_weights, normalised
from ecglib.data.patient import deviations
from ecglib.data.rhythm import rhythm_features
from ecglib.data.splits import DS2, split_indices


def data(
    beats, *, split="inter", seed=0, batch_size=16, normalise="beat", **options
) -> HeartbeatData:
    return HeartbeatData(beats, split, seed, batch_size=batch_size, normalise=normalise, **options)


def epoch(module):
    """All train batches of an epoch: windows (n, 1, length) and labels (n,)."""
    windows, labels = zip(*module.train_dataloader(), strict=True)
    return torch.cat(windows), torch.cat(labels)


def rows(windows):
    """Each window as a value that can be compared and counted; the noise makes each unique."""
    return [window.numpy().tobytes() for window in windows]


# Normalisation


def test_by_beat_every_window_has_mean_0_and_deviation_1(beats):
    windows = normalised(beats, "beat")
    assert windows.dtype == np.float32
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(windows.std(axis=1), 1, rtol=1e-4)


def test_by_record_each_record_as_a_whole_has_mean_0_and_deviation_1(beats):
    scaled = replace(beats, adc=beats.adc * (1 + beats.record[:, None] % 3).astype(np.int16))
    windows = normalised(scaled, "record")
    assert windows.dtype == np.float32
    for record in range(len(beats.record_names)):
        of_record = windows[beats.record == record]
        assert abs(of_record.mean()) < 1e-4
        assert abs(of_record.std() - 1) < 1e-4
    assert np.abs(windows.mean(axis=1)).max() > 0.1  # single beats keep their level


@settings(max_examples=25, deadline=None)
@given(level_adc=st.integers(-32768, 32767), by=st.sampled_from(["beat", "record"]))
def test_flat_window_becomes_zeros_not_nan(level_adc, by):
    n, rr_s = 3, np.ones(3, np.float32)
    adc = np.full((n, 260), level_adc, np.int16)
    same = np.zeros(n, np.uint8)
    flat = Beats(adc, same, same, np.arange(n), rr_s, rr_s, np.array(["100"]))
    assert (normalised(flat, by) == 0).all()


def test_unknown_normalisation(beats):
    with pytest.raises(ValueError, match="unknown normalisation 'lead'; one of beat, record,"):
        data(beats, normalise="lead")


# Shapes and parts


def test_batches_have_the_shapes_and_types_a_network_takes(beats):
    windows, labels = next(iter(data(beats).train_dataloader()))
    assert (windows.shape, windows.dtype) == ((16, 1, 260), torch.float32)
    assert (labels.shape, labels.dtype) == ((16,), torch.int64)


@pytest.mark.parametrize("split", ["intra", "inter"])
def test_each_part_holds_the_windows_and_labels_of_its_beats(beats, split):
    module = data(beats, split=split, seed=5)
    whole = normalised(beats, "beat")
    for part, index in split_indices(beats, split, 5).items():
        windows, labels = module.tensors(part)
        assert (windows.squeeze(1).numpy() == whole[index]).all()
        assert (labels.numpy() == beats.label[index]).all()


def test_test_record_names_the_patient_of_each_test_beat(beats):
    module = data(beats)
    assert len(module.test_record) == len(module.tensors("test")[1])
    assert set(module.test_record) == set(DS2) & set(beats.record_names)


# Batches


def test_same_seed_same_batches_whatever_else_draws_random_numbers(beats):
    torch.manual_seed(1)
    windows, labels = epoch(data(beats, split="intra"))
    torch.manual_seed(2)
    torch.rand(10), np.random.rand(10)
    module = data(beats, split="intra")
    again = []
    for batch in module.train_dataloader():
        torch.rand(3), np.random.rand(3)  # what training would draw between batches
        again.append(batch)
    assert torch.equal(torch.cat([batch[0] for batch in again]), windows)
    assert torch.equal(torch.cat([batch[1] for batch in again]), labels)


def test_different_seed_different_batches(beats):
    # The split `inter` is the same for every seed, so only the order can differ.
    first, second = (rows(epoch(data(beats, seed=seed))[0]) for seed in (0, 1))
    assert first != second


def test_every_epoch_of_a_fit_has_another_order(beats):
    loader = data(beats).train_dataloader()
    first, second = (rows(torch.cat([windows for windows, _ in loader])) for _ in range(2))
    assert first != second


def test_a_later_fit_goes_on_in_the_same_sequence_of_orders(beats):
    module, twin = data(beats), data(beats)
    orders = [rows(epoch(module)[0]) for _ in range(2)]  # each from a loader of its own
    assert orders[0] != orders[1]
    loader = twin.train_dataloader()
    assert orders == [rows(torch.cat([windows for windows, _ in loader])) for _ in range(2)]


def test_an_epoch_shows_every_train_beat_at_most_once(beats):
    module = data(beats, batch_size=48)  # 196 train beats: four batches, four beats left over
    train = rows(module.tensors("train")[0])
    shown = rows(epoch(module)[0])
    assert len(train) == 196
    assert len(shown) == len(set(shown)) == 192
    assert set(shown) < set(train)


def test_windows_and_labels_stay_together_in_batches(beats):
    module = data(beats)
    label_of = dict(zip(rows(module.tensors("train")[0]), module.tensors("train")[1], strict=True))
    windows, labels = epoch(module)
    assert [label_of[row] for row in rows(windows)] == labels.tolist()


def test_validation_shows_every_beat_in_the_order_of_the_split(beats, monkeypatch):
    monkeypatch.setattr("ecglib.data.datamodule.EVALUATION_BATCH", 40)  # the last one is partial
    module = data(beats)
    for _ in range(2):
        windows, labels = zip(*module.val_dataloader(), strict=True)
        assert torch.equal(torch.cat(windows), module.tensors("validation")[0])
        assert torch.equal(torch.cat(labels), module.tensors("validation")[1])
    assert [len(batch) for batch in labels] == [40, 40, 18]


# Rhythm features, augmentation, class weights

CHANGED = Augmentation(360, gain=0.2, shift=2, wander=0.3)


def test_by_default_batches_are_the_windows_alone_in_the_order_of_the_seed(beats):
    windows, labels = epoch(data(beats, split="intra", seed=3))
    index = split_indices(beats, "intra", 3)["train"]
    order = torch.randperm(len(index), generator=torch.Generator().manual_seed(3))
    rows_shown = index[order[: len(labels)]]
    assert torch.equal(windows.squeeze(1), torch.from_numpy(normalised(beats, "beat")[rows_shown]))
    assert labels.tolist() == beats.label[rows_shown].tolist()
    assert torch.equal(data(beats).class_weights, torch.ones(5))


def test_by_patient_windows_are_deviations(beats):
    assert (normalised(beats, "patient") == deviations(beats)).all()


def test_rhythm_features_follow_the_window_of_their_beat(beats):
    random = np.random.default_rng(0)
    beats = replace(beats, rr_previous_s=random.uniform(0.5, 1, len(beats)).astype(np.float32))
    module = data(beats, features=True)
    for part, index in split_indices(beats, "inter", 0).items():
        inputs = module.tensors(part)[0].squeeze(1).numpy()
        assert (inputs[:, :260] == normalised(beats, "beat")[index]).all()
        assert (inputs[:, 260:] == rhythm_features(beats)[index]).all()


def test_augmentation_changes_training_windows_only_and_each_time_anew(beats):
    module, plain = (data(beats, features=True, augmentation=a) for a in (CHANGED, None))
    first, again, unchanged = epoch(module)[0], epoch(module)[0], epoch(plain)[0]
    assert (first[:, :, :260] != unchanged[:, :, :260]).float().mean() > 0.99
    assert torch.equal(first[:, :, 260:], unchanged[:, :, 260:])  # in the same order
    assert not set(rows(first)) & set(rows(again))
    for part in ("train", "validation", "test"):
        assert torch.equal(module.tensors(part)[0], plain.tensors(part)[0])
    validation = torch.cat([windows for windows, _ in module.val_dataloader()])
    assert torch.equal(validation, plain.tensors("validation")[0])


def test_augmentation_is_by_the_seed_alone(beats):
    first = epoch(data(beats, augmentation=CHANGED))
    torch.manual_seed(5)
    again = epoch(data(beats, augmentation=CHANGED))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])


def test_recorded_noise_is_read_at_the_rate_of_the_windows(beats, monkeypatch):
    asked = []

    def read(fs_hz):
        asked.append(fs_hz)
        return np.ones((6, 1000), np.float32).cumsum(1)

    monkeypatch.setattr("ecglib.data.datamodule.read_noise", read)
    module, plain = data(beats, augmentation=Augmentation(125, noise=0.5)), data(beats)
    added = epoch(module)[0] - epoch(plain)[0]
    assert asked == [125]
    assert (added.diff(dim=2) >= -1e-3).all()
    assert added.std() > 0


def test_class_weights_by_hand():
    labels = torch.tensor([0] * 16 + [1] * 4 + [2] + [3] + [4])
    whole, half = balancing_weights(labels, 1), balancing_weights(labels, 0.5)
    torch.testing.assert_close(whole, 23 / 5 / torch.tensor([16.0, 4, 1, 1, 1]))
    torch.testing.assert_close(half / half[4], torch.tensor([0.25, 0.5, 1, 1, 1]))
    assert whole[labels].mean() == pytest.approx(1)
    assert half[labels].mean() == pytest.approx(1)


def test_class_weights_are_those_of_the_training_beats(beats):
    module = data(beats, class_balance=0.5)
    assert torch.equal(module.class_weights, balancing_weights(module.tensors("train")[1], 0.5))
