"""The answers of the study in a few sentences, each number from its tables."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ecglib.denoising import judged, made
from ecglib.denoising.answers import LINEAR, STAGED, always, picked
from ecglib.denoising.asked import LOST_MSE, SMALL
from ecglib.denoising.costs import PART
from ecglib.denoising.losses import LOSSES
from ecglib.denoising.readers import ANSWERS, CLEAN, NOISY
from ecglib.denoising.rhythm import DETECTORS
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.shown import kind_of, label
from ecglib.denoising.words import apart, number, settled
from ecglib.report.markdown import percent

TOLD_DB = (0.0, -6.0)
TOLD = "SV"  # classes


def in_short(
    rivals: pd.DataFrame,
    losses: pd.DataFrame,
    rhythm: pd.DataFrame,
    classifiers: pd.DataFrame,
    shrunk: pd.DataFrame,
    device: pd.DataFrame,
    goals: pd.DataFrame,
) -> str:
    """The answers, a line each, of whatever was run; tables are called as what makes them."""
    parts = (
        (_of_rivals, rivals),
        (_of_losses, losses),
        (_of_rhythm, rhythm),
        (_of_classifiers, classifiers),
        (_of_sizes, shrunk),
        (_of_device, device),
        (_of_goals, goals),
    )
    said = [each for say, table in parts if len(table) for each in say(table)]
    return "".join(f"- {each}\n" for each in said)


def _of_rivals(table: pd.DataFrame) -> Iterator[str]:
    for snr_db in TOLD_DB:
        at = table[table["snr_db"] == snr_db]
        own, linear = (picked(at, kind) for kind in (made.dense(), LINEAR))
        untrained = at[at["method"].isin(list(RIVALS))]
        if own.empty or linear.empty or untrained.empty:
            continue
        own, linear = own.iloc[0], linear.iloc[0]
        best = untrained.loc[untrained["mse"].idxmin()]
        yield (
            f"At {snr_db:g} dB the network has an MSE of {number(own['mse'], 'mse')}, a "
            f"correlation of {number(own['correlation'], 'correlation')} and an R-peak F1 of "
            f"{percent(own['r_f1'])}. Against {_against(linear)}. Against {_against(best)}, of the "
            "least MSE without training; the best F1 without is "
            f"{percent(untrained['r_f1'].max())}."
        )
    one = picked(table, made.dense()._replace(channels=1))
    each = [
        f"at {row['snr_db']:g} dB {apart(row, 'mse')} of MSE and {apart(row, 'r_f1')} points of F1"
        for _, row in one.iterrows()
    ]
    if each:
        yield f"Three channels instead of one: {'; '.join(each)}."


def _against(row: pd.Series) -> str:
    return (
        f"{label(kind_of(row))} (MSE {number(row['mse'], 'mse')}): {apart(row, 'mse')} of MSE and "
        f"{apart(row, 'r_f1')} points of F1"
    )


def _of_losses(table: pd.DataFrame) -> Iterator[str]:
    for snr_db in TOLD_DB:
        at = table[table["snr_db"].eq(snr_db) & table["less_mse"].notna()]
        each = [
            f"{LOSSES[row['loss']].label}, {apart(row, 'mse')}, {settled(row, 'mse')}"
            for _, row in at.iterrows()
        ]
        if each:
            yield f"MSE at {snr_db:g} dB, less that of a network trained by L1: {'; '.join(each)}."


def _of_rhythm(table: pd.DataFrame) -> Iterator[str]:
    true = table[table["truth"] == "annotations"]
    for snr_db in TOLD_DB:
        each = [
            f"{DETECTORS[row['detector']].label} {_beside(true, row)}"
            for _, row in picked(true, made.dense(), snr_db=snr_db).iterrows()
        ]
        if each:
            yield f"F1 of R peaks at {snr_db:g} dB, against annotations: {'; '.join(each)}."
    main = picked(true, made.dense(), detector=judged.DETECTOR)
    for _, row in main[main["snr_db"].isin(TOLD_DB)].iterrows():
        low, high = row["hr_low_bpm"], row["hr_high_bpm"]
        yield (
            f"At {row['snr_db']:g} dB the heart rate in ten seconds is wrong by "
            f"{row['hr_mae_bpm']:.1f} beats a minute (by the mean RR interval "
            f"{row['hr_mae_mean_rr_bpm']:.1f}), the median by {row['hr_median_bpm']:.2f}; "
            f"bias {row['hr_bias_bpm']:+.1f}, limits of agreement {low:+.1f} to {high:+.1f}. An R "
            f"peak is {row['r_error_ms']:.1f} ms off."
        )


def _beside(table: pd.DataFrame, row: pd.Series) -> str:
    """What a detector's F1 is on the network's output, and on what stands beside it."""
    of = table[table["detector"] == row["detector"]]
    linear, clean = picked(of, LINEAR, snr_db=row["snr_db"]), picked(of, CLEAN)
    named = (("denoised", row.to_frame().T), ("by the linear filter", linear), ("clean", clean))
    return ", ".join(f"{name} {percent(of['r_f1'].iloc[0])}" for name, of in named if len(of))


def _of_classifiers(table: pd.DataFrame) -> Iterator[str]:
    """F1 of the classes TOLD: noisy, denoised and clean, near clean and at 0 dB."""
    for snr_db in (table.loc[np.isfinite(table["snr_db"]), "snr_db"].max(), TOLD_DB[0]):
        for name in TOLD:
            each = [
                f"{', '.join(who)}: {_along(of, snr_db, f'f1_{name}')}"
                for who, of in table.groupby(["classifier", "split"], sort=False)
            ]
            yield f"F1 of class {name} at {snr_db:g} dB. {'; '.join(each)}."


def _along(table: pd.DataFrame, snr_db: float, score: str) -> str:
    """What the score is on the noisy mean, on each network's output, and clean."""
    named = {"noisy": NOISY, "denoised": made.dense(), "if nothing passes": always()}
    named |= {"if trained on answers": ANSWERS, "clean": CLEAN}
    found = [
        (name, picked(table, kind, **({} if kind == CLEAN else {"snr_db": snr_db})))
        for name, kind in named.items()
    ]
    return ", ".join(f"{name} {percent(of[score].iloc[0])}" for name, of in found if len(of))


