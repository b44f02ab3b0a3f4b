"""The study's answers as tables, all from the rows of the runs (see `runs`)."""

import numpy as np
import pandas as pd

from ecglib.apnea import scores
from ecglib.apnea.networks import PUBLISHED
from ecglib.apnea.published import REPORTED
from ecglib.apnea.scores import COUNTS, KEY
from ecglib.systems import intervals

SCORES = ["accuracy", "sensitivity", "specificity", "balanced_accuracy", "f1"]
COSTS = ["macs_effective", "weight_bytes"]
APART, OWN = "subjects apart", "own first half"


def results(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of results.csv: each kind of run, its folds and nights together.

    Costs are means over the folds.
    """
    costs = rows.groupby(KEY, sort=False)[COSTS].mean().round().astype(int).reset_index()
    return scores.pooled(rows).merge(costs, on=KEY)[[*KEY, *SCORES, *COSTS]]


def claims(rows: pd.DataFrame) -> pd.DataFrame:
    """What was reported beside what needs no ECG, a placebo, and real apnea.

    Columns: what, windows (how they were split), apnea_windows (that test), and SCORES of all
    seeds, folds and nights together; of the published rows only accuracy and sensitivity are known.
    """
    known = rows[rows["method"].isin(["dense", "no ECG"])]
    table = scores.pooled(known, ["data", "protocol", "network"])
    tested = known.groupby(["data", "protocol", "network"], sort=False)[["fn", "tp"]].sum()
    table["apnea_windows"] = tested.sum(axis=1).to_numpy()
    reported = [
        {"what": f"published, {method}", "windows": "random seconds"}
        | {"accuracy": accuracy, "sensitivity": sensitivity}
        for method, (accuracy, sensitivity) in REPORTED.items()
    ]
    words = {"placebo": "labels at random places", "apnea-ecg": "real apnea"}
    ours = [
        {"what": _what(row, words), "windows": row["protocol"]}
        | row[["apnea_windows", *SCORES]].to_dict()
        for _, row in table.iterrows()
    ]
    return pd.DataFrame(reported + ours)


def _what(row: pd.Series, words: dict[str, str]) -> str:
    if row["network"] in ("label copier", "all normal"):
        return f"{row['network']}, no ECG"
    return f"{words.get(row['data'], row['data'])}, {row['network']}"


def shrunk(rows: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Every network made of the published one: SCORES, COSTS, and what it loses to the dense.

    `difference` in balanced accuracy, with `low` and `high`, the ends of its 95 % interval:
    bootstrap over subjects, the same subjects for both. multistage rows have the same against
    one-shot as `to_one_shot`, `to_one_shot_low` and `to_one_shot_high`.
    """
    of = rows[rows["protocol"].eq(APART) & rows["network"].eq(PUBLISHED)]
    by = ["method", "target_sparsity"]
    table = scores.pooled(of, by).merge(of.groupby(by)[COSTS].mean().reset_index(), on=by)
    counts = {key: _by_subject(part) for key, part in of.groupby(by, sort=False)}
    weights = intervals.times_drawn(len(of["subject"].unique()), draws)
    found = []
    for method, target in table[by].itertuples(index=False):
        row = _difference(counts[method, target], counts["dense", 0.0], weights)
        names = ["difference", "low", "high"]
        found.append(dict(zip(names, row, strict=True)))
        if method == "multistage":
            row = _difference(counts[method, target], counts["one_shot", target], weights)
            names = ["to_one_shot", "to_one_shot_low", "to_one_shot_high"]
            found[-1] |= dict(zip(names, row, strict=True))
    return pd.concat([table, pd.DataFrame(found)], axis=1)


def networks(rows: pd.DataFrame, draws: int) -> pd.DataFrame:
    """The dense networks on people apart: SCORES, COSTS, macs_streamed, AUROC, difference in F1.

    auroc: median over the nights with both classes. f1_difference to the published network, with
    f1_low and f1_high as in `shrunk`.
    """
    of = rows[rows["protocol"].eq(APART) & rows["method"].eq("dense")]
    table = scores.pooled(of, ["network"]).set_index("network")
    table = table.join(of.groupby("network")[[*COSTS, "macs_streamed"]].mean())
    table = table.join(of.groupby("network")["auroc"].median())
    counts = {name: _by_subject(part) for name, part in of.groupby("network")}
    weights = intervals.times_drawn(len(of["subject"].unique()), draws)
    for name in table.index:
        found = _difference(counts[name], counts[PUBLISHED], weights, "f1")
        table.loc[name, ["f1_difference", "f1_low", "f1_high"]] = found
    return table.reset_index()


def agreement(rows: pd.DataFrame) -> pd.DataFrame:
    """Bland and Altman: apnea minutes an hour of each night, found less labelled, by network.

    Columns: network, nights, bias (mean of the differences), low and high (bias -+ 1.96 standard
    deviations), a night each. Bland and Altman, Lancet 327:307-310, 1986.
    """
    of = rows[rows["protocol"].eq(APART) & rows["method"].eq("dense")]
    found = []
    for network, nights in of.groupby("network", sort=False):
        difference = nights["found_per_hour"] - nights["apnea_per_hour"]
        bias, spread = difference.mean(), difference.std()
        limits = {"bias": bias, "low": bias - 1.96 * spread, "high": bias + 1.96 * spread}
        found.append({"network": network, "nights": len(nights)} | limits)
    return pd.DataFrame(found)


def own_nights(rows: pd.DataFrame) -> pd.DataFrame:
    """Each night that a network was fitted to: protocol, night, subject, before, after, gain.

    In balanced accuracy on the minutes that test; the greatest loss first.
    """
    of = rows[rows["method"].isin(["of others", "fitted"])]
    by = ["protocol", "night", "subject"]
    table = scores.of_counts(of).join(of[[*by, "method"]])
    wide = table.pivot(index=by, columns="method", values="balanced_accuracy")
    wide = wide.rename(columns={"of others": "before", "fitted": "after"}).reset_index()
    wide["gain"] = wide["after"] - wide["before"]
    return wide[[*by, "before", "after", "gain"]].sort_values(["protocol", "gain"])


def own_gain(nights: pd.DataFrame, draws: int) -> pd.DataFrame:
    """The mean gain of a table of `own_nights`, with low and high (95 %) over subjects.

    Columns: protocol, nights, losers, gain, low, high.
    """
    found = []
    for protocol, of in nights.groupby("protocol", sort=False):
        by_subject = of.groupby("subject")["gain"].agg(["sum", "count"]).to_numpy()
        sums = intervals.times_drawn(len(by_subject), draws) @ by_subject
        gain, low, high = intervals.with_ends(sums[:, 0] / sums[:, 1])
        row = {"protocol": protocol, "nights": len(of), "losers": int((of["gain"] < 0).sum())}
        found.append(row | {"gain": gain, "low": low, "high": high})
    return pd.DataFrame(found)


def _by_subject(rows: pd.DataFrame) -> np.ndarray:
    """(subjects, 4) counts, subjects in the order of their names."""
    return rows.groupby("subject", sort=True)[COUNTS].sum().to_numpy()


def _difference(
    a: np.ndarray, b: np.ndarray, weights: np.ndarray, score: str = "balanced_accuracy"
) -> tuple[float, float, float]:
    """Score of a less that of b, and the ends of its interval."""
    return intervals.with_ends(_score(weights @ a, score) - _score(weights @ b, score))


def _score(counts: np.ndarray, score: str) -> np.ndarray:
    return scores.of_counts(pd.DataFrame(counts, columns=COUNTS))[score].to_numpy()
