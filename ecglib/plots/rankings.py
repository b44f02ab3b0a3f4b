"""Figures of the sweep: many variants side by side, on the budgets of weights and of MACs.

Differences are drawn in percentage points, stretched near 0, where most variants lie.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.scale import SymmetricalLogScale
from matplotlib.ticker import FuncFormatter, NullLocator

from ecglib.plots.style import METHOD_COLOURS

FAMILY_COLOURS = {
    "dense": METHOD_COLOURS["dense"],
    "one-shot": METHOD_COLOURS["one_shot"],
    "multistage": METHOD_COLOURS["multistage"],
    "other schedules": "#56B4E9",
    "other criteria or allocations": "#009E73",
    "rewound": "#CC79A7",
    "layer by layer": "#E69F00",
    "tools": "#777777",
    "filters": "#F0E442",
}
# Okabe & Ito's, in the order in which lines are given; black is dense.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777")
LINE_MARKERS = "o^sDvP*"
COLUMNS = ["f1_macro_difference", "f1_macro_difference_low", "f1_macro_difference_high"]


def ranking(table: pd.DataFrame, reference: str) -> Figure:
    """Dots with 95 % intervals: macro-F1 of each variant less the reference's, by family.

    table: `ranking.ranking` at one target. Beside each: effective MACs as a share of dense, and,
    where it is not the target, the sparsity reached. Variants that lack seeds are named below.
    """
    whole = table[(table["missing_seeds"] == "") & (table["variant"] != reference)]
    whole = whole.sort_values("f1_macro", ascending=False)
    families = list(dict.fromkeys(whole["family"]))
    height = 0.235 * (len(whole) + len(families)) + 1.3
    figure, axes = plt.subplots(figsize=(9, height))
    place, ticks = 0, {}
    for family in families:
        axes.text(
            -0.02,
            place,
            family,
            weight="bold",
            fontsize=9,
            ha="right",
            va="center",
            transform=axes.get_yaxis_transform(),
        )
        for _, row in whole[whole["family"] == family].iterrows():
            place += 1
            _dot(axes, row, place, FAMILY_COLOURS[family])
            ticks[place] = _named(row)
        place += 1
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=8.5)
    axes.set_ylim(place, -0.6)
    axes.axvline(0, color="black", lw=1)
    if "multistage" in set(whole["variant"]):
        here, colour = 100 * whole.set_index("variant").loc["multistage", COLUMNS[0]], "#0072B2"
        axes.axvline(here, color=colour, lw=1, ls="--", alpha=0.6)
        axes.text(here, -0.5, "multistage ", fontsize=8, ha="right", va="top", color=colour)
    axes.axvline(-1, color="0.4", lw=1, ls=":")
    axes.text(-1, place - 0.05, " 1 point lost", va="bottom", fontsize=8, color="0.4")
    points_scale(axes, "x", 100 * whole[COLUMNS].to_numpy())
    axes.set_xlabel(f"Macro-F1 - {reference} (percentage points, 95 % interval)")
    axes.text(1.01, -0.1, "MACs left", fontsize=8, transform=axes.get_yaxis_transform())
    if len(lacking := table[table["missing_seeds"] != ""]):
        figure.supxlabel(
            "Seeds are missing: " + "; ".join(lacking["variant"]), fontsize=8, wrap=True
        )
    return figure


def _dot(axes: plt.Axes, row: pd.Series, place: float, colour: str) -> None:
    middle, low, high = 100 * row[COLUMNS].to_numpy(float)
    axes.plot([low, high], [place, place], color=colour, lw=1.6, solid_capstyle="round")
    axes.plot(middle, place, "o", color=colour, ms=5)
    axes.text(
        1.01,
        place,
        f"{row['macs_fraction']:.0%}",
        fontsize=8,
        va="center",
        transform=axes.get_yaxis_transform(),
    )


def _named(row: pd.Series) -> str:
    """The variant, and the sparsity that it reached where that is not its target."""
    missed = row["sparsity"] > 0 and abs(row["sparsity"] - row["target_sparsity"]) > 0.005
    return row["variant"] + (f" [{row['sparsity']:.0%} removed]" if missed else "")


def points_scale(axes: plt.Axes, which: str, points: np.ndarray) -> None:
    """Percentage points on axis x or y, linear within 1 of 0 and logarithmic beyond."""
    low, high = min(np.nanmin(points), 0), max(np.nanmax(points), 0)
    low, high = 1.15 * low - 0.1, 1.15 * high + 0.1
    ticks = (-80, -40, -20, -10, -5, -2, -1, -0.5, 0, 0.5, 1, 2, 5, 10, 20, 40, 80)
    axes.set(**{f"{which}scale": SymmetricalLogScale(None, linthresh=1, linscale=0.7)})
    axes.set(**{f"{which}lim": (low, high)})
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks([tick for tick in ticks if low <= tick <= high])
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+g}" if x else "0"))
    axis.set_minor_locator(NullLocator())


def gaps_to_rivals(answers: pd.DataFrame, rivals: Sequence[str]) -> Figure:
    """Multistage less each rival, macro-F1 against sparsity: where multistage matters.

    answers: `answering.answers`; rivals: labels of at most seven variants.
    """
    rows = answers[(answers["a"] == "multistage") & answers["b"].isin(rivals)]
    rows = rows.dropna(subset="target_sparsity")  # those that were run
    rivals = [rival for rival in rivals if rival in set(rows["b"])]
    targets = sorted(rows["target_sparsity"].unique())
    figure, axes = plt.subplots(figsize=(10, 4.6))
    for n, rival in enumerate(rivals):
        at = rows[rows["b"] == rival].set_index("target_sparsity").reindex(targets)
        place = np.arange(len(targets)) + 0.1 * (n - (len(rivals) - 1) / 2)
        bars(axes, place, at[["difference", "low", "high"]], n, LINE_COLOURS[n], rival)
    axes.axhline(0, color="black", lw=1)
    axes.set_xticks(range(len(targets)), [f"{target:.0%}" for target in targets])
    points_scale(axes, "y", 100 * rows[["difference", "low", "high"]].to_numpy(float))
    axes.set(xlabel="Sparsity", ylabel="Macro-F1, multistage - rival\n(percentage points)")
    figure.legend(title="rival", loc="outside right upper", fontsize=9)
    return figure


def bars(
    axis: plt.Axes, place: np.ndarray, rows: pd.DataFrame, n: int, colour: str, label: str
) -> None:
    """The n-th series of points with intervals; rows: middle, low, high, as fractions."""
    middle, low, high = 100 * rows.to_numpy(float).T
    reach = np.clip([middle - low, high - middle], 0, None)  # percentiles may leave the mean out
    style = {"fmt": LINE_MARKERS[n], "color": colour, "ms": 5, "capsize": 2, "label": label}
    axis.errorbar(place, middle, reach, **style)
