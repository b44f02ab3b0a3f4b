"""Figures of one network: learning, mistakes, where its weights went."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ecglib.plots.style import READING_LABELS


def learning_curves(history: pd.DataFrame) -> Figure:
    """Loss, accuracy and macro-F1 per epoch; the spread over seeds where there are several.

    history: epoch, train_loss, validation_loss, validation_accuracy, validation_f1_macro[, seed].
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
    spread = {"errorbar": ("pi", 100)}
    for column, colour, label in (
        ("train_loss", "#999999", "training, labels smoothed"),
        ("validation_loss", "#0072B2", "validation"),
    ):
        sns.lineplot(history, x="epoch", y=column, ax=left, color=colour, label=label, **spread)
    for column, colour in (("accuracy", "#000000"), ("f1_macro", "#0072B2")):
        sns.lineplot(
            history,
            x="epoch",
            y=f"validation_{column}",
            ax=right,
            color=colour,
            label=READING_LABELS[column],
            **spread,
        )
    left.set(yscale="log", xlabel="Epoch", ylabel="Cross-entropy (nat)")
    right.set(xlabel="Epoch", ylabel="Validation score", ylim=(None, 1))
    right.legend(loc="lower right")
    return figure


def confusion_matrices(matrices: Mapping[str, np.ndarray], classes: tuple[str, ...]) -> Figure:
    """Title -> (5, 5) counts; coloured by the fraction of the true class, annotated with counts."""
    figure, axes = plt.subplots(1, len(matrices), figsize=(4.8 * len(matrices), 3.8), squeeze=False)
    for axis, (title, matrix) in zip(axes[0], matrices.items(), strict=True):
        sns.heatmap(
            matrix / np.maximum(matrix.sum(1, keepdims=True), 1),
            annot=[[f"{count:,}" for count in row] for row in matrix],
            fmt="",
            annot_kws={"fontsize": 8},
            vmin=0,
            vmax=1,
            cmap="Blues",
            square=True,
            xticklabels=classes,
            yticklabels=classes,
            cbar_kws={"label": "Fraction of true class", "shrink": 0.8},
            ax=axis,
        )
        axis.set(title=title, xlabel="Predicted class", ylabel="True class")
    return figure


def per_class(scores: pd.DataFrame) -> Figure:
    """Dots of sensitivity and positive predictivity per class.

    scores: columns class, measure, value[, network].
    """
    figure, axes = plt.subplots(figsize=(7, 3.2))
    sns.pointplot(
        scores,
        x="class",
        y="value",
        hue="measure",
        linestyle="none",
        dodge=0.3,
        errorbar=("pi", 100),
        palette=["#0072B2", "#D55E00"],
        ax=axes,
    )
    axes.set(xlabel="AAMI class", ylabel="Fraction", ylim=(None, 1.005))
    axes.legend(title=None)
    return figure


def trajectory(history: pd.DataFrame) -> Figure:
    """A multistage run, epoch by epoch: validation macro-F1 above, the held sparsity below.

    history: epoch, validation_f1_macro, sparsity, over all stages.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 4.5), sharex=True, height_ratios=(2, 1))
    top.plot(history["epoch"], history["validation_f1_macro"], "o-", ms=3, color="#0072B2")
    bottom.step(history["epoch"], history["sparsity"], where="mid", color="#000000")
    for epoch in history.loc[history["sparsity"].diff() > 0, "epoch"]:
        for axis in (top, bottom):
            axis.axvline(epoch - 0.5, color="0.6", lw=0.8, ls=":")
    top.set(ylabel="Validation macro-F1")
    bottom.set(xlabel="Epochs after the dense network", ylabel="Sparsity", ylim=(0, 1))
    bottom.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def layer_sparsity(table: pd.DataFrame) -> Figure:
    """Sparsity of each layer. table: rows layer, columns the network's sparsity (fractions)."""
    figure, axes = plt.subplots(figsize=(1.5 + 0.9 * table.shape[1], 0.6 + 0.45 * len(table)))
    sns.heatmap(
        table,
        annot=True,
        fmt=".0%",
        vmin=0,
        vmax=1,
        cmap="Blues",
        cbar_kws={"format": PercentFormatter(1), "label": "Weights removed"},
        xticklabels=[f"{sparsity:.0%}" for sparsity in table.columns],
        ax=axes,
    )
    axes.set(xlabel="Sparsity of the network", ylabel="")
    axes.tick_params(axis="y", rotation=0)
    return figure
