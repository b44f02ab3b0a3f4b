"""Figures of networks on the emulated microcontroller: cycles, and the memory that they need."""

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullLocator

from ecglib.plots.rankings import LINE_COLOURS, LINE_MARKERS
from ecglib.plots.style import logit_scale

PUBLISHED_COLOUR = "#555555"
FLOOR = 0.7  # macro-F1 below which a network leaves the page
FEW_CYCLES = 200  # a layer that never takes more is not shown


def score_against_cycles(table: pd.DataFrame, published_f1: float) -> Figure:
    """Macro-F1 in 8 bits against cycles of an inference, means of seeds, one panel a model.

    table: one row a network, with series (at most seven beside dense), model, target_sparsity,
    cycles_p2 and f1_macro_int8. The bars are the seeds' range.
    """
    models = list(dict.fromkeys(table["model"]))
    names = [name for name in dict.fromkeys(table["series"]) if name != "dense"]
    if len(names) > len(LINE_COLOURS):
        raise ValueError(f"{len(names)} series are too many to be told apart: {', '.join(names)}")
    looks = {"dense": ("black", "X")} | dict(
        zip(names, zip(LINE_COLOURS, LINE_MARKERS, strict=False), strict=False)
    )
    figure, axes = plt.subplots(
        1, len(models), figsize=(6.5 * len(models), 4.6), sharey=True, squeeze=False
    )
    shown = table["f1_macro_int8"].clip(lower=FLOOR)
    for axis, model in zip(axes[0], models, strict=True):
        for name, (colour, marker) in looks.items():
            rows = table[(table["model"] == model) & (table["series"] == name)]
            at = rows.groupby("target_sparsity")[["cycles_p2", "f1_macro_int8"]]
            middle, low, high = at.mean(), at.min(), at.max()
            place = middle["cycles_p2"]
            ends = (low["f1_macro_int8"].clip(lower=FLOOR), high["f1_macro_int8"])
            axis.vlines(place, *ends, color=colour, lw=2, alpha=0.35)
            axis.plot(place, middle["f1_macro_int8"], marker=marker, color=colour, label=name)
        axis.axhline(published_f1, color=PUBLISHED_COLOUR, lw=1.2, ls="--", label="published F1")
        axis.set(xscale="log", xlabel="Estimated Cortex-M4 cycles per beat", title=model)
        _engineering(axis, table.loc[table["model"] == model, "cycles_p2"])
    logit_scale(axes[0][0], [*shown, published_f1])
    axes[0][0].set_ylabel("Macro-F1, 8 bits")
    handles, words = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside right center")
    return figure


def _engineering(axis: plt.Axes, cycles: pd.Series) -> None:
    """Ticks 1-2-3-5 of a decade within the values, written as 200 k or 1 M."""
    low, high = 0.85 * cycles.min(), 1.18 * cycles.max()
    ticks = [m * 10**e for e in range(3, 9) for m in (1, 2, 3, 5)]
    axis.set_xlim(low, high)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticks([tick for tick in ticks if low < tick < high])
    axis.xaxis.set_major_formatter(EngFormatter())


def cycles_by_layer(
    functions: pd.DataFrame, shown: Mapping[str, str], layers: Sequence[str]
) -> Figure:
    """Cycles of each layer that has any to speak of.

    functions: run, function, cycles; shown: run -> words; layers: their names in order.
    """
    rows = functions[functions["run"].isin(shown)]
    rows = rows.assign(
        network=rows["run"].map(shown), layer=rows["function"].str.removeprefix("layer_")
    )
    rows = rows[rows.groupby("layer")["cycles"].transform("max") > FEW_CYCLES]
    place = {name.replace(".", "_"): number for number, name in enumerate(["normalise", *layers])}
    layers = rows.sort_values("layer", key=lambda layer: layer.map(place), kind="stable")
    figure, axes = plt.subplots(figsize=(8.5, 4.6))
    sns.barplot(layers, y="layer", x="cycles", hue="network", palette="cividis_r", ax=axes)
    axes.set(xlabel="Estimated Cortex-M4 cycles per beat", ylabel="")
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.grid(axis="y", visible=False)
    axes.legend(title=None)
    return figure


