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

    labels: list[str]
    mean: dict[str, np.ndarray]  # score -> (variants,)
    drawn: dict[str, np.ndarray]  # score -> (draws, variants)
    missing: dict[str, list[int]]  # label -> seeds that it lacks, and why it is not in `labels`

    def interval(self, score: str, label: str) -> tuple[float, float, float]:
        """A variant's mean score with its 95 % interval: mean, low, high."""
        at = self.labels.index(label)
        low, high = resampling.bounds(self.drawn[score][:, at])
        return float(self.mean[score][at]), float(low), float(high)

    def difference(self, score: str, label: str, rival: str) -> tuple[float, float, float]:
        """Label minus rival with the paired 95 % interval: difference, low, high."""
        a, b = self.labels.index(label), self.labels.index(rival)
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
    return Sample(list(there.rows), mean, drawn, there.missing)


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
    there = variants.at_target(table, target, budget)
    if reference not in there.rows:
        raise ValueError(f"the reference {reference!r} lacks seeds at {target:g}: run them first")
    found = sample(table, confusions, target, draws, budget=budget)
    rows = []
    for label, at in there.rows.items():
        row = {"variant": label, "family": table.loc[at[0], "family"], "seeds": len(at)}
        row |= {"missing_seeds": ""} | table.loc[at, DESCRIBED].mean().to_dict()
        for score in SCORES:
            ends = (found.interval(score, label), found.difference(score, label, reference))
            for name, values in zip((score, f"{score}_difference"), ends, strict=True):
                row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
        rows.append(row)
    rows.sort(key=lambda row: -row["f1_macro"])
    rows += [_incomplete(table, *item) for item in there.missing.items()]
    return pd.DataFrame(rows)


def _incomplete(table: pd.DataFrame, label: str, missing: list[int]) -> dict:
    return {
        "variant": label,
        "family": table.loc[table["variant"] == label, "family"].iloc[0],
        "seeds": table["seed"].nunique() - len(missing),
        "missing_seeds": ", ".join(map(str, missing)),
    }


def pooled(networks: pd.DataFrame, confusions: np.ndarray, label: str, target: float) -> np.ndarray:
    """The confusion matrix of a variant at a target sparsity, all seeds and records, (5, 5)."""
    there = variants.at_target(variants.prepared(networks, confusions), target)
    return confusions[there.rows[label]].sum((0, 1))
