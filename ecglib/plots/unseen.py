"""Figures of unseen patients: what was tried, records, first minutes, pruning."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ecglib.plots.style import CLASS_COLOURS, METHOD_COLOURS, METHOD_LABELS, METHOD_MARKERS

COLOURS = {"SVEB": CLASS_COLOURS["S"], "VEB": CLASS_COLOURS["V"]}
PRUNED = {
    method: (METHOD_LABELS[method], METHOD_COLOURS[method], METHOD_MARKERS[method])
    for method in ("multistage", "one_shot")
} | {"aofp": ("filters by AOFP, of the MACs", "#009E73", "D")}


def tried(table: pd.DataFrame) -> Figure:
    """F1 by recipe and reading of `tried.csv`: 95 % over records, and a bar of the repeats' range.

    table: rows recipe, gate, margin, kind, reading, value, low, high, worst, best of F1 alone.
    """
    gate = table["gate"].map(", gate {:g}".format).where(table["gate"].notna(), "")
    margin = table["margin"].map(", margin {:g}".format).where(table["margin"] > 0, "")
    table = table.assign(recipe=table["recipe"] + gate + margin)
    recipes = list(dict.fromkeys(table["recipe"]))
    panels = list(dict.fromkeys(zip(table["kind"], table["reading"], strict=True)))
    size = (2.6 * len(panels), 0.45 * len(recipes) + 1.6)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    place = np.arange(len(recipes))[::-1]
    for axis, (kind, reading) in zip(axes[0], panels, strict=True):
        of = table[table["kind"].eq(kind) & table["reading"].eq(reading)].set_index("recipe")
        of = of.loc[recipes]
        axis.hlines(place, of["low"], of["high"], color="#999999", lw=1)
        axis.hlines(place, of["worst"], of["best"], color=COLOURS[kind], lw=5, alpha=0.5)
        axis.plot(of["value"], place, "o", color="black", ms=4)
        axis.set(title=f"{kind},\n{reading}", xlabel="F1")
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].set_yticks(place, [recipe.replace("_", " ") for recipe in recipes])
    return figure


def records(before: pd.DataFrame, after: pd.DataFrame) -> Figure:
    """F1 and false beats of SVEB by record of DS2, before and after; those with most S first.

    Both have the columns of `records.csv`: record, beats_SVEB, f1_SVEB, false_SVEB.
    """
    both = before.merge(after, on="record", suffixes=("_before", "_after"))
    both = both.sort_values("beats_SVEB_before", ascending=False)
    figure, axes = plt.subplots(2, 1, figsize=(11, 5.5), sharex=True)
    place = np.arange(len(both))
    for axis, what in zip(axes, ("f1_SVEB", "false_SVEB"), strict=True):
        axis.bar(place - 0.2, both[f"{what}_before"], 0.38, color="#999999", label="the study's")
        axis.bar(place + 0.2, both[f"{what}_after"], 0.38, color=COLOURS["SVEB"], label="chosen")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set(ylabel="F1 of SVEB")
    axes[1].set(ylabel="beats falsely called SVEB")
    labels = [f"{row.record}\n{row.beats_SVEB_before}" for row in both.itertuples()]
    axes[1].set_xticks(place, labels, fontsize=8)
    axes[1].set_xlabel("record of DS2, and its SVEB")
    axes[0].legend()
    return figure


def first_minutes(table: pd.DataFrame) -> Figure:
    """F1 on the rest of the record by what is used of the first minutes; 95 % over records.

    table: rows network (the use), kind, reading, value, low, high of F1 alone.
    """
    uses = list(dict.fromkeys(table["network"]))
    readings = list(dict.fromkeys(table["reading"]))
    figure, axes = plt.subplots(1, len(readings), figsize=(11, 3.4), sharey=True, squeeze=False)
    place = np.arange(len(uses))
    for axis, reading in zip(axes[0], readings, strict=True):
        for shift, kind in ((-0.08, "SVEB"), (0.08, "VEB")):
            of = table[table["kind"].eq(kind) & table["reading"].eq(reading)]
            of = of.set_index("network").reindex(uses)
            _with_bars(axis, place + shift, of, label=kind, color=COLOURS[kind], fmt="o")
        axis.set_xticks(place, [use.removeprefix("first minutes: ") for use in uses])
        axis.set(title=reading, xlim=(-0.5, len(uses) - 0.5))
    axes[0, 0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].set_ylabel("F1 on the rest of the record")
    axes[0, -1].legend()
    return figure


def pruning(table: pd.DataFrame) -> Figure:
    """F1 by what is removed and by method; 95 % over records. table: pooled F1, dense at target 0.

    Methods stand side by side at their target, a fraction of the weights, by AOFP of the MACs.
    """
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.8))
    for axis, kind in zip(axes, COLOURS, strict=True):
        of = table[table["kind"] == kind]
        dense = of[of["target"] == 0].iloc[0]
        axis.axhline(dense["value"], color="black", ls=":", lw=1, label="dense")
        for shift, (method, (label, colour, marker)) in zip(
            (-0.006, 0, 0.006), PRUNED.items(), strict=True
        ):
            rows = of[of["network"] == method].sort_values("target")
            look = {"color": colour, "fmt": f"{marker}-"}
            _with_bars(axis, rows["target"] + shift, rows, label=label, **look)
        axis.set(title=kind, xlabel="removed, of the weights or MACs", ylabel="F1, pooled")
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _with_bars(axis: Axes, place: np.ndarray, of: pd.DataFrame, **look) -> None:
    ends = np.stack([of["value"] - of["low"], of["high"] - of["value"]]).clip(0)
    axis.errorbar(place, of["value"], ends, capsize=2, lw=1, **look)
