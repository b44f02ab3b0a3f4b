"""Figures of filter pruning: how a search went, the widths it found, what its scores are worth."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from ecglib.plots.rankings import LINE_COLOURS, LINE_MARKERS
from ecglib.plots.style import logit_scale

FLOOR = 0.7  # macro-F1 below which a curve leaves the page
THETA_COLOUR, LEFT_COLOUR = "#D55E00", "#000000"
KEPT = {"marker": ".", "ms": 3, "color": "#0072B2", "alpha": 0.5}
REMOVED = {"marker": "x", "ms": 6, "color": THETA_COLOUR}
METHOD_COLOURS = (*LINE_COLOURS, "#000000", "#F0E442")


def search_course(events: Sequence[Mapping]) -> Figure:
    """One panel a layer: the candidates' damage at every decision, theta, and the filters left.

    events: of one search, see `SearchFilters.events`; crosses are filters that were removed.
    """
    names = list(dict.fromkeys(event["group"] for event in events))
    figure, axes = plt.subplots(
        len(names), 1, figsize=(9, 1.2 + 1.7 * len(names)), sharex=True, squeeze=False
    )
    for axis, name in zip(axes[:, 0], names, strict=True):
        of = [event for event in events if event["group"] == name]
        for event in of:
            for filter_, damage in zip(event["filters"], event["damage"], strict=True):
                look = REMOVED if filter_ in event["removed"] else KEPT
                if damage is not None:
                    axis.plot(event["batch"], damage, **look)
        batches = [event["batch"] for event in of]
        axis.step(batches, [event["theta"] for event in of], where="post", color=THETA_COLOUR, lw=1)
        axis.set(yscale="log", ylabel="damage", title=name)
        right = axis.twinx()
        right.step(
            batches, [event["left"] for event in of], where="post", color=LEFT_COLOUR, lw=1.5
        )
        right.set(ylabel="filters left", ylim=(0, None))
        right.yaxis.set_major_locator(MaxNLocator(integer=True))
        right.grid(visible=False)
        right.spines["right"].set_visible(True)
    axes[-1, 0].set_xlabel("Training batches")
    return figure


def widths(table: pd.DataFrame, dense: Mapping[str, int]) -> Figure:
    """Filters left in each layer, a dot a variant: means of seeds, bars their range.

    table: variant, layer, filters, in the order to be shown; dense: layer -> filters.
    """
    figure, axes = plt.subplots(figsize=(2.5 + 1.3 * len(dense), 4))
    place = np.arange(len(dense))
    axes.plot(place, list(dense.values()), "_", ms=34, color="black", label="dense")
    methods = list(dict.fromkeys(table["variant"]))
    if len(methods) > len(METHOD_COLOURS):
        raise ValueError(f"{len(methods)} variants are too many to be told apart")
    for number, (method, colour) in enumerate(zip(methods, METHOD_COLOURS, strict=False)):
        at = table[table["variant"] == method].groupby("layer", sort=False)["filters"]
        shift = place + (number - (len(methods) - 1) / 2) * 0.8 / len(methods)
        found = at.agg(["mean", "min", "max"]).reindex(list(dense))
        axes.vlines(shift, found["min"], found["max"], color=colour, lw=3, alpha=0.35)
        axes.plot(shift, found["mean"], "o", ms=5, color=colour, label=method)
    axes.set_xticks(place, list(dense), rotation=20)
    axes.set(xlabel="Layer", ylabel="Filters left", ylim=(0, None))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside right center")
    return figure


def f1_against_macs(
    tables: Mapping[str, pd.DataFrame], shown: Sequence[str], published_f1: float
) -> Figure:
    """Macro-F1 against the share of MACs left, means of seeds and their range, one panel a network.

    tables: network -> `variants.prepared`, its own dense networks among them; shown: labels of at
    most seven variants.
    """
    figure, axes = plt.subplots(
        1, len(tables), figsize=(6.2 * len(tables) + 2, 4.6), sharey=True, squeeze=False
    )
    seen = [published_f1]
    for axis, (name, table) in zip(axes[0], tables.items(), strict=True):
        dense = table.loc[table["variant"] == "dense", "f1_macro"].mean()
        axis.axhline(dense, color="black", lw=1, ls="--", label="dense")
        axis.axhline(published_f1, color="#555555", lw=1, ls=":", label="published F1")
        seen.append(dense)
        for label, colour, marker in zip(shown, LINE_COLOURS, LINE_MARKERS, strict=False):
            rows = table[table["variant"] == label]
            if rows.empty:
                continue
            rows = rows.groupby("target_sparsity")
            place, scores = rows["macs_fraction"].mean(), rows["f1_macro"]
            words = label.removesuffix(", MACs budget")
            low = scores.min().clip(lower=FLOOR)
            axis.vlines(place, low, scores.max(), color=colour, lw=2, alpha=0.35)
            axis.plot(place, scores.mean(), marker=marker, ms=5, color=colour, label=words)
            seen += [*low, *scores.max()]
        axis.set(xscale="log", xlabel="MACs left, share of dense", title=name)
        ticks = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
        axis.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.invert_xaxis()
    logit_scale(axes[0][0], seen)
    axes[0][0].set_ylabel("Macro-F1")
    named = {}
    for axis in axes[0]:
        handles, words = axis.get_legend_handles_labels()
        named |= dict(zip(words, handles, strict=True))
    figure.legend(named.values(), named.keys(), loc="outside right center")
    return figure


def agreement(scores: pd.DataFrame) -> Figure:
    """AOFP's damage against the oracle's rise in loss, one panel a layer, one colour a seed.

    scores: layer, seed, oracle, aofp, one row a filter.
    """
    layers = list(dict.fromkeys(scores["layer"]))
    figure, axes = plt.subplots(1, len(layers), figsize=(3.4 * len(layers), 3.4), squeeze=False)
    for axis, layer in zip(axes[0], layers, strict=True):
        rows = scores[scores["layer"] == layer]
        for number, (seed, of) in enumerate(rows.groupby("seed")):
            colour = METHOD_COLOURS[number % len(METHOD_COLOURS)]
            axis.plot(of["oracle"], of["aofp"], "o", ms=4, alpha=0.7, color=colour, label=seed)
        axis.set(title=layer, xlabel="Rise of cross-entropy (nat)")
        axis.set_xscale("symlog", linthresh=1e-3)
    axes[0][0].set_ylabel("Damage of what reads it")
    axes[0][-1].legend(title="seed")
    return figure
