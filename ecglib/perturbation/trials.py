"""All people's trials as inputs of a victim, and folds in which people stand apart."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from scipy.signal import resample_poly
from sklearn.model_selection import GroupKFold, GroupShuffleSplit

from ecglib.data.errors import DataError
from ecglib.perturbation.eegmmidb_edf import FS_HZ, PER_UV, Person
from ecglib.perturbation.victims import Inputs

RATE_HZ = 128  # a kernel of EEGNet, 64 samples, is half a second at this rate
VALIDATION = 0.1  # of the people who do not test


class Fold(NamedTuple):
    """The rows, in order, of the people who train, validate and test."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def as_inputs(people: Iterable[Person]) -> Inputs:
    """Inputs of (n, 8, 512) microvolt at 128 Hz, unfiltered; group is the name of the person.

    Each trial is resampled by itself, after the line from its first to its last sample is taken
    out: an offset would ring at both ends.
    """
    people = list(people)
    epochs = np.concatenate([person.epochs for person in people]).astype(np.float32) / PER_UV
    x = resample_poly(epochs, RATE_HZ, FS_HZ, axis=2, padtype="line")
    label = np.concatenate([person.label for person in people]).astype(np.int64)
    group = np.repeat([p.name for p in people], [len(p.label) for p in people])
    return Inputs(torch.from_numpy(x.astype(np.float32)), torch.from_numpy(label), group)


def folds(inputs: Inputs, count: int, seed: int) -> list[Fold]:
    """So many folds: each person tests in one of them; some of the others validate.

    Raises:
        DataError: fewer people than folds, or too few for all three parts.
    """
    people = len(np.unique(inputs.group))
    if people < max(count, 4):
        raise DataError(f"{people} people are too few for {count} folds of three parts each")
    dealer = GroupKFold(count, shuffle=True, random_state=seed)
    validators = GroupShuffleSplit(1, test_size=VALIDATION, random_state=seed)
    found = []
    for rest, test in dealer.split(inputs.group, groups=inputs.group):
        train, validation = next(validators.split(rest, groups=inputs.group[rest]))
        fold = Fold(rest[np.sort(train)], rest[np.sort(validation)], test)
        require_people_apart(inputs, fold)
        found.append(fold)
    return found


def require_people_apart(inputs: Inputs, fold: Fold) -> None:
    """DataError where a person has rows in two parts, or a part has none."""
    people = {part: set(inputs.group[rows]) for part, rows in fold._asdict().items()}
    if empty := [part for part, found in people.items() if not found]:
        raise DataError(f"nobody is in the part {empty[0]}")
    train, validation, test = people.values()
    if twice := sorted(train & validation | train & test | validation & test):
        raise DataError(f"in two parts of a fold: {', '.join(twice)}")
