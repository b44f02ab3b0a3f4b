"""Many variants against each other at one sparsity: means, ranking, paired intervals.

`networks` and `confusions` are described in `variants`. Scores and sparsities are fractions.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecglib.report import resampling, variants
from ecglib.training import metrics

SCORES = {"accuracy": metrics.accuracy, "f1_macro": metrics.f1_macro}
DESCRIBED = ["target_sparsity", "sparsity", "macs_fraction", "epochs", "f1_macro_validation"]


@dataclass(frozen=True)
class Sample:
    """Variants at one target: means over seeds and bootstrap replicates, on shared draws."""

    rows: dict[str, list[int]]  # label -> its rows of the table, one per seed
    missing: dict[str, list[int]]  # label of who is not in `rows` -> seeds that it lacks
    mean: dict[str, np.ndarray]  # score -> (variants,)
    drawn: dict[str, np.ndarray]  # score -> (draws, variants)

    def interval(self, score: str, label: str) -> tuple[float, float, float]:
        """A variant's mean score with its 95 % interval: mean, low, high."""
        at = list(self.rows).index(label)
        low, high = resampling.bounds(self.drawn[score][:, at])
        return float(self.mean[score][at]), float(low), float(high)

    def difference(self, score: str, label: str, rival: str) -> tuple[float, float, float]:
        """Label minus rival with the paired 95 % interval: difference, low, high."""
        a, b = (list(self.rows).index(of) for of in (label, rival))
        low, high = resampling.bounds(self.drawn[score][:, a] - self.drawn[score][:, b])
        return float(self.mean[score][a] - self.mean[score][b]), float(low), float(high)


def sample(
    table: pd.DataFrame,
    confusions: np.ndarray,
    target: float,
    draws: int,
    *,
    budget: str = "weights",
    readings: dict[str, resampling.Reading] = SCORES,
) -> Sample:
    """Every variant with the full set of seeds at a target. table: see `variants.prepared`."""
    there = variants.at_target(table, target, budget)
    stack = confusions[list(there.rows.values())]
    mean = {name: reading(stack.sum(-3)).mean(-1) for name, reading in readings.items()}
    drawn = resampling.replicates(stack, readings, draws)
    return Sample(*there, mean, drawn)


def ranking(
    networks: pd.DataFrame,
    confusions: np.ndarray,
    target: float,
    reference: str,
    draws: int,
    *,
    budget: str = "weights",
) -> pd.DataFrame:
    """Every variant at a target sparsity, the best macro-F1 first, against one of them.

    Columns: variant, family, seeds, missing_seeds, the means over seeds of target_sparsity,
    sparsity (reached), macs_fraction, epochs and f1_macro_validation; and for accuracy and
    f1_macro: the mean NAME, NAME_low, NAME_high (95 %, bootstrap over seeds and records),
    NAME_difference, NAME_difference_low, NAME_difference_high (to the reference, paired).
    Variants that lack a seed come last, without scores, with the seeds that are missing.

    Raises:
        ValueError: the reference, a label such as `dense`, lacks a seed at this target.
    """
    table = variants.prepared(networks, confusions)
    if reference not in variants.at_target(table, target, budget).rows:
        raise ValueError(f"the reference {reference!r} lacks seeds at {target:g}: run them first")
    found, rows = sample(table, confusions, target, draws, budget=budget), []
    for label, at in found.rows.items():
        row = {"variant": label, "family": table.loc[at[0], "family"], "seeds": len(at)}
        row |= {"missing_seeds": ""} | table.loc[at, DESCRIBED].mean().to_dict()
        for score in SCORES:
            row |= resampling.ends(score, found.interval(score, label))
            gap = found.difference(score, label, reference)
            row |= resampling.ends(f"{score}_difference", gap)
        rows.append(row)
    rows.sort(key=lambda row: -row["f1_macro"])
    for label, lacking in found.missing.items():
        family = table.loc[table["variant"] == label, "family"].iloc[0]
        row = {"variant": label, "family": family, "seeds": table["seed"].nunique() - len(lacking)}
        rows.append(row | {"missing_seeds": ", ".join(map(str, lacking))})
    return pd.DataFrame(rows)
