"""From the results of all runs to the report's tables: differences, intervals, the published claim.

The results table has one row per run (see `runs.Run`); scores are fractions.
"""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ecglib.report import resampling
from ecglib.results import runs
from ecglib.results.runs import Key, RunError
from ecglib.results.tables import DIGITS
from ecglib.settings.sections import Published
from ecglib.training import metrics

# Each reading of the abstract's "accuracy" and "F1", which it does not define. The second averages
# over classes before it takes F1: the mean one-vs-rest F1 itself is the macro-F1 of the first.
READINGS = {
    "top-1, macro": ("accuracy", "f1_macro"),
    "averaged over classes": ("accuracy_ovr", "f1_ovr"),
    "N against the rest": ("accuracy_binary", "f1_binary"),
}
SCORES = tuple(name for pair in READINGS.values() for name in pair)


def confusion_stack(keys: Iterable[Key]) -> np.ndarray:
    """The stored predictions of runs that share a test set's records -> (runs, records, 5, 5)."""
    records, stack = None, []
    for key in keys:
        predictions = runs.load_predictions(key, into="study")
        names = np.unique(predictions["record"])
        if records is not None and not np.array_equal(names, records):
            raise RunError(f"{key.name} was tested on other records than the runs before it")
        records = names
        stack.append(metrics.confusion_by_record(**predictions))
    return np.stack(stack)


def differences(
    results: pd.DataFrame, rival: str, targets: Sequence[float], draws: int
) -> pd.DataFrame:
    """Multistage minus a rival (`one_shot` or `dense`), per target sparsity and reading.

    Columns: target_sparsity, score, multistage, the rival's name, difference, low, high; the last
    two are the 95 % interval of the paired bootstrap over seeds and records.
    """
    seeds = sorted(results["seed"].unique())
    pairs = [(target, method) for target in targets for method in ("multistage", rival)]
    keys = [_only(results, method, target, seed) for target, method in pairs for seed in seeds]
    stack = confusion_stack(keys)
    stack = stack.reshape(len(pairs), len(seeds), *stack.shape[1:])
    readings = {score: metrics.READINGS[score] for score in SCORES}
    replicates = resampling.replicates(stack, readings, draws)
    found = []
    for score, reading in readings.items():
        ours, theirs = reading(stack.sum(-3)).mean(-1).reshape(-1, 2).T
        drawn = replicates[score].reshape(draws, -1, 2)
        low, high = resampling.bounds(drawn[..., 0] - drawn[..., 1])
        row = {"target_sparsity": targets, "score": score, "multistage": ours, rival: theirs}
        found.append(pd.DataFrame(row | {"difference": ours - theirs, "low": low, "high": high}))
    return pd.concat(found, ignore_index=True)


def _only(results: pd.DataFrame, method: str, target: float, seed: int) -> Key:
    target = 0.0 if method == "dense" else target
    rows = results.query("method == @method and target_sparsity == @target and seed == @seed")
    if len(rows) != 1:
        raise RunError(f"{len(rows)} {method} runs at {target:g} with seed {seed}; 1 is needed")
    return Key(*rows.iloc[0][list(Key._fields)])


def means(results: pd.DataFrame) -> pd.DataFrame:
    """Scores and costs averaged over seeds, one row per method and target sparsity."""
    columns = ["epochs", *SCORES, "params_nonzero", "macs", "macs_effective"]
    return results.groupby(["method", "target_sparsity"], sort=True)[columns].mean()


def highest_holding(results: pd.DataFrame, published: Published) -> pd.DataFrame:
    """Per method and reading, the highest sparsity at which the published scores still hold.

    Both accuracy and F1, averaged over seeds, must be at or above the published ones there and at
    every lower sparsity; 0 means that not even a pruned network of the lowest one holds them. Only
    sparsities at which both methods were measured count, so that neither has the finer grid.
    """
    table = means(results)
    shared = table.loc["multistage"].index.intersection(table.loc["one_shot"].index)
    rows = []
    for method, reading in itertools.product(("multistage", "one_shot"), READINGS):
        path = table.loc[method].loc[shared, list(READINGS[reading])]
        holds = (path >= [published.accuracy, published.f1]).all(axis="columns")
        rows.append((method, reading, max(shared[holds.cummin()], default=0.0)))
    return pd.DataFrame(rows, columns=["method", "reading", "sparsity"])


def against_published(
    results: pd.DataFrame, gaps: pd.DataFrame, published: Published
) -> pd.DataFrame:
    """The published claim beside this study's networks at the same sparsity, per reading.

    Columns: reading, measure, published, dense, one_shot, multistage, difference, low, high,
    published_difference.
    """
    dense = means(results).loc["dense"].iloc[0]
    at = gaps[gaps["target_sparsity"] == published.sparsity].set_index("score")
    columns, rows = ["one_shot", "multistage", "difference", "low", "high"], []
    for reading, pair in READINGS.items():
        for measure, score in zip(("accuracy", "F1"), pair, strict=True):
            claim, gain = (getattr(published, measure.lower() + of) for of in ("", "_gain"))
            row = {"reading": reading, "measure": measure, "published": claim}
            row |= {"dense": dense[score]} | at.loc[score, columns].to_dict()
            rows.append(row | {"published_difference": gain})
    return pd.DataFrame(rows)


def summary(results: pd.DataFrame, holding: pd.DataFrame) -> dict:
    """The nested numbers that `dvc metrics` compares from commit to commit."""
    table = means(results)[["accuracy", "f1_macro", "macs_effective"]].round(DIGITS)
    scores = {}
    for (method, target), row in table.iterrows():
        scores.setdefault(method, {})[f"{target:g}"] = row.to_dict()
    held = holding[holding["reading"] == next(iter(READINGS))]
    held = held.set_index("method")["sparsity"].to_dict()
    return scores | {"highest_sparsity_holding_published": held}
