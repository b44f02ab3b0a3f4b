"""What the study was to reach, and what it reached: each goal beside its number.

Simulated seats, test patients, means of the seeds. The goals were set before the networks were
chosen.
"""

from collections.abc import Iterator

import pandas as pd

from ecglib.denoising import made, ways
from ecglib.denoising.answers import LINEAR, STAGED, picked
from ecglib.denoising.made import Kind
from ecglib.denoising.readers import INTRA, RARE
from ecglib.denoising.shown import label

# SNR in decibels -> the most or the least that a score may be.
MOST = {
    0.0: {"mse": 0.25, "hr_mae_bpm": 1.6, "hr_mae_mean_rr_bpm": 1.6},
    -6.0: {"mse": 0.36},
    24.0: {"mse": 0.12},
}
LEAST = {0.0: {"correlation": 0.87, "r_f1": 0.975}, -6.0: {"correlation": 0.80, "r_f1": 0.945}}
AHEAD_DB = (0.0, -6.0)
LESS_MSE, MORE_F1 = 0.15, 0.04  # than the linear filters; than one channel
LOST_F1 = 0.03  # of class S near clean
SMALL, LOST_MSE = 0.8, 0.01  # without so many weights in stages
NAMES = {
    "mse": "MSE",
    "correlation": "correlation",
    "r_f1": "R-peak F1",
    "hr_mae_bpm": "heart-rate error, bpm",
    "hr_mae_mean_rr_bpm": "heart-rate error by the mean RR, bpm",
}


def asked(rivals: pd.DataFrame, shrunk: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """what, snr_db, goal, most (or least), found, reached; goals without a number are left out.

    Tables of `answers.rivals`, `answers.shrunk` and `readers.near_clean`.
    """
    found = [*_of_scores(rivals), *_of_rivals(rivals), *_near_clean(near), *_of_stages(shrunk)]
    table = pd.DataFrame(found, columns=["what", "snr_db", "goal", "most", "found"])
    below, above = table["found"] <= table["goal"], table["found"] >= table["goal"]
    return table.assign(reached=below.where(table["most"], above))


def _of_scores(rivals: pd.DataFrame) -> Iterator[tuple]:
    for most, goals in ((True, MOST), (False, LEAST)):
        for snr_db, of in goals.items():
            for row in picked(rivals, made.dense(), snr_db=snr_db).to_dict("records"):
                for name, goal in of.items():
                    yield NAMES[name], snr_db, goal, most, row[name]


def _of_rivals(rivals: pd.DataFrame) -> Iterator[tuple]:
    one = made.dense()._replace(channels=1)
    for snr_db in AHEAD_DB:
        for kind in (Kind(ways.PLAIN, ""), LINEAR):
            for row in picked(rivals, kind, snr_db=snr_db).to_dict("records"):
                yield f"less MSE than the {label(kind)}", snr_db, LESS_MSE, False, -row["less_mse"]
        for row in picked(rivals, one, snr_db=snr_db).to_dict("records"):
            yield "R-peak F1 more than by one channel", snr_db, MORE_F1, False, row["less_r_f1"]


def _near_clean(near: pd.DataFrame) -> Iterator[tuple]:
    if near.empty:
        return
    of = picked(near, made.dense(), split=INTRA)
    for row in of.to_dict("records"):
        instead = label(Kind(row["against"], ""))
        what = f"F1 of class {RARE} by {row['classifier']}, less that of the {instead}"
        yield what, row["snr_db"], -LOST_F1, False, row[f"less_f1_{RARE}"]


def _of_stages(shrunk: pd.DataFrame) -> Iterator[tuple]:
    if shrunk.empty:
        return
    of = picked(shrunk, made.dense()._replace(method=STAGED, target=SMALL))
    for row in of[of["snr_db"].isin(AHEAD_DB)].to_dict("records"):
        what = f"MSE without {SMALL:.0%} of the weights, in stages, less dense"
        yield what, row["snr_db"], LOST_MSE, True, row["less_mse"]