def layouts(saved: pd.DataFrame, beside: pd.DataFrame) -> Figure:
    """Cycles against flash and RAM, a row of panels a model: for speed and for little memory.

    saved: rows of `devices.savings`; beside: rows of `peers.beside`, of which the dense networks in
    others' code are shown.
    """
    models = list(dict.fromkeys(saved["model"]))
    figure, axes = plt.subplots(len(models), 2, figsize=(11, 4.2 * len(models)), squeeze=False)
    for row, model in zip(axes, models, strict=True):
        own = saved[saved["model"] == model]
        dense = beside[(beside["model"] == model) & (beside["target_sparsity"] == 0)]
        peers = dense[dense["code"].str.startswith("CMSIS-NN")]
        for axis, words, column, of_peer in (
            (row[0], "Flash (KiB)", "flash_total_bytes", "flash_bytes"),
            (row[1], "RAM (KiB)", "ram_bytes", "ram_bytes"),
        ):
            _both_layouts(axis, own, column)
            axis.plot(
                peers[of_peer] / 1024,
                peers["cycles"],
                ls="",
                marker="X",
                color="black",
                ms=8,
                label="dense in CMSIS-NN",
            )
            axis.set(xlabel=words, yscale="log", title=model)
            axis.set_xlim(left=0)
            axis.yaxis.set_major_formatter(EngFormatter())
            axis.yaxis.set_minor_locator(NullLocator())
        row[0].set_ylabel("Estimated Cortex-M4 cycles per beat")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _both_layouts(axis: plt.Axes, saved: pd.DataFrame, column: str) -> None:
    """A line for each network from its layout for speed to that for little memory."""
    for words, rows, colour in (
        ("pruned", saved[saved["target_sparsity"] > 0], "#0072B2"),
        ("dense", saved[saved["target_sparsity"] == 0], "#D55E00"),
    ):
        fast, small = rows[column] / 1024, rows[f"{column}_small"] / 1024
        ends = [fast, small], [rows["cycles_p2"], rows["cycles_p2_small"]]
        axis.plot(*ends, color=colour, lw=1, alpha=0.5)
        for at, cycles, face, aim in (
            (fast, rows["cycles_p2"], colour, "speed"),
            (small, rows["cycles_p2_small"], "white", "little memory"),
        ):
            axis.plot(
                at, cycles, ls="", marker="o", color=colour, mfc=face, label=f"{words}, for {aim}"
            )


def memory(saved: pd.DataFrame, flash_bytes: int, ram_bytes: int) -> Figure:
    """Flash and RAM of networks, rows of `devices.savings`; lines: the limits."""
    target = saved["target_sparsity"].map(lambda target: f", {target:.0%}" if target else "")
    table = pd.DataFrame(
        {
            "network": saved["model"] + ", " + saved["series"] + target,
            "weights": saved["flash_weight_bytes"],
            "code": saved["flash_total_bytes"] - saved["flash_weight_bytes"],
            "ram": saved["ram_bytes"],
        }
    )
    figure, axes = plt.subplots(1, 2, figsize=(16, 0.42 * len(table) + 1.8), sharey=True)
    place = range(len(table))
    axes[0].barh(place, table["weights"] / 1024, color="#0072B2", label="weights and tables")
    axes[0].barh(
        place, table["code"] / 1024, left=table["weights"] / 1024, color="#56B4E9", label="code"
    )
    axes[1].barh(place, table["ram"] / 1024, color="#009E73", label="data and stack")
    for axis, limit, words in ((axes[0], flash_bytes, "Flash"), (axes[1], ram_bytes, "RAM")):
        axis.axvline(limit / 1024, color="black", ls="--", lw=1, label=f"{limit / 1024:.0f} KiB")
        axis.set(xlabel=f"{words} (KiB)")
        axis.grid(axis="y", visible=False)
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.7 / len(table)), ncols=3)
        axis.margins(y=0.01)
    axes[0].set_yticks(place, table["network"])
    axes[0].invert_yaxis()
    return figure
