"""What happened within the fits of kept cells, as rows for the figures."""

import pandas as pd

from ecglib import models
from ecglib.frontier.cells import Kept
from ecglib.frontier.methods import METHODS, Cell
from ecglib.pruning.masks import prunable

Found = dict[Cell, Kept]
# Each has another way there; that of the surgeon's variants is the surgeon's.
WAYS = ("obs", "free", "gradient_40", "granet")


def of_run(found: Found, model: str, target: float, seed: int) -> Found:
    """The cells of one model, target and seed, of each method of `WAYS`."""
    wanted = [Cell(model, method, target, seed) for method in WAYS]
    return {cell: found[cell] for cell in wanted if cell in found}


def epochs(found: Found) -> pd.DataFrame:
    """Rows label, epoch, validation_f1_macro."""
    rows = [
        {
            "label": METHODS[cell.method].label,
            "epoch": row["epoch"],
            "validation_f1_macro": row["validation_f1_macro"],
        }
        for cell, kept in found.items()
        for row in kept.history
    ]
    return pd.DataFrame(rows, columns=["label", "epoch", "validation_f1_macro"])


def events(found: Found) -> pd.DataFrame:
    """Rows label, epoch, sparsity: one for each time that masks changed."""
    rows = [
        {"label": METHODS[cell.method].label} | {name: row[name] for name in ("epoch", "sparsity")}
        for cell, kept in found.items()
        for row in kept.events
    ]
    return pd.DataFrame(rows, columns=["label", "epoch", "sparsity"])


def moves(cell: Cell, kept: Kept) -> pd.DataFrame:
    """Rows sparsity, layer, moved, left (a fraction), saliency_share of the surgeon's events."""
    sizes = {name: weight.numel() for name, weight in prunable(models.build(cell.model)).items()}
    rows = [
        {
            **{"sparsity": row["sparsity"], "layer": layer, "moved": of["move"]},
            "left": of["left"] / sizes[f"{layer}.weight"],
            "saliency_share": of["saliency_share"],
        }
        for row in kept.events
        for layer, of in row.get("layers", {}).items()
    ]
    return pd.DataFrame(rows, columns=["sparsity", "layer", "moved", "left", "saliency_share"])
