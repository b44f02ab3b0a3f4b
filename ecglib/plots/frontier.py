"""Figures of the frontier: scores by sparsity, the way there, what moves, and scores by cost."""

from collections.abc import Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from ecglib.plots import style

# Okabe & Ito's palette; a method keeps its colour and marker in every figure.
LOOKS = (
    *(("#0072B2", "o"), ("#D55E00", "^"), ("#009E73", "s"), ("#CC79A7", "D"), ("#E69F00", "v")),
    *(("#56B4E9", "P"), ("#000000", "X"), ("#999999", "d"), ("#B8A500", "<"), ("#7A5195", ">")),
    *(("#882255", "*"), ("#44AA99", "h")),
)


def by_sparsity(table: pd.DataFrame, published: float) -> Figure:
    """Macro-F1 on test beats by sparsity: the mean of the seeds, a bar from the least to the most.

    table: rows label, target_sparsity, f1_macro, f1_macro_least, f1_macro_most. published: a line.
    """
    figure, axis = plt.subplots(figsize=(9, 4.8))
    labels = list(dict.fromkeys(table["label"]))
    targets = sorted(set(table["target_sparsity"]))
    for number, (label, (colour, marker)) in enumerate(zip(labels, LOOKS, strict=False)):
        of = table[table["label"].eq(label)].sort_values("target_sparsity")
        place = of["target_sparsity"].map(targets.index) + 0.06 * (number - (len(labels) - 1) / 2)
        ends = of["f1_macro"] - of["f1_macro_least"], of["f1_macro_most"] - of["f1_macro"]
        bars = [each.clip(lower=0) for each in ends]  # of equal seeds the mean is rounded
        axis.errorbar(
            *(place, of["f1_macro"], bars),
            **{"color": colour, "marker": marker, "ms": 6, "lw": 1, "elinewidth": 1.5},
            label=label,
        )
    axis.axhline(published, color="#555555", ls=":", lw=1)
    axis.set_xticks(range(len(targets)), [f"{target:.0%}" for target in targets])
    axis.set(xlabel="sparsity, fraction of the weights removed", ylabel="macro-F1, test beats")
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def trajectory(epochs: pd.DataFrame, events: pd.DataFrame) -> Figure:
    """Validation macro-F1 and density within the fits, by method; a tick for each event.

    epochs: rows label, epoch, validation_f1_macro. events: rows label, epoch, sparsity.
    """
    figure, axes = plt.subplots(
        2, 1, figsize=(11, 6), sharex=True, gridspec_kw={"height_ratios": (3, 2)}
    )
    for label, (colour, _) in zip(dict.fromkeys(epochs["label"]), LOOKS, strict=False):
        of, at = epochs[epochs["label"].eq(label)], events[events["label"].eq(label)]
        axes[0].plot(of["epoch"], of["validation_f1_macro"], color=colour, label=label, lw=1.4)
        axes[1].step(at["epoch"], 1 - at["sparsity"], where="post", color=colour, lw=1.4)
        axes[1].plot(at["epoch"], 1 - at["sparsity"], "|", color=colour, ms=7)
    axes[0].set(ylabel="macro-F1, validation beats")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes[1].set(xlabel="epoch after the dense network's", ylabel="weights left", yscale="log")
    _in_percent(axes[1], (1, 0.5, 0.2, 0.1, 0.05, 0.03))
    return figure


def _in_percent(axis: Axes, ticks: Sequence[float]) -> None:
    axis.yaxis.set_major_locator(FixedLocator(list(ticks)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def moved(table: pd.DataFrame) -> Figure:
    """What an event moves and leaves, by layer. table: rows sparsity, layer, moved, left.

    moved: root mean square of what compensation adds to the weights that stay, over theirs.
    left: the fraction of the layer's weights that stay.
    """
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharex=True)
    for layer, (colour, marker) in zip(dict.fromkeys(table["layer"]), LOOKS, strict=False):
        of, looks = table[table["layer"].eq(layer)], {"color": colour, "marker": marker, "ms": 4}
        axes[0].plot(of["sparsity"], of["moved"], **looks, lw=1, label=layer)
        axes[1].plot(of["sparsity"], of["left"], **looks, lw=1)
    axes[0].set(ylabel="move, of the weights' size")
    axes[1].set(ylabel="weights left in the layer", yscale="log")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _in_percent(axes[1], (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01))
    for axis in axes:
        axis.set_xlabel("sparsity, all layers together")
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].legend(title="layer")
    return figure


def pareto(table: pd.DataFrame, published: float) -> Figure:
    """Macro-F1 in 8 bits by cycles and by energy of a beat; a line joins what nothing beats.

    table: rows code, model, series, f1_macro_int8, cycles, energy_uj_high, front.
    """
    figure, axes = plt.subplots(1, 2, figsize=(13, 5), sharey=True)
    columns = {
        "cycles": "cycles a beat, emulated Cortex-M4",
        "energy_uj_high": "energy a beat, uJ, upper end of the band",
    }
    kinds = (table["code"] + ": " + table["model"]).rename("kind")
    for axis, (column, words) in zip(axes, columns.items(), strict=True):
        for kind, (colour, marker) in zip(kinds.unique(), LOOKS, strict=False):
            of = table[kinds.eq(kind)]
            axis.plot(of[column], of["f1_macro_int8"], marker, color=colour, ms=6, label=kind)
        front = table[table["front"]].sort_values(column)
        axis.step(
            front[column], front["f1_macro_int8"], where="post", color="#555555", lw=1, zorder=0
        )
        axis.axhline(published, color="#555555", ls=":", lw=1)
        axis.set(xlabel=words, xscale="log")
    axes[0].set(ylabel="macro-F1 in 8 bits, test beats")
    style.logit_scale(axes[0], list(table["f1_macro_int8"]))
    axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
