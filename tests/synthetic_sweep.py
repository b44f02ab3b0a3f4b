"""A made-up sweep: networks as rows of results and their confusion matrices, test by test."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ecglib.report.variants import Variant
from ecglib.training import metrics

DENSE = Variant("dense", "none", "none", "none", "weights")
PARAMS, MACS = 20_000, 100_000


def beats_of_records(records: int) -> np.ndarray:
    """(records, 5) test beats of each class: N everywhere, F and Q in few records."""
    counts = np.zeros((records, 5), int)
    counts[:, 0] = 400
    counts[1::4, 1] = 45
    counts[::2, 2] = 60
    counts[2::7, 3] = 30
    counts[3::6, 4] = 200
    return counts


def one_network(right: float, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(records, 5, 5): of each class's beats the share `right` is found, the rest is one class off.

    Records differ in difficulty; the same generator state gives the same luck.
    """
    share = np.clip(right - (1 - right) * rng.normal(0, 0.6, counts.shape), 0, 1)
    hits = np.rint(counts * share).astype(int)
    matrix = np.zeros((*counts.shape, 5), int)
    for c in range(5):
        matrix[:, c, c] = hits[:, c]
        matrix[:, c, (c + 1) % 5] = counts[:, c] - hits[:, c]
    return matrix


def sweep(
    right: dict[tuple[Variant, float], float],
    seeds: Iterable[int] = range(5),
    records: int = 12,
    split: str = "intra",
) -> tuple[pd.DataFrame, np.ndarray]:
    """(variant, target sparsity) -> share of beats that it gets right; networks, confusions."""
    counts, rows, matrices = beats_of_records(records), [], []
    for (variant, target), share in right.items():
        for seed in seeds:
            matrix = one_network(share, counts, np.random.default_rng(seed))
            left = 1.0 if variant.method.startswith("dense") else 1 - target
            macs = left if variant.budget == "macs" else left**0.7
            rows.append(
                {"split": split, "model": "acharya2017", **variant._asdict()}
                | {"target_sparsity": target, "sparsity": 1 - left, "seed": seed}
                | {"epochs": round(40 * target), **metrics.all_scores(matrix.sum(0))}
                | {"f1_macro_validation": share, "params": PARAMS, "macs": MACS}
                | {"params_nonzero": round(PARAMS * left), "macs_effective": round(MACS * macs)}
            )
            matrices.append(matrix)
    return pd.DataFrame(rows), np.array(matrices)
