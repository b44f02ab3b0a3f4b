"""Figures of the stream: what each stage costs, seconds with their beats, scores in noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ecglib.plots.style import CLASS_COLOURS

COLOURS = (
    *("#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#F0E442", "#882255", "#999999"),
    "#0072B2",
)
GOAL = "#000000"
LINES = {
    "QRS_sensitivity": ("QRS sensitivity", "#000000", "s-"),
    "QRS_predictivity": ("QRS predictivity", "#999999", "v--"),
    "f1_VEB": ("VEB F1", CLASS_COLOURS["V"], "o-"),
    "f1_SVEB": ("SVEB F1", CLASS_COLOURS["S"], "^-"),
}


def stages(table: pd.DataFrame, order: Sequence[str], goal_uw: float) -> Figure:
    """Microwatts of each stage, a bar a network, at the upper end of the band.

    table: network (words), stage, uw_high. order: the stages as they follow each other. A line
    stands at the goal.
    """
    names = list(dict.fromkeys(table["network"]))
    figure, axis = plt.subplots(figsize=(9, 0.7 * len(names) + 1.9))
    place, left = np.arange(len(names))[::-1], np.zeros(len(names))
    for n, stage in enumerate(order):
        of = table[table["stage"] == stage].set_index("network")["uw_high"]
        width = of.reindex(names).fillna(0).to_numpy()
        axis.barh(place, width, 0.6, left=left, color=COLOURS[n % len(COLOURS)], label=stage, lw=0)
        left = left + width
    for at, end in zip(place, left, strict=True):
        axis.text(end, at, f"{end:.0f} ", va="center", ha="right", color="white", weight="bold")
    axis.axvline(goal_uw, color=GOAL, lw=1.2, ls="--")
    axis.set_yticks(place, names)
    axis.set(xlabel="Microwatts at 70 beats a minute, upper end of the band; dashed: the goal")
    axis.set_xlim(0, 1.08 * left.max())
    axis.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=4, fontsize="small")
    return figure


def strip(
    times_s: np.ndarray,
    signal: np.ndarray,
    told: Mapping[float, tuple[float, str]],
    annotated: Sequence[tuple[float, str]],
) -> Figure:
    """Raw samples, with what was annotated above and what the stream told, and when, below.

    told: time of the R peak -> time at which it was told, and the class.
    """
    figure, axis = plt.subplots(figsize=(10, 3.6))
    axis.plot(times_s, signal, color="#444444", lw=0.9)
    low, high = signal.min(), signal.max()
    room = 0.14 * (high - low)
    for time_s, label in annotated:
        axis.text(time_s, high + 0.4 * room, label, ha="center", color=CLASS_COLOURS[label])
    for n, (time_s, (known_s, label)) in enumerate(told.items()):
        colour, height = CLASS_COLOURS[label], low - (1.7 + 0.5 * (n % 3)) * room
        axis.text(time_s, low - 1.2 * room, label, ha="center", color=colour)
        axis.plot([time_s, known_s], [height] * 2, color=colour, lw=1.2)
        axis.plot(known_s, height, ">", color=colour, ms=5)
    axis.set(xlabel="Seconds", ylabel="Units of the converter", xlim=(times_s[0], times_s[-1]))
    axis.set_ylim(low - 3.2 * room, high + 1.4 * room)
    return figure


def noise(table: pd.DataFrame, clean: pd.Series) -> Figure:
    """Scores in percent against the signal-to-noise ratio, dotted without noise.

    table: snr_db and the columns of LINES; clean: those of the records as they are.
    """
    figure, axis = plt.subplots(figsize=(7.5, 4.2))
    for name, (label, colour, look) in LINES.items():
        axis.plot(table["snr_db"], 100 * table[name], look, color=colour, label=label)
        axis.axhline(100 * clean[name], color=colour, lw=0.8, ls=":")
    axis.set(xlabel="Signal to noise (dB); dotted: no noise", ylabel="Percent", ylim=(0, 102))
    axis.set_xticks(sorted(table["snr_db"]))
    axis.invert_xaxis()
    figure.legend(loc="outside right upper", fontsize="small")
    return figure
