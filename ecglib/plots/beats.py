"""Figures of the data: class counts, single beats, a strip of ECG."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ecglib.plots.style import CLASS_COLOURS, CLASS_NAMES


def class_counts(counts: pd.DataFrame) -> Figure:
    """Beats per class and part. counts: rows class, columns train, validation, test."""
    figure, axes = plt.subplots(figsize=(8, 3.5))
    tall = counts.rename_axis("class").reset_index().melt("class", var_name="part")
    sns.barplot(tall, x="class", y="value", hue="part", palette="cividis", ax=axes)
    for bars in axes.containers:
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7, padding=2)
    axes.set(yscale="log", xlabel="AAMI class", ylabel="Beats (log scale)")
    axes.grid(axis="x", visible=False)
    axes.legend(title=None, ncols=3)
    return figure


def beat_examples(windows_mv: Mapping[str, np.ndarray], fs_hz: int, r_index: int) -> Figure:
    """Some beats of each class. windows_mv: class -> (examples, length) in mV."""
    figure, axes = plt.subplots(1, len(windows_mv), figsize=(12, 3), sharey=True)
    for axis, (name, windows) in zip(axes, windows_mv.items(), strict=True):
        time_s = (np.arange(windows.shape[1]) - r_index) / fs_hz
        axis.plot(time_s, windows.T, color=CLASS_COLOURS[name], alpha=0.6, lw=1)
        axis.axvline(0, color="0.6", lw=0.8, ls=":")
        axis.set_title(f"{name}: {CLASS_NAMES[name]}", fontsize=8)
        axis.set_xlabel("Time from R peak (s)", fontsize=9)
    axes[0].set_ylabel("ECG (mV)")
    return figure


def ecg_strip(
    signal_mv: np.ndarray, fs_hz: int, start_s: float, sample: np.ndarray, label: list[str]
) -> Figure:
    """A strip of signal (samples,) that begins at start_s, with its annotated beats.

    sample: positions of the beats within the strip; label: their classes.
    """
    figure, axes = plt.subplots(figsize=(12, 3))
    axes.plot(start_s + np.arange(len(signal_mv)) / fs_hz, signal_mv, color="0.25", lw=0.8)
    top = signal_mv.max()
    for position, name in zip(sample, label, strict=True):
        time_s = start_s + position / fs_hz
        axes.plot(time_s, signal_mv[position], "o", ms=4, color=CLASS_COLOURS[name])
        axes.text(time_s, top * 1.08, name, color=CLASS_COLOURS[name], ha="center", weight="bold")
    axes.set(xlabel="Time (s)", ylabel="ECG (mV)", ylim=(None, top * 1.25))
    return figure
