"""Scores of ways to denoise, and their differences, on the same seeds and records drawn.

The bootstrap of `report.resampling`. What has no seed, a rival or a filter, is the same in all.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecglib.report import resampling

COUNTS = ["tp", "fp", "fn"]
F1 = "r_f1"
Ends = tuple[float, float, float]  # a value with its 95 % interval


def score(of: pd.DataFrame, name: str, draws: int) -> Ends:
    """A score of one way at one SNR: the mean of its seeds.

    of: a row a seed and record. name: F1, of the counts of all records; else a column, of which it
    is the mean over records, those left out that have none.
    """
    (values,) = _drawn([of], name, draws)
    return _with_ends(values)


def difference(of: pd.DataFrame, instead: pd.DataFrame, name: str, draws: int) -> Ends:
    """The score of one way less that of another, as `score` has them.

    Raises:
        ValueError: the two have no seed in common, or other records.
    """
    first, second = _drawn([of, instead], name, draws)
    return _with_ends(first - second)


def _with_ends(values: np.ndarray) -> Ends:
    low, high = resampling.bounds(values[1:])
    return float(values[0]), float(low), float(high)


def _drawn(ways: Sequence[pd.DataFrame], name: str, draws: int) -> list[np.ndarray]:
    """Of each way (1 + draws,): the score of all, and that of each draw."""
    several = [set(of["seed"]) for of in ways if of["seed"].nunique() > 1]
    seeds = sorted(set.intersection(*several)) if several else []
    counts = np.stack([_counts(of, name, seeds) for of in ways])
    reading = _f1 if name == F1 else _mean
    whole = reading(counts.sum(2)).mean(-1)
    drawn = resampling.replicates(counts, {"": reading}, draws)[""]
    return list(np.concatenate([whole[None], drawn]).T)


def _counts(of: pd.DataFrame, name: str, seeds: Sequence[int]) -> np.ndarray:
    """(seeds, records, 1, k): what a reading takes, added up over records."""
    own = of["seed"].unique()
    if len(own) > 1:
        if not seeds:
            raise ValueError("the ways that are compared have no seed in common")
        of = of[of["seed"].isin(seeds)]
    of = of.sort_values(["seed", "record"])
    if name == F1:
        values = of[COUNTS].to_numpy(float)
    else:
        values = np.stack([of[name].fillna(0.0), of[name].notna()], 1).astype(float)
    cube = values.reshape(of["seed"].nunique(), -1, 1, values.shape[1])
    return np.repeat(cube, len(seeds), 0) if len(own) == 1 and seeds else cube


def _mean(counts: np.ndarray) -> np.ndarray:
    total, count = np.moveaxis(counts[..., 0, :], -1, 0)
    return np.divide(total, count, where=count > 0, out=np.full(count.shape, np.nan))


def _f1(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn = np.moveaxis(counts[..., 0, :], -1, 0)
    return 2 * tp / (2 * tp + fp + fn)
