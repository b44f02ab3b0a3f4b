"""The style that every figure shares: palette, words, theme, and how a figure is written."""

from pathlib import Path

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ecglib import paths

# Okabe & Ito's palette, told apart by colour-blind readers too.
METHOD_COLOURS = {
    "dense": "#000000",
    "multistage": "#0072B2",
    "one_shot": "#D55E00",
    "no_finetune": "#999999",
}
METHOD_MARKERS = {"dense": "s", "multistage": "o", "one_shot": "^", "no_finetune": "v"}
METHOD_LABELS = {
    "dense": "dense",
    "multistage": "multistage",
    "one_shot": "one-shot, equal epochs",
    "no_finetune": "one-shot, no fine-tuning",
}
CLASS_COLOURS = {"N": "#0072B2", "S": "#E69F00", "V": "#D55E00", "F": "#009E73", "Q": "#CC79A7"}
CLASS_NAMES = {
    "N": "normal, bundle branch block",
    "S": "supraventricular ectopic (SVEB)",
    "V": "ventricular ectopic (VEB)",
    "F": "fusion",
    "Q": "paced, unclassifiable",
}
READING_LABELS = {"f1_macro": "Macro-F1", "accuracy": "Accuracy"}

sns.set_theme(
    style="ticks",
    context="notebook",
    rc={
        "figure.dpi": 100,
        "savefig.dpi": 150,
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e5e5e5",
        "legend.frameon": False,
        "axes.titlesize": "medium",
        "axes.titlelocation": "left",
    },
)


def logit_scale(axis: Axes, scores: list[float]) -> None:
    """Stretch the scores near 1, where the methods differ, without hiding those that fall."""
    axis.set_yscale("logit")
    low, high = max(0.05, 1 - 1.3 * (1 - min(scores))), 1 - 0.8 * (1 - max(scores))
    ticks = (0.2, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995)
    axis.set_yticks([tick for tick in ticks if low < tick < high])
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_ylim(low, high)


def save(figure: Figure, name: str) -> Path:
    """Write a figure of the report to reports/figures/NAME.png, whole or not at all."""
    path = paths.FIGURES / f"{name}.png"
    with paths.atomic(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})
    return path
