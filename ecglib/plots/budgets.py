"""Figures of how far a network can be cut: both budgets, and the inter-patient split's readings."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ecglib.plots.rankings import FAMILY_COLOURS, LINE_COLOURS, LINE_MARKERS, points_scale
from ecglib.plots.style import logit_scale

GOAL_COLOUR, GOAL_WORDS = "#CC79A7", "#A0527E"
FLOOR = 0.7  # macro-F1 below which the curves leave the page


def curves(
    networks: pd.DataFrame,
    shown: Sequence[str],
    published_f1: float,
    *,
    sparsity_goal: float,
    macs_goal: float,
) -> Figure:
    """Macro-F1 against sparsity and against effective MACs, means of seeds and their full range.

    networks: `variants.prepared`; shown: labels of at most seven variants. Both axes are
    logarithmic in what is left, so that they stretch where little is; dotted lines are the goals.
    """
    figure, axes = plt.subplots(1, 2, figsize=(14, 5), sharey=True)
    dense = networks.loc[networks["variant"] == "dense", "f1_macro"].mean()
    networks = networks.assign(weights_left=1 - networks["sparsity"])
    goals = {"weights_left": 1 - sparsity_goal, "macs_fraction": macs_goal}
    for axis, (left, goal) in zip(axes, goals.items(), strict=True):
        axis.axvline(goal, color=GOAL_COLOUR, lw=1.2, ls=":")
        place = axis.get_xaxis_transform()
        axis.text(goal, 0.01, "goal ", fontsize=9, ha="right", color=GOAL_WORDS, transform=place)
        for label, colour, marker in zip(shown, LINE_COLOURS, LINE_MARKERS, strict=False):
            rows = networks[networks["variant"] == label].groupby("target_sparsity")
            place, middle = rows[left].mean(), rows["f1_macro"].mean()
            axis.vlines(
                place,
                rows["f1_macro"].min(),
                rows["f1_macro"].max(),
                color=colour,
                alpha=0.35,
                lw=2,
            )
            axis.plot(place, middle, marker=marker, ms=5, color=colour, label=label)
        axis.axhline(dense, color="black", lw=1, ls="--")
        axis.axhline(published_f1, color=GOAL_COLOUR, lw=1, ls="--")
        axis.set_xscale("log")
        axis.invert_xaxis()
    trained = networks.loc[networks["variant"].isin(shown), "f1_macro"]
    logit_scale(axes[0], [*trained.clip(lower=FLOOR), published_f1, dense])
    _left_axis(axes[0], "Sparsity (weights removed)", lambda left: 1 - left)
    _left_axis(axes[1], "Effective MACs, share of dense", lambda left: left)
    axes[0].set_ylabel("Macro-F1")
    for value, words in ((dense, "dense"), (published_f1, "published F1")):
        place = axes[1].get_yaxis_transform()
        axes[1].text(1.01, value, words, va="center", fontsize=9, transform=place)
    ends = networks.loc[networks.groupby("variant")["sparsity"].idxmax()]
    ends = ends.set_index("variant")["f1_macro"]
    handles, words = axes[0].get_legend_handles_labels()
    order = sorted(range(len(words)), key=lambda n: -ends[words[n]])  # as the lines end
    figure.legend(
        [handles[n] for n in order], [words[n] for n in order], loc="outside right center"
    )
    return figure


def _left_axis(axis: plt.Axes, words: str, shown: Callable[[float], float]) -> None:
    """Ticks of a logarithmic axis of what is left, written as `shown` says."""
    high, low = axis.get_xlim()
    ticks = [t for t in (1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01) if low < t < high]
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticks(ticks, [f"{shown(t):.0%}" for t in ticks])
    axis.set_xlabel(words)


def inter_readings(table: pd.DataFrame) -> Figure:
    """The inter-patient split: three readings, above as they are, below less the dense network's.

    table: `interpatient.inter_table`. Lines are the goals: the literature's scores, and half a
    point below dense.
    """
    readings = {"accuracy": "Accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"}
    figure, axes = plt.subplots(2, 3, figsize=(12, 6.2), sharex=True)
    for (top, bottom), (reading, words) in zip(axes.T, readings.items(), strict=True):
        rows = table[table["reading"] == reading].reset_index(drop=True)
        for place, row in rows.iterrows():
            colour = FAMILY_COLOURS[row["variant"].split(",")[0]]
            _with_interval(top, place, row[["value", "low", "high"]], colour)
            if row["variant"] != "dense":
                gap = row[["difference", "difference_low", "difference_high"]]
                _with_interval(bottom, place, gap, colour)
        top.axhline(100 * rows["published"].iloc[0], color=GOAL_COLOUR, ls="--", lw=1.2)
        bottom.axhline(0, color="black", lw=1)
        bottom.axhline(-0.5, color=GOAL_COLOUR, ls=":", lw=1.2)
        gaps = rows.loc[rows["variant"] != "dense", ["difference_low", "difference_high"]]
        points_scale(bottom, "y", 100 * gaps.to_numpy(float))
        names = [
            row["variant"] + (f"\n{row['target_sparsity']:.0%}" if row["target_sparsity"] else "")
            for _, row in rows.iterrows()
        ]
        bottom.set_xticks(range(len(rows)), names, fontsize=8)
        top.set(xlim=(-0.6, len(rows) - 0.4), title=words)
        top.yaxis.set_major_formatter("{x:g} %")
    for axis, value, words in (
        (
            axes[0][0],
            100 * table.loc[table["reading"] == "accuracy", "published"].iloc[0],
            "Niu et al. 2019",
        ),
        (axes[1][0], -0.5, "half a point"),
    ):
        place = axis.get_yaxis_transform()
        axis.text(0.01, value, words, fontsize=8, va="bottom", color=GOAL_WORDS, transform=place)
    axes[0][0].set_ylabel("Score (95 % interval)")
    axes[1][0].set_ylabel("Less dense (points)")
    figure.supxlabel("Network and its sparsity", fontsize=11)
    return figure


def _with_interval(axis: plt.Axes, place: float, ends: pd.Series, colour: str) -> None:
    middle, low, high = 100 * ends.to_numpy(float)
    axis.plot([place, place], [low, high], color=colour, lw=2)
    axis.plot(place, middle, "o", color=colour, ms=6)
