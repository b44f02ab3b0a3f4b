"""What a network says of nights: counts for every night, and the scores of their sums."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from ecglib.apnea.nights import APNEA, UNKNOWN, Night
from ecglib.training import metrics

THRESHOLD = 0.5
COUNTS = ["tn", "fp", "fn", "tp"]
# What names a result; a table of nights has a row for each of these and night.
KEY = ["data", "protocol", "network", "method", "target_sparsity", "seed"]


def of_night(night: Night, used: np.ndarray, probability: np.ndarray) -> dict:
    """Counts of the used windows of one night, AUROC (NaN with one class only), minutes an hour.

    used: (windows,) bool. probability: (windows,) of apnea. `apnea_per_hour` and `found_per_hour`:
    windows labelled apnea and found so, in 60, which for windows of a minute is minutes an hour.

    Raises:
        ValueError: a probability that is not finite, or no window that is used.
    """
    used = used & (night.label != UNKNOWN)
    truth, said = night.label[used] == APNEA, probability[used]
    if not len(truth):
        raise ValueError(f"night {night.name} has no window to score")
    if not np.isfinite(said).all():
        raise ValueError(f"night {night.name}: the network gives numbers that are not finite")
    found = said >= THRESHOLD
    both = truth.any() and not truth.all()
    counts = np.bincount(2 * truth + found, minlength=4)
    return {
        "night": night.name,
        "subject": night.subject,
        **dict(zip(COUNTS, map(int, counts), strict=True)),
        "auroc": float(roc_auc_score(truth, said)) if both else np.nan,
        "apnea_per_hour": 60 * truth.mean(),
        "found_per_hour": 60 * found.mean(),
    }


def of_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Columns tn, fp, fn, tp -> accuracy, sensitivity, specificity, balanced_accuracy, f1.

    Sensitivity and F1 are those of apnea. What needs a class of which there is nothing is NaN.
    """
    matrix = counts[COUNTS].to_numpy().reshape(-1, 2, 2)
    by_class = np.where(matrix.sum(2) > 0, metrics.sensitivity(matrix), np.nan)
    f1 = metrics.f1_per_class(matrix)
    found = {
        "accuracy": metrics.accuracy(matrix),
        "sensitivity": by_class[:, 1],
        "specificity": by_class[:, 0],
        "balanced_accuracy": by_class.mean(1),
        "f1": np.where(matrix[:, 1].sum(1) > 0, f1[:, 1], np.nan),
    }
    return pd.DataFrame(found, index=counts.index)


def pooled(nights: pd.DataFrame, by: list[str] = KEY) -> pd.DataFrame:
    """The scores of all windows together, for each value of `by`, in the order of their rows."""
    counts = nights.groupby(by, sort=False, dropna=False)[COUNTS].sum()
    return of_counts(counts).reset_index()
