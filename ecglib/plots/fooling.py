"""Figures of what universal perturbations do: by bound, by lateness, by kind, and to others."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "osD^vP"
PANELS = {  # kind of data -> title, and what the rate is of
    "EEG": ("EEG, people never met", "Trials answered as the target, or fooled"),
    "heartbeats": ("Heartbeats, dense network", "Beats fooled"),
}
FAMILY_COLOURS = {
    "dense": "#000000",
    "in stages": "#0072B2",
    "AOFP": "#009E73",
    "small dense": "#E69F00",
    "defended": "#CC79A7",
}
FILLED = {32: "full", 8: "none"}  # markers of networks in so many bits
CRAFTED = {"natural mix": "in time", "any time": "for any time, at any time"}
ANY_TIME = "any\ntime"


def against_bound(table: pd.DataFrame) -> Figure:
    """Rates against xi, a panel a kind of data; table: `shown.by_bound`."""
    figure, axes = _panels(table)
    for axis, (_, of) in zip(axes, table.groupby("data", sort=False), strict=False):
        for what, line, look in _curves(of):
            _with_range(axis, line, "xi", look | {"label": what})
        bounds = sorted(of["xi"].unique())
        axis.set(xscale="log", xlabel="Bound xi (standard deviations of the input)")
        axis.set_xticks(bounds, [f"{bound:g}" for bound in bounds])
        axis.xaxis.set_minor_locator(NullLocator())
    return figure


def against_lateness(table: pd.DataFrame) -> Figure:
    """Rates against how late v comes, a panel a kind of data; table: `shown.by_lateness`.

    Steps are as wide for any delay; the last is any time, at random.
    """
    figure, axes = _panels(table)
    for axis, (_, of) in zip(axes, table.groupby("data", sort=False), strict=False):
        late = sorted(of["late_ms"].dropna().unique())
        place = of["late_ms"].map({ms: step for step, ms in enumerate(late)}).fillna(len(late))
        for what, line, look in _curves(of.assign(place=place)):
            _with_range(axis, line, "place", look | {"label": what})
        axis.set_xticks(range(len(late) + 1), [*(f"{ms:g}" for ms in late), ANY_TIME])
        axis.set(xlabel="Late by (ms)", xlim=(-0.4, len(late) + 0.4))
    return figure


def _panels(table: pd.DataFrame) -> tuple[Figure, Sequence[Axes]]:
    """A panel a kind of data, with room for a legend below each."""
    names = list(dict.fromkeys(table["data"]))
    figure, axes = plt.subplots(
        1, max(len(names), 1), figsize=(6 * max(len(names), 1), 4.6), squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=False):
        axis.set(ylim=(-0.02, 1.02), ylabel=PANELS[name][1], title=PANELS[name][0])
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure, axes[0]


def _curves(of: pd.DataFrame):
    for n, (what, line) in enumerate(of.groupby("what", sort=False)):
        yield what, line, {"color": COLOURS[n % 6], "marker": MARKERS[n % 6]}


def _with_range(axis: Axes, line: pd.DataFrame, by: str, look: Mapping) -> None:
    """The mean of the seeds, with a bar from the least to the most."""
    rate = line.groupby(by)["rate"].agg(["mean", "min", "max"])
    reach = [rate["mean"] - rate["min"], rate["max"] - rate["mean"]]
    axis.errorbar(rate.index, rate["mean"], reach, capsize=3, lw=1.5, ms=6, **look)
    axis.legend(fontsize="small")


def kinds(table: pd.DataFrame) -> Figure:
    """Fooling rate of each kind of network in its own attacks: a dot a seed, a bar the mean.

    table: `shown.by_seed`. A panel a craft; full dots are floats, rings 8 bits.
    """
    crafts, labels = (list(dict.fromkeys(table[name])) for name in ("craft", "label"))
    figure, axes = plt.subplots(
        1, max(len(crafts), 1), figsize=(12, 0.45 * len(labels) + 1.8), sharey=True, squeeze=False
    )
    for axis, craft in zip(axes[0], crafts, strict=False):
        for (label, family, bits), of in table[table["craft"].eq(craft)].groupby(
            ["label", "family", "bits"], sort=False
        ):
            place = labels.index(label) + (-0.16 if bits == 32 else 0.16)
            look = {"color": FAMILY_COLOURS[family], "fillstyle": FILLED[bits]}
            axis.plot(of["fooling_rate"], [place] * len(of), "o", ms=6, alpha=0.7, **look)
            mean = of["fooling_rate"].mean()
            axis.plot([mean, mean], [place - 0.16, place + 0.16], color="#000000", lw=2.5)
        axis.set_title(f"Crafted {CRAFTED[craft]}")
        axis.set_xlabel("Beats fooled")
        axis.set_xlim(left=0)
        axis.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:.3g}%")
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].invert_yaxis()
    for bits, style in FILLED.items():
        axes[0, -1].plot([], [], "o", color="#000000", fillstyle=style, label=f"{bits} bits")
    axes[0, -1].plot([], [], color="#000000", lw=2.5, label="mean of the seeds")
    figure.legend(loc="outside upper right", ncols=3)
    return figure


def transfers(matrices: Mapping[str, pd.DataFrame]) -> Figure:
    """A matrix a panel, the rate in each cell; matrices: `shown.transfers`.

    Bright is the largest of a panel.
    """
    sizes = [len(matrix) for matrix in matrices.values()] or [1]
    figure, axes = plt.subplots(
        1,
        len(sizes),
        figsize=(2.4 * len(sizes) + 0.45 * sum(sizes), 2.4 + 0.45 * max(sizes)),
        width_ratios=[size + 4 for size in sizes],
        squeeze=False,
    )
    for axis, (title, matrix) in zip(axes[0], matrices.items(), strict=False):
        largest = np.nanmax(matrix)
        axis.imshow(matrix, cmap="cividis", vmin=0, vmax=largest)
        for row, column in np.ndindex(matrix.shape):
            rate = matrix.iat[row, column]
            text = "" if np.isnan(rate) else f"{100 * rate:.{int(rate < 0.1)}f}"
            colour = "black" if rate > largest / 2 else "white"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize="small")
        axis.set_xticks(
            range(len(matrix)), matrix.columns, rotation=45, ha="right", fontsize="small"
        )
        axis.set_yticks(range(len(matrix)), matrix.index, fontsize="small")
        axis.set(
            title=title.replace(": ", ":\n") + " (%)",
            xlabel="Who answers",
            ylabel="Whose perturbation",
        )
        axis.grid(visible=False)
    return figure
