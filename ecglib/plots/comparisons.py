"""Figures of method against method, with the published claim."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ecglib.plots.style import (
    METHOD_COLOURS,
    METHOD_LABELS,
    METHOD_MARKERS,
    READING_LABELS,
    logit_scale,
)


def score_against_sparsity(
    results: pd.DataFrame, published: Mapping[str, tuple[float, float]]
) -> Figure:
    """Macro-F1 and accuracy of each method against sparsity, mean and full spread over seeds.

    results: rows of results.csv; published: score -> (sparsity, value), marked by a star.
    """
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.6))
    dense = results[results["method"] == "dense"]
    for axis, score in zip(axes, READING_LABELS, strict=True):
        axis.axhline(dense[score].mean(), color=METHOD_COLOURS["dense"], lw=1, ls="--")
        axis.text(0.01, dense[score].mean(), "dense", va="bottom", fontsize=9)
        for method in ("multistage", "one_shot", "no_finetune"):
            _curve(axis, results[results["method"] == method], "target_sparsity", score, method)
        axis.plot(
            *published[score],
            "*",
            ms=15,
            color="#CC79A7",
            mec="black",
            mew=0.7,
            zorder=5,
            label="published (Li et al. 2021)",
        )
        axis.set(xlabel="Sparsity", ylabel=READING_LABELS[score], xlim=(0, 1))
        axis.xaxis.set_major_formatter(PercentFormatter(1))
        # Without fine-tuning the curve falls off the page; the page is for the methods that train.
        trained = results.loc[results["method"] != "no_finetune", score]
        logit_scale(axis, [*trained, published[score][1]])
    axes[0].legend(loc="lower left")
    return figure


def f1_against_macs(results: pd.DataFrame, published_f1: float) -> Figure:
    """Macro-F1 against effective MACs per beat. results: rows of results.csv."""
    figure, axes = plt.subplots(figsize=(8, 4.6))
    dense = results[results["method"] == "dense"]
    axes.plot(
        dense["macs"].mean(), dense["f1_macro"].mean(), "s", color="black", label="dense", zorder=5
    )
    for method in ("multistage", "one_shot"):
        _curve(axes, results[results["method"] == method], "macs_effective", "f1_macro", method)
    axes.axhline(published_f1, color="#CC79A7", lw=1, ls="--")
    axes.set(xlabel="Effective MACs per beat", ylabel="Macro-F1", xlim=(0, None))
    logit_scale(axes, [*results.loc[results["method"] != "no_finetune", "f1_macro"], published_f1])
    place = axes.get_yaxis_transform()
    axes.text(0.02, published_f1, "published F1", va="bottom", fontsize=9, transform=place)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right")
    return figure


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, y: str, method: str) -> None:
    """One method: each seed a faint dot, the mean over seeds a line, the spread a band."""
    by_target = rows.groupby("target_sparsity")
    place, colour = by_target[x].mean(), METHOD_COLOURS[method]
    axis.plot(rows[x], rows[y], ".", color=colour, alpha=0.35, ms=5)
    axis.plot(
        place,
        by_target[y].mean(),
        marker=METHOD_MARKERS[method],
        ms=5,
        color=colour,
        label=METHOD_LABELS[method],
    )
    axis.fill_between(place, by_target[y].min(), by_target[y].max(), color=colour, alpha=0.15, lw=0)


def gaps(differences: pd.DataFrame) -> Figure:
    """Multistage minus one-shot with 95 % intervals, in points. differences: see `report`."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), sharex=True)
    for axis, score in zip(axes, READING_LABELS, strict=True):
        rows = differences[differences["score"] == score]
        middle = 100 * rows["difference"]
        reach = [middle - 100 * rows["low"], 100 * rows["high"] - middle]
        axis.errorbar(
            rows["target_sparsity"],
            middle,
            reach,
            fmt="o",
            color=METHOD_COLOURS["multistage"],
            capsize=3,
        )
        axis.axhline(0, color="black", lw=1)
        axis.set(
            xlabel="Sparsity",
            ylabel=f"{READING_LABELS[score]}:\nmultistage - one-shot (points)",
            xlim=(0.2, 1),
        )
        axis.xaxis.set_major_formatter(PercentFormatter(1))
    return figure
