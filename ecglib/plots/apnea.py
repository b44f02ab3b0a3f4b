"""Figures of sleep apnea: what a split measures, shrinking, agreement by night, own nights."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter, StrMethodFormatter

from ecglib.plots.style import METHOD_COLOURS, METHOD_MARKERS

EASY, STRICT = "#D55E00", "#0072B2"
SHARED = {
    "random seconds": "samples",
    "random minutes": "samples",
    "official split": "people",
}
SPLITS = {  # what training and test share -> its colour, and what the legend calls it
    "published": ("#000000", "as published"),
    "samples": (EASY, "training and test share samples"),
    "people": ("#E69F00", "they share people"),
    "nothing": (STRICT, "they share neither"),
}
BYTES = (5000, 10_000, 20_000, 50_000)
BINARISED = {"binarised, sign": ("x", "#CC79A7"), "binarised, scaled": ("*", "#CC79A7")}


def what_a_split_measures(claims: pd.DataFrame) -> Figure:
    """Sensitivity and accuracy of the main rows of `answers.claims`, one line each.

    Left out are the published pruned and fitted networks, the call of every window normal, and the
    label copier where it is not meant to work: these stand in the table.
    """
    claims = claims[_shown(claims)]
    figure, axes = plt.subplots(1, 2, figsize=(11, 0.42 * len(claims) + 1.6), sharey=True)
    place = np.arange(len(claims))[::-1]
    shared = claims["windows"].map(SHARED).fillna("nothing")
    shared = shared.mask(claims["what"].str.startswith("published"), "published")
    colours = shared.map({name: colour for name, (colour, _) in SPLITS.items()})
    for axis, score in zip(axes, ("sensitivity", "accuracy"), strict=True):
        axis.hlines(place, 0, claims[score], color=colours, lw=3)
        axis.scatter(claims[score], place, color=colours, s=45, zorder=3)
        axis.set(xlim=(0, 1.02), xlabel=score.capitalize())
        axis.xaxis.set_major_formatter(PercentFormatter(1))
        axis.grid(visible=False, axis="y")
    axes[0].set_yticks(place, claims["what"] + " · " + claims["windows"])
    for colour, text in SPLITS.values():
        axes[0].plot([], [], color=colour, lw=3, label=text)
    figure.legend(loc="outside upper center", ncols=4)
    return figure


def _shown(claims: pd.DataFrame) -> pd.Series:
    what, easy = claims["what"], claims["windows"] == "random seconds"
    return ~(
        what.str.startswith(("all normal", "published"))
        | (what.str.startswith("label copier") & ~easy)
    ) | (what == "published, dense")


def shrinking(table: pd.DataFrame) -> Figure:
    """Balanced accuracy against sparsity and against bytes of weights; table: `answers.shrunk`."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    dense = table[table["method"] == "dense"].iloc[0]
    for axis, by in zip(axes, ("target_sparsity", "weight_bytes"), strict=True):
        for method, label in (("multistage", "in stages"), ("one_shot", "once, equal epochs")):
            of = table[table["method"] == method].sort_values("target_sparsity")
            look = {"color": METHOD_COLOURS[method], "marker": METHOD_MARKERS[method]}
            axis.plot(of[by], of["balanced_accuracy"], label=label, **look)
        axis.axhline(dense["balanced_accuracy"], color="black", lw=1, ls=":", label="dense")
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set(xlabel="Sparsity (weights removed)", ylabel="Balanced accuracy, subjects apart")
    axes[0].xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[1].plot(dense["weight_bytes"], dense["balanced_accuracy"], "ks")
    for method, (marker, colour) in BINARISED.items():
        of = table[table["method"] == method]
        axes[1].plot(
            of["weight_bytes"], of["balanced_accuracy"], marker, color=colour, ms=10, label=method
        )
    axes[1].set(xscale="log", xlabel="Bytes of the weights", xticks=BYTES)
    axes[1].xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes[1].xaxis.set_minor_locator(NullLocator())
    axes[1].legend()
    return figure


def agreement(nights: pd.DataFrame, limits: pd.DataFrame) -> Figure:
    """Bland and Altman's plot, a panel a network: a dot is a night; lines are bias and limits."""
    names = list(limits["network"])
    figure, axes = plt.subplots(
        1, len(names), figsize=(5.5 * len(names), 4), sharey=True, squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        of, line = nights[nights["network"] == name], limits[limits["network"] == name].iloc[0]
        _difference_dots(axis, of)
        for value, style in ((line["bias"], "-"), (line["low"], "--"), (line["high"], "--")):
            axis.axhline(value, color=EASY, ls=style, lw=1.2)
        ends = f"limits {line['low']:+.1f} to {line['high']:+.1f}"
        axis.set(title=f"{name}: bias {line['bias']:+.1f}, {ends}")
        axis.set_xlabel("Mean of found and labelled (apnea minutes an hour)")
    axes[0, 0].set_ylabel("Found - labelled (minutes an hour)")
    return figure


def _difference_dots(axis: Axes, of: pd.DataFrame) -> None:
    mean = (of["found_per_hour"] + of["apnea_per_hour"]) / 2
    axis.scatter(mean, of["found_per_hour"] - of["apnea_per_hour"], s=22, color=STRICT, alpha=0.7)


def own_nights(table: pd.DataFrame) -> Figure:
    """Before and after the fit, a line a night; those that lose are orange. A panel a protocol."""
    names = list(dict.fromkeys(table["protocol"]))
    figure, axes = plt.subplots(
        1, len(names), figsize=(4.5 * len(names), 4.5), sharey=True, squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        of = table[table["protocol"] == name]
        for row in of.itertuples():
            colour = EASY if row.gain < 0 else STRICT
            axis.plot([0, 1], [row.before, row.after], "-o", color=colour, alpha=0.6, ms=4, lw=1)
        axis.plot([0, 1], [of["before"].mean(), of["after"].mean()], "-s", color="black", lw=3)
        axis.set(title=f"{name}: {100 * of['gain'].mean():+.1f} points on the mean")
        axis.set(xlim=(-0.3, 1.3))
        axis.set_xticks([0, 1], ["of other people", "fitted"])
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].set_ylabel("Balanced accuracy of a night's tested minutes")
    return figure
