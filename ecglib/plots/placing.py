"""Figures of a wearable that sends or runs: break-even, maps, energies in parts, scores."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from ecglib.plots.offloading import COLOURS, MARKERS

LINE = "#000000"
TICKS = (20, 50, 100, 200, 500, 1000, 2000)  # microjoules
PARTS = {"radio": "#D55E00", "finding": "#999999", "computing": "#0072B2"}
PART_WORDS = {
    "radio": "the radio",
    "finding": "finding the R peak",
    "computing": "the network",
}
PLACES = {  # of a map
    "send the window": "#E69F00",
    "a cut in between": "#CC79A7",
    "on the wearable": "#0072B2",
    "the band does not tell": "#dddddd",
    "nobody in time": "#555555",
}


def break_even(table: pd.DataFrame, radios: dict[str, float]) -> Figure:
    """From what cost of a byte on each network belongs on the wearable: a bar a network.

    table: network, low, high, radio_core (a mark: by the core of the radio's chip), microjoules a
    byte, cheapest first. radios: a line each.
    """
    figure, axis = plt.subplots(figsize=(9, 0.24 * len(table) + 1.6))
    place = np.arange(len(table))[::-1]
    axis.barh(place, table["high"] - table["low"], left=table["low"], color=COLOURS[0], height=0.6)
    axis.plot(
        *(table["radio_core"], place, "o"),
        **{
            "ms": 4,
            "mfc": "white",
            "color": COLOURS[0],
            "label": "by the core of the radio's chip",
        },
    )
    axis.legend(fontsize="x-small", loc="upper right")
    top = len(table) - 0.2
    for n, (name, cost) in enumerate(radios.items()):
        axis.axvline(cost, color=COLOURS[1 + n], lw=1.4, ls="--")
        axis.text(
            cost,
            top,
            f" {name}",
            rotation=30,
            fontsize="x-small",
            va="bottom",
            color=COLOURS[1 + n],
        )
    axis.set_yticks(place, table["network"], fontsize="x-small")
    axis.set(xscale="log", xlabel="Break-even (microjoules a byte)")
    axis.set_ylim(-0.7, len(table) - 0.3)
    return figure


def maps(tables: dict[str, pd.DataFrame], radios: dict[str, float]) -> Figure:
    """The cheapest placement in time by cost of a byte and deadline, a panel a network.

    tables: by network: uj_per_byte, deadline_ms, placement (of PLACES), a full grid.
    """
    figure, axes = plt.subplots(
        1, len(tables), figsize=(3.5 * len(tables), 4.2), sharey=True, squeeze=False
    )
    names, seen = list(PLACES), set()
    for axis, (network, table) in zip(axes[0], tables.items(), strict=True):
        codes = table.assign(code=table["placement"].map(names.index))
        grid = codes.pivot(index="deadline_ms", columns="uj_per_byte", values="code")
        seen |= set(table["placement"])
        axis.pcolormesh(
            grid.columns,
            grid.index,
            grid,
            cmap=ListedColormap(list(PLACES.values())),
            vmin=-0.5,
            vmax=len(names) - 0.5,
            shading="nearest",
            rasterized=True,
        )
        for cost in radios.values():
            axis.axvline(cost, color=LINE, lw=0.9, ls="--")
        axis.set(xscale="log", yscale="log", xlabel="Microjoules a byte")
        axis.set_title(network, fontsize="small")
        axis.grid(visible=False)
    axes[0, 0].set_ylabel("Deadline (ms)")
    handles = [Patch(color=PLACES[name], label=name) for name in names if name in seen]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize="small")
    return figure


def parts(table: pd.DataFrame) -> Figure:
    """Microjoules a beat of each placement, in parts: a panel a network, low and high ends.

    table: network, placement, radio, finding_low, finding_high, computing_low, computing_high.
    """
    networks = list(dict.fromkeys(table["network"]))
    figure, axes = plt.subplots(
        1, len(networks), figsize=(3.4 * len(networks) + 1.5, 4.2), sharey=True, squeeze=False
    )
    for axis, network in zip(axes[0], networks, strict=True):
        of = table[table["network"] == network].iloc[::-1]
        for end, shift in (("high", 0.2), ("low", -0.2)):
            left = np.zeros(len(of))
            for name, colour in PARTS.items():
                width = of[name if name == "radio" else f"{name}_{end}"].to_numpy()
                axis.barh(
                    np.arange(len(of)) - shift,
                    width,
                    0.36,
                    left=left,
                    color=colour,
                    alpha=1.0 if end == "high" else 0.55,
                    lw=0,
                )
                left = left + width
        axis.set_yticks(range(len(of)), of["placement"], fontsize="small")
        axis.set_xlabel("Microjoules a beat")
        axis.set_title(network, fontsize="small")
    handles = [Patch(color=colour, label=PART_WORDS[name]) for name, colour in PARTS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")
    return figure


def scores(table: pd.DataFrame) -> Figure:
    """Macro-F1 against microjoules a beat, a panel a model; table: network, model, placement (a
    kind), energy_uj_low, energy_uj_high, f1_macro.
    """
    models, kinds = (list(dict.fromkeys(table[name])) for name in ("model", "placement"))
    figure, axes = plt.subplots(1, len(models), figsize=(4.4 * len(models), 4.2), squeeze=False)
    for axis, model in zip(axes[0], models, strict=True):
        for n, kind in enumerate(kinds):
            of = table[table["model"].eq(model) & table["placement"].eq(kind)]
            axis.hlines(
                100 * of["f1_macro"],
                of["energy_uj_low"],
                of["energy_uj_high"],
                color=COLOURS[n],
                lw=1,
                alpha=0.5,
            )
            axis.plot(
                of[["energy_uj_low", "energy_uj_high"]].mean(axis=1),
                100 * of["f1_macro"],
                MARKERS[n],
                color=COLOURS[n],
                ms=5,
                label=kind,
                alpha=0.8,
            )
        axis.set(xscale="log", xlabel="Microjoules a beat", title=model)
        axis.xaxis.set_minor_locator(NullLocator())
        ticks = [t for t in TICKS if axis.get_xlim()[0] <= t <= axis.get_xlim()[1]]
        axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes[0, 0].set_ylabel("Macro-F1 (%)")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(kinds), fontsize="small")
    return figure
