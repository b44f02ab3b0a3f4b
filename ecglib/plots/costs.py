"""Figures of what a network costs on a device."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

# How a sparse int8 layer's weights are stored -> column of their bytes.
ENCODINGS = {
    "dense": "weight_bytes_int8",
    "CSR": "weight_bytes_int8_csr",
    "bitmap": "weight_bytes_int8_bitmap",
}


def cost_by_layer(layers: pd.DataFrame, shown: Mapping[str, str]) -> Figure:
    """Effective MACs, and bytes of weights in their smallest encoding, of each layer with weights.

    layers: run, layer, weights, macs_effective and the columns of ENCODINGS; shown: run -> words.
    """
    layers = layers[layers["run"].isin(shown) & (layers["weights"] > 0)]
    layers = layers.assign(
        network=layers["run"].map(shown),
        weight_bytes=layers[list(ENCODINGS.values())].min(axis=1),
    )
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
    """Bytes of weights against sparsity for each encoding.

    costs: target_sparsity and the columns of ENCODINGS, one row a network.
    """
    figure, axes = plt.subplots(figsize=(7.5, 4))
    names = {"target_sparsity": "sparsity"} | {of: name for name, of in ENCODINGS.items()}
    costs = costs.rename(columns=names)
    costs = costs.melt("sparsity", list(ENCODINGS), var_name="encoding", value_name="bytes")
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
