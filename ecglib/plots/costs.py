"""Figures of what a network costs on a device."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter


def cost_by_layer(layers: pd.DataFrame) -> Figure:
    """MACs and weight bytes of each layer. layers: layer, network, macs_effective, weight_bytes."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
    for axis, column, label in (
        (axes[0], "macs_effective", "Effective MACs per beat"),
        (axes[1], "weight_bytes", "Weight storage, int8 with index (bytes)"),
    ):
        sns.barplot(layers, y="layer", x=column, hue="network", palette="cividis_r", ax=axis)
        axis.set(xlabel=label, ylabel="")
        axis.grid(axis="y", visible=False)
    axes[0].get_legend().remove()
    axes[1].legend(title=None)
    return figure


def storage(costs: pd.DataFrame) -> Figure:
    """Bytes of weights against sparsity for each encoding. costs: sparsity, encoding, bytes."""
    figure, axes = plt.subplots(figsize=(7.5, 4))
    sns.lineplot(
        costs,
        x="sparsity",
        y="bytes",
        hue="encoding",
        style="encoding",
        markers=True,
        dashes=False,
        errorbar=None,
        palette="colorblind",
        ax=axes,
    )
    axes.set(xlabel="Sparsity", ylabel="Weights and biases (bytes)", ylim=(0, None))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(title=None)
    return figure
