"""Figures of denoising: a strip, error against noise, spectra, patients, and the pruned network.

What finds the clean lead, a network or a rival, is a `finder` in every table, by the words that
the legend shows; the order of its rows is the order of the legend.
"""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ecglib.plots.style import METHOD_COLOURS, METHOD_LABELS, METHOD_MARKERS

CLEAN, BEAT, RAW = "#000000", "#bbbbbb", "#777777"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
MARKERS = "os^DvP"
LINES = ("-", "--", ":")  # the second and third half dozen are told apart by these
OTHERS = (("#009E73", "D"), ("#CC79A7", "P"), ("#E69F00", "X"), ("#56B4E9", "<"))
NAMES = (((5, 3), "left"), ((-5, 3), "right"), ((5, -9), "left"))  # where a dot's name stands
MEASURES = {  # of the tables -> what an axis says
    "mse": "Mean squared error (1: silence)",
    "correlation": "Correlation in a window",
    "snr_gain_db": "Gain in SNR (dB)",
    "r_f1": "F1 of R peaks within 150 ms",
    "r_error_ms": "Error of R peaks (ms)",
    "hr_mae_bpm": "Error of heart rate (beats a minute)",
}
PERCENT = ("r_f1",)
APART_DB = 0.12  # of one finder's mark to the next, so that intervals can be seen


def strip(
    channels: np.ndarray,
    found: Mapping[str, np.ndarray],
    reference: np.ndarray,
    found_peaks: Mapping[str, np.ndarray],
    beats: np.ndarray,
    fs_hz: float,
) -> Figure:
    """The channels below each other, what each finder makes of them over the clean lead, and that.

    channels: (channels, samples), shown in standard deviations, since their gain is unknown. found:
    by finder (samples,), as reference (samples,) in standard deviations of the clean lead.
    found_peaks: by finder, the places of R peaks in these samples, a triangle each. beats: those of
    the annotated beats, a line through all rows each: a triangle off a line is a false peak, a line
    without one is a missed beat.
    """
    rows = len(channels) + len(found) + 1
    figure, axes = plt.subplots(rows, figsize=(12, 1.15 * rows + 0.6), sharex=True)
    time_s = np.arange(len(reference)) / fs_hz
    names = [*(f"channel {n + 1}" for n in range(len(channels))), *found, "clean lead"]
    for axis, name in zip(axes, names, strict=True):
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
        axis.vlines(
            np.asarray(beats) / fs_hz, 0, 1, BEAT, lw=1, transform=axis.get_xaxis_transform()
        )
        axis.grid(visible=False)
    for axis, channel in zip(axes, channels, strict=False):
        axis.plot(time_s, channel / (np.std(channel) or 1), color=RAW, lw=0.8)
    for n, (axis, name) in enumerate(zip(axes[len(channels) :], found, strict=False)):
        colour, both = _look(n)["color"], np.stack([reference, found[name]])
        axis.plot(time_s, reference, color=CLEAN, lw=0.7, alpha=0.6)
        axis.plot(time_s, found[name], color=colour, lw=1.3)
        place = np.asarray(found_peaks[name]) / fs_hz
        above = np.full(len(place), both.max() + 0.15 * np.ptp(both))
        axis.plot(place, above, "v", color=colour, ms=6, clip_on=False)
    axes[-1].plot(time_s, reference, color=CLEAN, lw=1)
    axes[-1].set(xlabel="Time (s)", xlim=(0, len(reference) / fs_hz))
    words = "In standard deviations; grey lines: annotated beats, triangles: R peaks found"
    figure.suptitle(words, fontsize="medium")
    return figure


def against_snr(
    table: pd.DataFrame, lines: Mapping[str, Mapping[str, float]] | None = None
) -> Figure:
    """A panel a measure: every finder's value and its interval at each SNR.

    table: finder, snr_db, measure (of MEASURES), value, low, high. lines: by measure, what is drawn
    across a panel and what it is called, such as the detector's score on the clean lead.
    """
    measures, finders = (list(dict.fromkeys(table[name])) for name in ("measure", "finder"))
    width = 5.2 * len(measures) + 2.6
    figure, axes = plt.subplots(1, len(measures), figsize=(width, 4.8), squeeze=False)
    for axis, measure in zip(axes[0], measures, strict=True):
        of = table[table["measure"] == measure]
        for n, finder in enumerate(finders):
            line = of[of["finder"] == finder].sort_values("snr_db")
            reach = [line["value"] - line["low"], line["high"] - line["value"]]
            place = line["snr_db"] + APART_DB * (n - (len(finders) - 1) / 2)
            axis.errorbar(place, line["value"], reach, capsize=2, label=finder, **_look(n))
        for name, value in (lines or {}).get(measure, {}).items():
            axis.axhline(value, color=CLEAN, lw=1, ls=(0, (1, 2)))
            where = axis.get_yaxis_transform()
            axis.text(0.01, value, name, va="bottom", fontsize="small", transform=where)
        axis.set(xlabel="SNR of the channels (dB)", ylabel=MEASURES[measure])
        axis.set_xticks(sorted(of["snr_db"].unique()))
        if measure in PERCENT:
            axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside right center", fontsize="small")
    return figure


