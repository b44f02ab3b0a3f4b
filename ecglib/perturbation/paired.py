"""Kinds of networks against one of them, paired: the same seeds, and the same groups drawn."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecglib.perturbation.plan import answer_key
from ecglib.report import resampling
from ecglib.settings.words import CLASSES
from ecglib.training import metrics

KIND = ["method", "target_sparsity", "bits"]
Said = Mapping[tuple, np.ndarray]
Groups = Mapping[tuple, np.ndarray]


class Measure(NamedTuple):
    """A score and its name in a difference. counts: of one network's answers, see `plan.Found`.

    counts gives (groups, classes, classes); reading takes them, pooled, to the score.
    """

    score: str
    difference: str
    counts: Callable[[np.ndarray, np.ndarray], np.ndarray]
    reading: resampling.Reading


def against(
    kind: tuple[str, float, int],
    rows: pd.DataFrame,
    measure: Measure,
    said: Said,
    groups: Groups,
    draws: int,
) -> pd.DataFrame:
    """One row a kind that has all seeds of this one: the score, and its difference from this."""
    kinds = {key: of.sort_values("seed") for key, of in rows.groupby(KIND, sort=False)}
    reference = kinds[kind]
    kinds = {key: of for key, of in kinds.items() if list(of["seed"]) == list(reference["seed"])}
    counts = [
        [measure.counts(said[answer_key(row)], groups[origin(row)]) for row in _dicts(of)]
        for of in kinds.values()
    ]
    drawn = resampling.replicates(np.array(counts), {"": measure.reading}, draws)[""]
    low, high = resampling.bounds(drawn - drawn[:, [list(kinds).index(kind)]])
    found = []
    for (key, of), *ends in zip(kinds.items(), low, high, strict=True):
        score = of[measure.score].mean()
        more = (score - reference[measure.score].mean(), *map(float, ends))
        found.append(
            dict(zip(KIND, key, strict=True))
            | {measure.score: score, "seeds": len(of)}
            | resampling.ends(measure.difference, more)
        )
    return pd.DataFrame(found)


def _dicts(rows: pd.DataFrame) -> list[dict]:
    return rows.to_dict("records")


def origin(row: dict) -> tuple:
    """Whose groups a row's answers are of."""
    return row["data"], row["seed"]


def _fooled(said: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(groups, 2, 2): in the first row not fooled and fooled."""
    counts = by_group(said[1] != said[2], group)
    return np.stack([counts, np.zeros_like(counts)], 1)


def _confusion(said: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(groups, 5, 5): label and answer."""
    counts = np.zeros((group.max() + 1, len(CLASSES), len(CLASSES)), np.int64)
    np.add.at(counts, (group, said[0], said[2]), 1)
    return counts


def by_group(yes: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(n,) bool -> (groups, 2): no and yes."""
    counts = np.zeros((group.max() + 1, 2), np.int64)
    np.add.at(counts, (group, yes.astype(int)), 1)
    return counts


FOOLED = Measure(
    "fooling_rate", "fooled_more", _fooled, lambda counts: counts[..., 0, 1] / counts.sum((-2, -1))
)
CLEAN = Measure("f1_macro", "f1_more", _confusion, metrics.f1_macro)
