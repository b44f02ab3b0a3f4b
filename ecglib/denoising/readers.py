"""What those who read a denoised signal make of it, as tables: R-peak detectors and classifiers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecglib.denoising import judged, made, study
from ecglib.denoising.answers import KEY, LINEAR, always, picked, pooled, snrs_db
from ecglib.denoising.made import Kind
from ecglib.denoising.rhythm import LIMITS_SD

CLEAN = Kind("clean lead", "")
ANSWERS = Kind("dense", "l1_answers")
NOISY = Kind(study.NOISY, "")  # the mean of the channels
SHOWN = "NSVF"  # of class Q DS2 has seven beats
MAIN_CLASSES = "NSV"  # nearly all fusion beats are of two records
WHO = ["classifier", "split"]
NAMED = [*WHO, *KEY[1:], "snr_db"]
INTRA = "intra"
RARE = "S"


def rhythm(rows: pd.DataFrame) -> pd.DataFrame:
    """Per way, SNR, detector and truth: counts of all records, means, Bland and Altman's limits.

    Each is the mean of the seeds. hr_low_bpm and hr_high_bpm are the limits of the stretches of all
    records, each record weighing the same: its stretches scatter about its own bias, and the
    records' biases about each other.
    """
    if rows.empty:
        return rows
    by = [*KEY, "seed", "snr_db", "detector", "truth"]
    table = pooled(rows, by)
    within = (rows["hr_high_bpm"] - rows["hr_low_bpm"]) / (2 * LIMITS_SD)
    groups = rows.assign(variance=within**2).groupby(by, sort=False, dropna=False)
    bias = groups["hr_bias_bpm"].mean().to_numpy()
    apart = groups["hr_bias_bpm"].var(ddof=0).to_numpy() + groups["variance"].mean().to_numpy()
    reach = LIMITS_SD * np.sqrt(apart)
    table = table.assign(hr_bias_bpm=bias, hr_low_bpm=bias - reach, hr_high_bpm=bias + reach)
    seeds = table.groupby([name for name in by if name != "seed"], sort=False, dropna=False)
    return seeds.mean().drop(columns="seed").reset_index()


def classifiers(rows: pd.DataFrame) -> pd.DataFrame:
    """Per way, SNR and classifier the F1 of the classes SHOWN, means over seeds of both.

    Further: f1_nsv and f1_nsvf, the means of the F1 of these classes; pairs: of seeds.
    """
    if rows.empty:
        return rows
    grouped = _with_means(rows).groupby(NAMED, sort=False, dropna=False)
    table = grouped[[*_columns(), "f1_nsv", "f1_nsvf"]].mean()
    return table.assign(pairs=grouped.size()).reset_index()


def _columns() -> list[str]:
    return [f"f1_{name}" for name in SHOWN]


def _with_means(rows: pd.DataFrame) -> pd.DataFrame:
    main = [f"f1_{name}" for name in MAIN_CLASSES]
    return rows.assign(f1_nsv=rows[main].mean(axis=1), f1_nsvf=rows[_columns()].mean(axis=1))


def read_ways() -> list[Kind]:
    """Whose signals classifiers read, from what was recorded to the main network."""
    return list(dict.fromkeys([CLEAN, NOISY, LINEAR, *networks()]))


def networks() -> list[Kind]:
    """The main one where nothing passes by it, that trained on answers, and the main one."""
    return [always(), ANSWERS, made.dense()]


def gained(rows: pd.DataFrame, against: Kind) -> pd.DataFrame:
    """F1 of each class by the networks less that by another way, per classifier and SNR.

    Classifiers' seeds are paired. Columns: f1_N and so on, as they are; `less_f1_N` and so on, with
    the least and the most of all pairs of seeds in `_low` and `_high`.
    """
    found = []
    for kind in networks():
        for snr_db in snrs_db():
            at = {} if against == CLEAN else {"snr_db": snr_db}
            one, other = picked(rows, kind, snr_db=snr_db), picked(rows, against, **at)
            if one.empty or other.empty:
                continue
            both = one.merge(other, on=[*WHO, "classifier_seed"], suffixes=("", "_other"))
            found += _apart(both, kind, snr_db)
    return pd.DataFrame(found)


def _apart(both: pd.DataFrame, kind: Kind, snr_db: float) -> Sequence[dict]:
    rows = []
    for who, of in both.groupby(WHO, sort=False):
        row = dict(zip(WHO, who, strict=True)) | dict(zip(KEY[1:], kind, strict=True))
        row |= {"snr_db": snr_db, "pairs": len(of)}
        for name in _columns():
            less = of[name] - of[f"{name}_other"]
            row |= {name: of[name].mean(), f"instead_{name}": of[f"{name}_other"].mean()}
            row |= {f"less_{name}": less.mean()}
            row |= {f"less_{name}_low": less.min(), f"less_{name}_high": less.max()}
        rows.append(row)
    return rows


def near_clean(rows: pd.DataFrame) -> pd.DataFrame:
    """`gained` at the highest SNR, against the noisy mean and the clean lead: column `against`."""
    found = []
    for kind in (NOISY, CLEAN):
        table = gained(rows, kind)
        if len(table):
            found.append(table[table["snr_db"] == snrs_db()[0]].assign(against=kind.method))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def ceiling(table: pd.DataFrame) -> float:
    """F1 of the main detector on the clean lead against annotations; table: of `rhythm`."""
    of = picked(table, CLEAN, detector=judged.DETECTOR, truth="annotations")
    return float(of["r_f1"].iloc[0]) if len(of) else np.nan
