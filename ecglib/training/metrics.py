"""Scores of a classifier, all from its confusion matrix.

A confusion matrix here is (..., C, C): rows true, columns predicted. Classes are those of a
heartbeat unless others are named: AAMI N, S, V, F, Q, in this order. All functions work on stacks.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from torch import Tensor
from torchmetrics.functional.classification import multiclass_confusion_matrix

from ecglib.settings.words import CLASSES


def confusion(predicted: Tensor, label: Tensor, classes: Sequence[str] = CLASSES) -> np.ndarray:
    """(n,) and (n,) class indices -> (C, C) counts."""
    return multiclass_confusion_matrix(predicted, label, num_classes=len(classes)).numpy()


def confusion_by_record(
    predicted: np.ndarray,
    label: np.ndarray,
    record: np.ndarray,
    classes: Sequence[str] = CLASSES,
) -> np.ndarray:
    """(n,) class indices and (n,) record names -> (records, C, C), in the order of their names."""
    names, row = np.unique(record, return_inverse=True)
    counts = np.zeros((len(names), len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (row, label.astype(int), predicted.astype(int)), 1)
    return counts


def accuracy(matrix: np.ndarray) -> np.ndarray:
    """Top-1 accuracy: the fraction of beats on the diagonal."""
    return np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum((-2, -1))


def sensitivity(matrix: np.ndarray) -> np.ndarray:
    """Per class TP / (TP + FN), (..., C); 0 where a class does not occur."""
    return _ratio(_true_positives(matrix), matrix.sum(-1))


def positive_predictivity(matrix: np.ndarray) -> np.ndarray:
    """Per class TP / (TP + FP), (..., C); 0 where a class is never predicted."""
    return _ratio(_true_positives(matrix), matrix.sum(-2))


def f1_per_class(matrix: np.ndarray) -> np.ndarray:
    """Per class 2 TP / (2 TP + FP + FN), (..., C)."""
    return _ratio(2 * _true_positives(matrix), matrix.sum(-1) + matrix.sum(-2))


def f1_macro(matrix: np.ndarray) -> np.ndarray:
    """The mean of the classes' F1."""
    return f1_per_class(matrix).mean(-1)


def accuracy_ovr(matrix: np.ndarray) -> np.ndarray:
    """The mean accuracy of the C one-vs-rest decisions, which true negatives inflate.

    Each mistake is wrong in two of the C decisions, so this is 1 - 2/C (1 - accuracy).
    """
    total = matrix.sum((-2, -1))[..., None]
    wrong = matrix.sum(-1) + matrix.sum(-2) - 2 * _true_positives(matrix)
    return (1 - wrong / total).mean(-1)


def f1_ovr(matrix: np.ndarray) -> np.ndarray:
    """F1 of the averages: the harmonic mean of mean sensitivity and mean positive predictivity.

    The mean one-vs-rest F1 itself is `f1_macro`; papers that average the one-vs-rest columns first
    report this second form (both are called macro F1: Opitz & Burst, arXiv:1911.03347).
    """
    se, ppv = sensitivity(matrix).mean(-1), positive_predictivity(matrix).mean(-1)
    return _ratio(2 * se * ppv, se + ppv)


def accuracy_binary(matrix: np.ndarray) -> np.ndarray:
    """Accuracy of the first class, N, against the rest."""
    binary = as_binary(matrix)
    return np.trace(binary, axis1=-2, axis2=-1) / binary.sum((-2, -1))


def f1_binary(matrix: np.ndarray) -> np.ndarray:
    """F1 of N against the rest, the rest (an abnormal beat) being the positive class."""
    return f1_per_class(as_binary(matrix))[..., 1]


def as_binary(matrix: np.ndarray) -> np.ndarray:
    """(..., C, C) -> (..., 2, 2): the first class (N), everything else."""
    rows = np.stack([matrix[..., 0, :], matrix[..., 1:, :].sum(-2)], -2)
    return np.stack([rows[..., 0], rows[..., 1:].sum(-1)], -1)


READINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "accuracy": accuracy,
    "f1_macro": f1_macro,
    "accuracy_ovr": accuracy_ovr,
    "f1_ovr": f1_ovr,
    "accuracy_binary": accuracy_binary,
    "f1_binary": f1_binary,
}


def all_scores(matrix: np.ndarray, classes: Sequence[str] = CLASSES) -> dict[str, float]:
    """Every reading of accuracy and F1, and per class se_* and ppv_*, of one (C, C) matrix."""
    scores = {name: float(reading(matrix)) for name, reading in READINGS.items()}
    per_class = {"se": sensitivity(matrix), "ppv": positive_predictivity(matrix)}
    return scores | {
        f"{name}_{c}": float(value)
        for name, values in per_class.items()
        for c, value in zip(classes, values, strict=True)
    }


def per_class_table(matrix: np.ndarray, classes: Sequence[str] = CLASSES) -> pd.DataFrame:
    """One (C, C) matrix -> tidy rows: class, measure (AAMI EC57's words), value."""
    measures = {
        "sensitivity": sensitivity(matrix),
        "positive predictivity": positive_predictivity(matrix),
    }
    return pd.DataFrame(
        [
            {"class": name, "measure": measure, "value": value}
            for measure, values in measures.items()
            for name, value in zip(classes, values, strict=True)
        ]
    )


def _true_positives(matrix: np.ndarray) -> np.ndarray:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
