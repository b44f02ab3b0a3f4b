"""Scores of a five-class heartbeat classifier, all from its confusion matrix.

A confusion matrix here is (..., 5, 5): rows true, columns predicted, classes in the order of
AAMI N, S, V, F, Q. All functions work on stacks of them.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from torch import Tensor
from torchmetrics.functional.classification import multiclass_confusion_matrix

from ecglib.settings.words import CLASSES


def confusion(predicted: Tensor, label: Tensor) -> np.ndarray:
    """(n,) and (n,) class indices -> (5, 5) counts."""
    return multiclass_confusion_matrix(predicted, label, num_classes=len(CLASSES)).numpy()


def confusion_by_record(predicted: np.ndarray, label: np.ndarray, record: np.ndarray) -> np.ndarray:
    """(n,) class indices and (n,) record names -> (records, 5, 5), in the order of their names."""
    names, row = np.unique(record, return_inverse=True)
    counts = np.zeros((len(names), len(CLASSES), len(CLASSES)), dtype=np.int64)
    np.add.at(counts, (row, label.astype(int), predicted.astype(int)), 1)
    return counts


def accuracy(matrix: np.ndarray) -> np.ndarray:
    """Top-1 accuracy: the fraction of beats on the diagonal."""
    return np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum((-2, -1))


def sensitivity(matrix: np.ndarray) -> np.ndarray:
    """Per class TP / (TP + FN), (..., 5); 0 where a class does not occur."""
    return _ratio(_true_positives(matrix), matrix.sum(-1))


def positive_predictivity(matrix: np.ndarray) -> np.ndarray:
    """Per class TP / (TP + FP), (..., 5); 0 where a class is never predicted."""
    return _ratio(_true_positives(matrix), matrix.sum(-2))


def f1_per_class(matrix: np.ndarray) -> np.ndarray:
    """Per class 2 TP / (2 TP + FP + FN), (..., 5)."""
    return _ratio(2 * _true_positives(matrix), matrix.sum(-1) + matrix.sum(-2))


def f1_macro(matrix: np.ndarray) -> np.ndarray:
    """The mean of the five classes' F1."""
    return f1_per_class(matrix).mean(-1)


def accuracy_ovr(matrix: np.ndarray) -> np.ndarray:
    """The mean accuracy of the five one-vs-rest decisions, which true negatives inflate.

    Each mistake is wrong in two of the five decisions, so this is 1 - 2/5 (1 - accuracy).
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
    """Accuracy of N against the rest."""
    binary = as_binary(matrix)
    return np.trace(binary, axis1=-2, axis2=-1) / binary.sum((-2, -1))


def f1_binary(matrix: np.ndarray) -> np.ndarray:
    """F1 of N against the rest, the rest (an abnormal beat) being the positive class."""
    return f1_per_class(as_binary(matrix))[..., 1]


def as_binary(matrix: np.ndarray) -> np.ndarray:
    """(..., 5, 5) -> (..., 2, 2): N, everything else."""
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


def all_scores(matrix: np.ndarray) -> dict[str, float]:
    """Every reading of accuracy and F1, and per class se_* and ppv_*, of one (5, 5) matrix."""
    scores = {name: float(reading(matrix)) for name, reading in READINGS.items()}
    per_class = {"se": sensitivity(matrix), "ppv": positive_predictivity(matrix)}
    return scores | {
        f"{name}_{c}": float(value)
        for name, values in per_class.items()
        for c, value in zip(CLASSES, values, strict=True)
    }


def per_class_table(matrix: np.ndarray) -> pd.DataFrame:
    """One (5, 5) matrix -> tidy rows: class, measure (AAMI EC57's words), value."""
    measures = {
        "sensitivity": sensitivity(matrix),
        "positive predictivity": positive_predictivity(matrix),
    }
    return pd.DataFrame(
        [
            {"class": name, "measure": measure, "value": value}
            for measure, values in measures.items()
            for name, value in zip(CLASSES, values, strict=True)
        ]
    )


def _true_positives(matrix: np.ndarray) -> np.ndarray:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
