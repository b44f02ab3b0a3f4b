"""Trials in microvolt at 128 Hz; people stand apart in every fold."""

import numpy as np
import pytest
import torch

from ecglib.data.errors import DataError
from ecglib.perturbation.eegmmidb_edf import Person
from ecglib.perturbation.trials import Fold, as_inputs, folds, require_people_apart
from ecglib.perturbation.victims import Inputs

SECONDS = np.arange(640) / 160


def person(name, trials=2, signal_uv=0.0):
    epochs = np.broadcast_to(np.rint(10 * signal_uv), (trials, 8, 640)).astype(np.int16)
    label = np.arange(trials, dtype=np.uint8) % 2
    return Person(name, epochs, label, np.full(trials, 4, np.uint8))


def people(*counts):
    """Inputs of so many trials of each person."""
    group = np.repeat([f"S{i:03d}" for i in range(len(counts))], counts)
    return Inputs(torch.zeros(len(group), 8, 512), torch.zeros(len(group)), group)


def test_a_slow_wave_on_an_offset_keeps_its_microvolts_at_128_hz():
    inputs = as_inputs([person("S001"), person("S002", 3, 200 + 50 * np.sin(20 * SECONDS))])
    assert inputs.x.shape == (5, 8, 512) and inputs.x.dtype == torch.float32
    assert inputs.group.tolist() == ["S001"] * 2 + ["S002"] * 3
    assert inputs.label.tolist() == [0, 1, 0, 1, 0] and inputs.label.dtype == torch.int64
    wanted = 200 + 50 * np.sin(20 * np.arange(512) / 128)
    assert np.abs(inputs.x[2:].numpy() - wanted)[..., :-5].max() < 1
    assert (inputs.x[:2] == 0).all()


def test_what_128_hz_cannot_hold_does_not_fold_back():
    inputs = as_inputs([person("S001", 1, 100 * np.sin(2 * np.pi * 78 * SECONDS))])
    assert inputs.x[..., 50:-50].abs().max() < 5


def test_each_person_tests_once_and_never_trains_then():
    inputs = people(*range(2, 14))
    dealt = folds(inputs, 4, 0)
    assert sorted(np.concatenate([fold.test for fold in dealt])) == list(range(len(inputs)))
    for fold in dealt:
        rows = np.concatenate(fold)
        assert sorted(rows) == list(range(len(inputs)))
        groups = [set(inputs.group[part]) for part in fold]
        assert sum(map(len, groups)) == 12 and all(groups)
        assert all((np.diff(part) > 0).all() for part in fold)


def test_a_seed_deals():
    first, again, other = (folds(people(*[3] * 12), 3, seed)[0].test for seed in (0, 0, 1))
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("counts", [[5, 5, 5], [2] * 4])
def test_too_few_people(counts):
    with pytest.raises(DataError, match=f"{len(counts)} people are too few for 5 folds"):
        folds(people(*counts), 5, 0)


@pytest.mark.parametrize("parts", [(0, 1, 1), (0, 0, 1), (0, 2, 0)])
def test_a_person_in_two_parts_is_refused(parts):
    inputs = people(2, 2, 2, 2)
    rows = [np.flatnonzero(inputs.group == f"S{part:03d}") for part in parts]
    twice = max(parts, key=parts.count)
    with pytest.raises(DataError, match=f"in two parts of a fold: S{twice:03d}"):
        require_people_apart(inputs, Fold(*rows))


def test_an_empty_part_is_refused():
    with pytest.raises(DataError, match="nobody is in the part validation"):
        require_people_apart(people(2, 2), Fold(np.arange(2), np.arange(0), np.arange(2, 4)))
