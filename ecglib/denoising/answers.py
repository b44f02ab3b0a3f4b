"""The study's answers as tables, all from the rows of the runs (see `study`)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecglib.denoising import rhythm
from ecglib.systems import intervals

KEY = ["data", "method", "loss", "channels", "target_sparsity"]
COUNTS = ["tp", "fp", "fn"]
MEANS = ["mse", "correlation", "snr_gain_db", "r_error_ms", "hr_mae_bpm", "hr_median_bpm"]
RESULTS = ["mse", "correlation", "snr_gain_db", "r_f1", "r_error_ms", "hr_mae_bpm"]
LOWER = ("mse", "hr_mae_bpm")  # are better


def results(signals: pd.DataFrame) -> pd.DataFrame:
    """The columns of results.csv: a row a way to denoise, seed and SNR, its records together.

    R peaks are counted over all records; all else is a mean of the records.
    """
    return pooled(signals, [*KEY, "seed", "snr_db"])[[*KEY, "seed", "snr_db", *RESULTS]]


def pooled(signals: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """MEANS of rows, and sensitivity, predictivity and F1 of their summed counts."""
    groups = signals.groupby(list(by), sort=False, dropna=False)
    table = groups[[name for name in MEANS if name in signals]].mean()
    counts = groups[COUNTS].sum()
    found = [rhythm.found_of(*row) for row in counts.itertuples(index=False)]
    return pd.concat([table, pd.DataFrame(found, index=table.index)], axis=1).reset_index()


def beside(
    signals: pd.DataFrame, score: str, of: dict, instead: dict, draws: int
) -> dict[str, float]:
    """A score of one way to denoise less that of another, with its 95 % interval.

    of, instead: columns and values. Seeds are averaged, records drawn, the same ones for both.
    """
    drawn = None
    sums = []
    for chosen in (of, instead):
        rows = picked(signals, chosen)
        if drawn is None:
            drawn = intervals.times_drawn(rows["record"].nunique(), draws)
        sums.append(_drawn(rows, score, drawn))
    value, low, high = intervals.with_ends(sums[0] - sums[1])
    return {"difference": value, "low": low, "high": high}


def _drawn(rows: pd.DataFrame, score: str, drawn: np.ndarray) -> np.ndarray:
    """(1 + draws,) the score of all records, and of the records of each draw."""
    if score == "r_f1":
        tp, fp, fn = (drawn @ rows.groupby("record")[name].sum().to_numpy() for name in COUNTS)
        return 2 * tp / (2 * tp + fp + fn)
    of_record = rows.groupby("record")[score].mean().to_numpy()
    return drawn @ of_record / drawn.sum(1)


def picked(rows: pd.DataFrame, chosen: dict) -> pd.DataFrame:
    """The rows with these values. ValueError where there is none."""
    found = rows[np.logical_and.reduce([rows[name] == value for name, value in chosen.items()])]
    if found.empty:
        raise ValueError(f"no rows of {chosen}")
    return found
