"""A figure of what the schedule of stages is worth: their number, path, learning rate and order."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ecglib.plots.rankings import COLUMNS, bars, points_scale

PANELS = {
    "Number of stages": {
        "multistage, 2 stages": "2",
        "multistage, 4 stages": "4",
        "multistage": "8",
    },
    "Path of the sparsity": {
        "multistage": "by hand",
        "multistage, linear": "linear",
        "multistage, cubic (AGP)": "cubic",
        "multistage, geometric": "geometric",
    },
    "Learning rate": {
        "multistage": "restarts",
        "multistage, one learning-rate cycle": "one cycle",
        "one-shot, learning-rate restarts": "restarts,\none-shot",
    },
    "Layer by layer": {
        "layer by layer, convolutions first": "convolutions\nfirst",
        "layer by layer, by sensitivity": "by\nsensitivity",
    },
}


def schedule_ablation(
    table: pd.DataFrame, panels: Mapping[str, Mapping[str, str]] = PANELS
) -> Figure:
    """Macro-F1 over one-shot's for kinds of schedule, one colour per sparsity.

    table: `ranking.ranking` against one-shot at a few targets, one below the other, all rows with
    the column `target`; panels: title -> {label: tick text}.
    """
    widths = [len(labels) + 0.7 for labels in panels.values()]
    figure, axes = plt.subplots(
        1, len(panels), figsize=(12, 4.2), sharey=True, width_ratios=widths, squeeze=False
    )
    targets = sorted(table["target"].unique())
    colours = plt.get_cmap("viridis_r")(np.linspace(0.15, 0.95, len(targets)))
    for axis, (title, labels) in zip(axes[0], panels.items(), strict=True):
        for n, (target, colour) in enumerate(zip(targets, colours, strict=True)):
            rows = table[table["target"] == target].set_index("variant")
            rows = rows.reindex(labels)[COLUMNS]
            place = np.arange(len(labels)) + 0.15 * (n - (len(targets) - 1) / 2)
            bars(axis, place, rows, n, colour, f"{target:.0%} sparsity")
        axis.axhline(0, color="black", lw=1)
        axis.set_xticks(range(len(labels)), list(labels.values()), fontsize=9)
        axis.set(title=title, xlim=(-0.6, len(labels) - 0.4))
    shown = table[table["variant"].isin([label for p in panels.values() for label in p])]
    points_scale(axes[0][0], "y", 100 * shown[COLUMNS].to_numpy(float))
    axes[0][0].set_ylabel("Macro-F1 - one-shot\n(percentage points, 95 % interval)")
    place = axes[0][0].get_yaxis_transform()
    axes[0][0].text(0.01, 0, "one-shot", fontsize=8, va="bottom", transform=place)
    handles, words = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside right upper", fontsize=9)
    figure.supxlabel("Schedule", fontsize=11)
    return figure