def _look(n: int) -> dict:
    """Of the n-th finder; the first is what the figure is about."""
    weight = {"lw": 1.3, "ms": 5, "zorder": 3} if n else {"lw": 2.6, "ms": 7, "zorder": 4}
    drawn = {"color": COLOURS[n % 6], "marker": MARKERS[n % 6], "ls": LINES[n // 6 % 3]}
    return drawn | weight


def spectra(densities: Mapping[str, tuple[np.ndarray, np.ndarray]], errors: pd.DataFrame) -> Figure:
    """Power at each frequency, of the clean lead first; and what each finder has wrong by band.

    densities: by name, frequencies in hertz and power density, in the clean lead's variance a
    hertz. errors: finder, band, error (share of its power in the band less the clean lead's), a row
    for each record or one for all: the bar is the mean.
    """
    figure, axes = plt.subplots(1, 2, figsize=(13, 4.6))
    for n, (name, (frequency, power)) in enumerate(densities.items()):
        look = {"color": CLEAN, "lw": 2.2} if n == 0 else _look(n - 1) | {"marker": "", "lw": 1.4}
        shown = (frequency >= 0.5) & (frequency <= 40)
        axes[0].semilogy(frequency[shown], power[shown], label=name, **look)
    axes[0].set(xlabel="Frequency (Hz)", ylabel="Power density (variance / Hz)", xlim=(0, 40))
    axes[0].set_ylim(bottom=axes[0].get_ylim()[1] / 1e5)
    axes[0].legend(fontsize="small")
    mean = errors.groupby(["finder", "band"], sort=False)["error"].mean().unstack("band")
    mean = mean.loc[list(dict.fromkeys(errors["finder"])), list(dict.fromkeys(errors["band"]))]
    wide = 0.8 / len(mean)
    for n, (finder, row) in enumerate(mean.iterrows()):
        place = np.arange(len(row)) + wide * (n - (len(mean) - 1) / 2)
        axes[1].bar(place, 100 * row, wide, color=_look(n)["color"], label=finder, lw=0)
    axes[1].set_xticks(range(mean.shape[1]), mean.columns)
    axes[1].axhline(0, color=CLEAN, lw=1)
    axes[1].set(xlabel="Band", ylabel="Share of power, found - clean (points)")
    axes[1].legend(fontsize="small")
    return figure


def patients(table: pd.DataFrame, across: str, up: str, measure: str = "mse") -> Figure:
    """One finder against another, a dot a record, a panel an SNR; the three worst have their names.

    table: record, snr_db, finder, and the measure's column; one row each, or one a seed: dots are
    means. Above the diagonal `up` has the larger value.
    """
    mean = table.groupby(["snr_db", "record", "finder"])[measure].mean().unstack("finder")
    levels = list(mean.index.unique("snr_db"))
    figure, axes = plt.subplots(
        1, len(levels), figsize=(4.6 * len(levels), 4.6), sharex=True, sharey=True, squeeze=False
    )
    high = 1.06 * mean[[across, up]].to_numpy().max()
    for axis, snr_db in zip(axes[0], levels, strict=True):
        of = mean.loc[snr_db]
        axis.plot([0, high], [0, high], color=BEAT, lw=1.2, zorder=0)
        axis.scatter(of[across], of[up], s=34, color=COLOURS[0], alpha=0.8, lw=0)
        for record, (to, side) in zip(of[up].nlargest(3).index, NAMES, strict=False):
            at = (of.loc[record, across], of.loc[record, up])
            axis.annotate(
                str(record), at, to, textcoords="offset points", ha=side, fontsize="small"
            )
        below = int((of[up] < of[across]).sum())
        axis.set(title=f"{snr_db:g} dB: below the line in {below} of {len(of)}", aspect="equal")
        axis.set(xlim=(0, high), ylim=(0, high), xlabel=across)
    axes[0, 0].set_ylabel(up)
    figure.suptitle(f"{MEASURES[measure]}, a dot a record", fontsize="medium")
    return figure


def pruning(table: pd.DataFrame, margin: float) -> Figure:
    """Error against the share of weights removed, by method; a panel an SNR, a dot a seed.

    table: method, target_sparsity, seed, snr_db, mse; the rows of `dense` give the line, and the
    grey band above it, `margin` high, is what counts as no loss.
    """
    levels = sorted(table["snr_db"].unique())
    figure, axes = plt.subplots(1, len(levels), figsize=(5.6 * len(levels), 4.4), squeeze=False)
    methods = [method for method in dict.fromkeys(table["method"]) if method != "dense"]
    known = {name: (METHOD_COLOURS[name], METHOD_MARKERS[name]) for name in METHOD_COLOURS}
    new = [method for method in methods if method not in known]
    looks = known | dict(zip(new, cycle(OTHERS), strict=False))
    for axis, snr_db in zip(axes[0], levels, strict=True):
        at = table[table["snr_db"] == snr_db]
        dense = at.loc[at["method"] == "dense", "mse"].mean()
        axis.axhspan(dense, dense + margin, color=BEAT, alpha=0.4, lw=0)
        axis.axhline(dense, color=CLEAN, lw=1.2, ls=":", label=f"dense, and {margin:g} above")
        for method in methods:
            of, (colour, marker) = at[at["method"] == method], looks[method]
            axis.plot(of["target_sparsity"], of["mse"], marker, color=colour, alpha=0.35, ms=4)
            mean = of.groupby("target_sparsity")["mse"].mean()
            label = METHOD_LABELS.get(method, method)
            axis.plot(mean.index, mean, marker=marker, color=colour, lw=1.8, label=label)
        axis.set(title=f"{snr_db:g} dB", xlabel="Sparsity (weights removed)")
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].set_ylabel(MEASURES["mse"])
    axes[0, 0].legend(fontsize="small")
    return figure