def _of_sizes(table: pd.DataFrame) -> Iterator[str]:
    for _, row in table[table["target_sparsity"].eq(SMALL) & table["method"].eq(STAGED)].iterrows():
        within = "within" if row["less_mse"] <= LOST_MSE else "beyond"
        once = apart(row, "mse", "staged")
        beside = f", and {once} off that of one-shot pruning, {settled(row, 'mse', 'staged')}"
        yield (
            f"Without {SMALL:.0%} of its weights, removed in stages, the network's MSE at "
            f"{row['snr_db']:g} dB is {apart(row, 'mse')} off the dense one's, {within} "
            f"{LOST_MSE:g}{beside if once else ''}."
        )
    at = table[table["snr_db"].eq(TOLD_DB[0]) & table["less_mse"].notna()]
    each = [
        f"{label(kind_of(row))}, {apart(row, 'mse')} at {row['macs_effective'] / 1e6:.2f} million "
        "MACs a window"
        for _, row in at[at["method"].isin(["filters", "narrow", "longer"])].iterrows()
    ]
    if each:
        yield f"MSE at {TOLD_DB[0]:g} dB, less the dense network's: {'; '.join(each)}."


def _of_device(table: pd.DataFrame) -> Iterator[str]:
    if "ram_bytes" not in table:
        return
    for _, row in picked(table, made.dense()).iterrows():
        yield f"On the device, laid out for {row['aim']}, the dense network takes {_costs(row)}."
    least = table.loc[table["ram_bytes"].idxmin()]
    fits = ""
    if "fits" in table:
        fits = f" {int(table['fits'].sum())} of {len(table)} networks and layouts fit beside the "
        fits += f"classifier in an {PART}."
    yield (
        f"The least RAM is that of {label(kind_of(least))}, laid out for {least['aim']}: "
        f"{_costs(least)}.{fits}"
    )


def _costs(row: pd.Series) -> str:
    return (
        f"{row['cycles_p2_per_s'] / 1e6:.2f} million cycles a second, "
        f"{row['flash_total_bytes'] / 1024:.1f} KiB of flash and {row['ram_bytes'] / 1024:.1f} KiB "
        "of RAM"
    )


def _of_goals(table: pd.DataFrame) -> Iterator[str]:
    missed = table[~table["reached"]]
    each = [
        f"{row['what']} at {row['snr_db']:g} dB, {row['found']:.3f} for {row['goal']:.3f}"
        for _, row in missed.iterrows()
    ]
    rest = f" Missed: {'; '.join(each)}." if each else ""
    yield f"Of {len(table)} rows of goals {len(table) - len(missed)} are reached.{rest}"
