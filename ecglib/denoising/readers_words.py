"""The tables of those who read a denoised signal, in Markdown, for the notebook and docs/."""

import numpy as np
import pandas as pd

from ecglib.denoising import made
from ecglib.denoising.answers import LINEAR, picked, snrs_db
from ecglib.denoising.made import Kind
from ecglib.denoising.readers import CLEAN, NOISY, RARE, SHOWN, WHO, read_ways
from ecglib.denoising.rhythm import DETECTORS
from ecglib.denoising.shown import kind_of, label
from ecglib.denoising.words import NO_ROWS, table_of

PAIRS = "In percent and points; in brackets the least and the most of all pairs of seeds.\n"
RHYTHM = (
    "In percent. The error of R peaks is a mean, that of the heart rate one of stretches of 10 s, "
    "by their median RR or by the mean one; median: of a record's errors; limits: Bland and "
    "Altman's, of 95 %.\n"
)


def rhythm(table: pd.DataFrame, truth: str) -> str:
    """The rows of `readers.rhythm` of this truth: the network, two rivals and the clean lead."""
    if table.empty:
        return NO_ROWS
    kinds = [CLEAN, made.dense(), LINEAR, NOISY]
    if truth != "annotations":
        kinds.remove(CLEAN)
    shown = [picked(table, kind, truth=truth) for kind in kinds]
    of = pd.concat(shown).sort_values("snr_db", ascending=False, kind="stable")
    rows = (
        {
            "SNR, dB": _snr(row),
            "signal": label(kind_of(row)),
            "detector": DETECTORS[row["detector"]].label,
            "sensitivity": _percent(row["r_sensitivity"]),
            "predictivity": _percent(row["r_predictivity"]),
            "F1": _percent(row["r_f1"]),
            "R error, ms": f"{row['r_error_ms']:.1f}",
            "heart-rate error, bpm": f"{row['hr_mae_bpm']:.1f}",
            "by the mean RR": f"{row['hr_mae_mean_rr_bpm']:.1f}",
            "median": f"{row['hr_median_bpm']:.2f}",
            "bias (limits), bpm": "{:+.1f} ({:+.1f} to {:+.1f})".format(
                *row[["hr_bias_bpm", "hr_low_bpm", "hr_high_bpm"]]
            ),
        }
        for _, row in of.iterrows()
    )
    return table_of(rows, RHYTHM)


def classifiers(table: pd.DataFrame) -> str:
    """The table of `readers.classifiers`, a classifier after the other."""
    if table.empty:
        return NO_ROWS
    places = {kind: n for n, kind in enumerate(read_ways())}
    order = pd.DataFrame({"who": table.groupby(WHO, sort=False).ngroup(), "db": -table["snr_db"]})
    order["way"] = [places[kind_of(row)] for _, row in table.iterrows()]
    rows = table.loc[order.sort_values(["who", "db", "way"]).index]
    return table_of(
        (
            {
                "classifier": ", ".join(row[WHO]),
                "SNR, dB": _snr(row),
                "signal": label(kind_of(row)),
                **{f"F1 {name}": _percent(row[f"f1_{name}"]) for name in SHOWN},
                "mean N S V": _percent(row["f1_nsv"]),
                "mean N S V F": _percent(row["f1_nsvf"]),
            }
            for _, row in rows.iterrows()
        ),
        "In percent; means over seeds of the classifier and of the network that denoises.\n",
    )


def gained(table: pd.DataFrame, against: str) -> str:
    """The table of `readers.gained`; against: what the other way is called."""
    rows = (
        {
            "classifier": ", ".join(row[WHO]),
            "SNR, dB": f"{row['snr_db']:g}",
            "denoised by": label(kind_of(row)),
            **{f"points of F1 {name}": _apart(row, name) for name in SHOWN},
        }
        for _, row in table.iterrows()
    )
    return table_of(rows, f"Less the F1 of the {against}. {PAIRS}")


def near_clean(table: pd.DataFrame) -> str:
    """The table of `readers.near_clean`: class RARE alone."""
    rows = (
        {
            "classifier": ", ".join(row[WHO]),
            "denoised by": label(kind_of(row)),
            "against": label(Kind(row["against"], "")),
            f"F1 {RARE}": _percent(row[f"f1_{RARE}"]),
            "instead": _percent(row[f"instead_f1_{RARE}"]),
            "points": _apart(row, RARE),
        }
        for _, row in table.iterrows()
    )
    return table_of(rows, f"At {max(snrs_db()):g} dB. {PAIRS}")


def _snr(row: pd.Series) -> str:
    return "clean" if np.isinf(row["snr_db"]) else f"{row['snr_db']:g}"


def _apart(row: pd.Series, name: str) -> str:
    value, low, high = (100 * row[f"less_f1_{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def _percent(fraction: float) -> str:
    return "" if pd.isna(fraction) else f"{100 * fraction:.1f}"
