"""Which beats train, validate and test: random beats (`intra`) or unseen patients (`inter`)."""

import numpy as np
from sklearn.model_selection import train_test_split

from ecglib.data.beats import CLASSES, Beats
from ecglib.data.records import DataError
from ecglib.settings.registry import SPLITS

# de Chazal, O'Dwyer, Reilly, IEEE Trans. Biomed. Eng. 51(7):1196-1206, 2004, section III.
# Records 201 (DS1) and 202 (DS2) are of one subject; the published tables are kept as they are.
DS1 = tuple(
    "101 106 108 109 112 114 115 116 118 119 122 "
    "124 201 203 205 207 208 209 215 220 223 230".split()
)
DS2 = tuple(
    "100 103 105 111 113 117 121 123 200 202 210 "
    "212 213 214 219 221 222 228 231 232 233 234".split()
)
PACED = ("102", "104", "107", "217")
# This study's choice of validation patients within DS1: every class occurs in them and in the rest.
DS1_VALIDATION = ("101", "114", "124", "207", "223")

PARTS = ("train", "validation", "test")
VALIDATION_FRACTION, TEST_FRACTION = 0.1, 0.2


def split_indices(beats: Beats, split: str, seed: int) -> dict[str, np.ndarray]:
    """Indices of the train, validation and test beats, sorted, disjoint.

    Raises:
        ValueError: an unknown split.
        DataError: a class is absent from one of the three parts.
    """
    parts = SPLITS[split](beats, seed)
    for part, index in parts.items():
        _require_classes(beats.label[index], f"the {part} part of split {split!r}")
    return parts


@SPLITS.register("random beats")
def intra(beats: Beats, seed: int) -> dict[str, np.ndarray]:
    """70/10/20 of all beats at random by `seed`, each class in proportion."""
    label = beats.label
    # Ten of a class give each part at least one of them.
    _require_classes(label, "the beats to split", at_least=10)
    rest, test = train_test_split(
        np.arange(len(label)), test_size=TEST_FRACTION, stratify=label, random_state=seed
    )
    train, validation = train_test_split(
        rest,
        test_size=VALIDATION_FRACTION / (1 - TEST_FRACTION),
        stratify=label[rest],
        random_state=seed,
    )
    return dict(zip(PARTS, map(np.sort, (train, validation, test)), strict=True))


@SPLITS.register("patients apart")
def inter(beats: Beats, seed: int) -> dict[str, np.ndarray]:
    """DS1 less its validation patients, those patients, DS2, without paced records and chance."""
    name = beats.record_names[beats.record]
    validation, test = np.isin(name, DS1_VALIDATION), np.isin(name, DS2)
    train = np.isin(name, DS1) & ~validation
    return dict(zip(PARTS, map(np.flatnonzero, (train, validation, test)), strict=True))


def _require_classes(label: np.ndarray, where: str, at_least: int = 1) -> None:
    counts = np.bincount(label, minlength=len(CLASSES))
    if (counts < at_least).any():
        few = ", ".join(f"{c} ({n})" for c, n in zip(CLASSES, counts, strict=True) if n < at_least)
        raise DataError(
            f"too few beats of some class in {where}: {few}; at least {at_least} each are needed. "
            "Use records that contain every class"
        )
