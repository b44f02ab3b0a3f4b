"""What the kept cells say: scores by method and sparsity, and each rival against one method."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.frontier import cells
from ecglib.frontier.cells import CellError, Kept
from ecglib.frontier.methods import METHODS, Cell
from ecglib.report import resampling
from ecglib.report.answering import f1_without_fusion
from ecglib.settings.registry import MODELS
from ecglib.settings.words import CLASSES
from ecglib.training import ectopic, metrics

AGAINST = "obs"  # the method that all others are compared with
# The same surgeon otherwise: no rivals of it.
VARIANTS = ("obs_uncompensated", "obs_lamp", "obs_pairs", "obs_macs", "obs_after_filters")
IN_MACS = ("obs_macs",)  # their targets are fractions of the MACs: they are compared with nobody
ROW = ("model", "method", "label", "target_sparsity", "seed", "epochs", "sparsity", "weights")
ROW += ("macs", "macs_fraction", "f1_macro_validation", "confusion")
SCORES = {"f1_macro": metrics.f1_macro} | ectopic.READINGS
DRAWN = {"f1_macro": metrics.f1_macro, "without_f": f1_without_fusion}
MEANS = (*SCORES, "f1_macro_validation", "macs_fraction", "epochs")
BY_METHOD = ("model", "method", "label", "target_sparsity", "seeds", *MEANS)
BY_METHOD += ("f1_macro_least", "f1_macro_most", "f1_macro_low", "f1_macro_high")
BY_METHOD += ("difference", "low", "high", "paired", "verdict")
BY_METHOD += ("without_f", "without_f_low", "without_f_high")


def collect() -> tuple[dict[Cell, Kept], list[Cell]]:
    """What is kept of the finished cells, in the grid's order, and the cells that are not finished.

    Raises:
        CellError: a file is damaged, or one that no cell asks for; named.
    """
    if odd := next(cells.strays(), None):
        raise CellError(f"no cell of params.yaml asks for {odd}: delete it")
    grid = cells.grid()
    done = [cell for cell in grid if cells.finished(cell)]
    return {cell: cells.load(cell) for cell in done}, [cell for cell in grid if cell not in done]


def table(found: dict[Cell, Kept]) -> pd.DataFrame:
    """One row for each cell of `collect`, as `by_method` takes it, with its SCORES on test beats.

    macs_fraction: MACs of a beat over those of the dense network of a model of the study; of other
    models, which are dense themselves, nothing.
    """
    rows = [
        {
            **{"model": cell.model, "method": cell.method, "label": METHODS[cell.method].label},
            **{"target_sparsity": cell.target, "seed": cell.seed, "epochs": kept.epochs},
            **{"sparsity": kept.sparsity, "weights": kept.weights, "macs": kept.macs},
            "macs_fraction": kept.macs / _dense_macs(cell.model),
            "f1_macro_validation": kept.validation["f1_macro"],
            "confusion": kept.confusion,
        }
        for cell, kept in found.items()
    ]
    known = pd.DataFrame(rows, columns=list(ROW))
    pooled = stack(list(known["confusion"])).sum(1)
    return known.assign(**{name: score(pooled) for name, score in SCORES.items()})


@cache
def _dense_macs(model: str) -> float:
    if model not in MODELS:
        return float("nan")
    network = models.build(model).eval()
    return total_costs(network, network.input_shape)["macs"]


def stack(confusions: Sequence[dict]) -> np.ndarray:
    """Record -> "NS" (true N, called S) -> beats, of each network -> (networks, records, 5, 5)."""
    names = sorted(set().union(*confusions))
    found = np.zeros((len(confusions), len(names), len(CLASSES), len(CLASSES)), np.int64)
    for matrix, confusion in zip(found, confusions, strict=True):
        for name, counts in confusion.items():
            for (true, called), beats in counts.items():
                matrix[names.index(name), CLASSES.index(true), CLASSES.index(called)] = beats
    return found


def by_method(of: pd.DataFrame, draws: int) -> pd.DataFrame:
    """One row for each model, method and target: means over seeds, ends, and the difference.

    of: rows of `table`. f1_macro_least and _most: of the seeds. f1_macro_low and _high: 95 % over
    seeds and records. difference, low, high: macro-F1 of `AGAINST` less this one's, paired over the
    seeds that both have; verdict: see `resampling.verdict_of`; of its own row nothing. without_f,
    without_f_low and _high: the same of the other four classes, see `answering.f1_without_fusion`.
    """
    rows = []
    for (model, target), at in of.groupby(["model", "target_sparsity"], sort=False):
        parts = dict(tuple(at.groupby("method", sort=False)))
        for method, part in parts.items():
            row = {"model": model, "method": method, "label": part["label"].iloc[0]}
            row |= {"target_sparsity": target, "seeds": len(part)} | dict(part[list(MEANS)].mean())
            row |= {"f1_macro_least": part["f1_macro"].min()}
            row |= {"f1_macro_most": part["f1_macro"].max()}
            row |= _interval(part, draws)
            if method not in (AGAINST, *IN_MACS) and AGAINST in parts:
                row |= _difference(parts[AGAINST], part, draws)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(BY_METHOD))


def _drawn(parts: Sequence[pd.DataFrame], draws: int) -> dict[str, np.ndarray]:
    """Reading -> (draws, parts): the mean of the drawn seeds, of each part on the same draws."""
    confusions = [confusion for part in parts for confusion in part["confusion"]]
    matrices = stack(confusions).reshape(len(parts), len(parts[0]), -1, len(CLASSES), len(CLASSES))
    return resampling.replicates(matrices, DRAWN, draws)


def _interval(part: pd.DataFrame, draws: int) -> dict[str, float]:
    low, high = resampling.bounds(_drawn([part], draws)["f1_macro"][:, 0])
    return {"f1_macro_low": float(low), "f1_macro_high": float(high)}


def _difference(of: pd.DataFrame, less: pd.DataFrame, draws: int) -> dict[str, float | str]:
    seeds = sorted(set(of["seed"]) & set(less["seed"]))
    both = [part.set_index("seed").loc[seeds].reset_index() for part in (of, less)]
    drawn, pooled = _drawn(both, draws), [stack(list(part["confusion"])).sum(1) for part in both]
    found = {}
    for name, reading in DRAWN.items():
        low, high = resampling.bounds(drawn[name][:, 0] - drawn[name][:, 1])
        own, other = (float(reading(matrices).mean()) for matrices in pooled)
        found[name] = own - other, float(low), float(high)
    difference, low, high = found["f1_macro"]
    return {
        **{"difference": difference, "low": low, "high": high, "paired": len(seeds)},
        **{"verdict": resampling.verdict_of(low, high)},
        **resampling.ends("without_f", found["without_f"]),
    }
