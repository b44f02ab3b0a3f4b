"""Scores on unseen patients: VEB and SVEB, by three readings, pooled and over records.

A reading counts from confusion matrices (..., 5, 5), rows true, columns predicted, in the order
N, S, V, F, Q. Stacks of records are summed where a score is pooled.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecglib.settings.words import CLASSES
from ecglib.systems.intervals import times_drawn, with_ends

KINDS = {"SVEB": "S", "VEB": "V"}
# What may be predicted without counting as false, by ANSI/AAMI EC57 as de Chazal et al. (IEEE
# Trans. Biomed. Eng. 51(7):1196-1206, 2004, section III-C) read it: a fusion or unclassifiable beat
# as ventricular, an unclassifiable one as supraventricular.
EXCUSED = {"SVEB": "Q", "VEB": "FQ"}
LEAST = 10  # beats of a kind that a record needs to have an F1 of its own
DRAWS = 2000
POOLED, MEDIAN = "pooled", "median of records"
COLUMNS = ["kind", "reading", "score", "value", "low", "high"]


class Counts(NamedTuple):
    """Beats of one kind: found, missed, and others taken for it; arrays of any shape."""

    tp: np.ndarray
    fn: np.ndarray
    fp: np.ndarray

    def sensitivity(self) -> np.ndarray:
        """TP / (TP + FN); 0 where there is none."""
        return _ratio(self.tp, self.tp + self.fn)

    def predictivity(self) -> np.ndarray:
        """TP / (TP + FP), the positive predictivity; 0 where nothing is taken for it."""
        return _ratio(self.tp, self.tp + self.fp)

    def f1(self) -> np.ndarray:
        """2 TP / (2 TP + FN + FP)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fn + self.fp)


def counts(matrix: np.ndarray, kind: str, *, ec57: bool) -> Counts:
    """Counts (...) of SVEB or VEB in matrices (..., 5, 5); ec57: with what it excuses."""
    k = CLASSES.index(KINDS[kind])
    excused = [CLASSES.index(c) for c in EXCUSED[kind]] if ec57 else []
    wrong = [c for c in range(len(CLASSES)) if c != k and c not in excused]
    tp = matrix[..., k, k]
    return Counts(tp, matrix[..., k, :].sum(-1) - tp, matrix[..., wrong, k].sum(-1))


def table(matrices: np.ndarray, records: np.ndarray, *, ec57: bool) -> pd.DataFrame:
    """Rows kind, reading, score, value, low, high of matrices (runs, records, 5, 5).

    Readings: all beats pooled; without the record of most S beats; the median over the records
    with at least ten beats of the kind, which has F1 alone. Each is the mean over runs (seeds, or
    repeats); low and high are 95 % of a bootstrap over whole records, the same for all runs, and
    NaN where there is but one record.
    """
    rows = [(*what, *_ends(*of)) for what, of in _drawn(matrices, records, ec57=ec57)]
    return pd.DataFrame(rows, columns=COLUMNS)


def differences(of: np.ndarray, less: np.ndarray, records: np.ndarray) -> pd.DataFrame:
    """F1 of one stack of matrices less another's, as `table`; each draw of records is for both."""
    both = zip(*(_drawn(each, records, ec57=False) for each in (of, less)), strict=True)
    rows = [
        (*what, *_ends(values - others, several))
        for (what, (values, several)), (_, (others, _)) in both
        if what[-1] == "f1"
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _drawn(matrices: np.ndarray, records: np.ndarray, *, ec57: bool) -> Iterator[tuple]:
    """(kind, reading, score), and values (1 + draws,) and whether there are several records."""
    most = int(matrices[0, :, CLASSES.index("S"), :].sum(1).argmax())
    others = np.arange(len(records)) != most
    for kind in KINDS:
        of = counts(matrices, kind, ec57=ec57)
        for reading, kept in {POOLED: others | True, f"without {records[most]}": others}.items():
            if not kept.any():
                continue
            weights = times_drawn(int(kept.sum()), DRAWS)
            drawn = Counts(*(part[:, kept] @ weights.T for part in of))
            for score in ("sensitivity", "predictivity", "f1"):
                yield (kind, reading, score), (getattr(drawn, score)().mean(0), kept.sum() > 1)
        enough = (of.tp + of.fn)[0] >= LEAST
        if enough.any():
            yield (kind, MEDIAN, "f1"), (_medians(of.f1()[:, enough]), enough.sum() > 1)


def accuracy(matrices: np.ndarray) -> float:
    """Of all beats of matrices (..., 5, 5), each run of which has the same beats."""
    return float(np.trace(matrices, axis1=-2, axis2=-1).sum() / matrices.sum())


def _ends(values: np.ndarray, several: bool) -> tuple[float, float, float]:
    return with_ends(values) if several else (float(values[0]), np.nan, np.nan)


def _medians(values: np.ndarray) -> np.ndarray:
    """(1 + draws,) medians of (runs, records) values over records drawn; the mean of the runs."""
    records = values.shape[1]
    drawn = np.random.default_rng(0).integers(records, size=(DRAWS, records))
    every = np.concatenate([np.arange(records)[None], drawn])
    return np.median(values[:, every], axis=2).mean(0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
