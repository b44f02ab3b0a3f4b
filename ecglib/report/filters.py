"""What is known of networks that lost whole filters, as tables: scores, widths, searches, costs.

`networks` are rows of the sweep's table of one split and model, with the column `filters` of what
`results.filters.save_filters` kept; `confusions` their matrices, see `variants`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecglib.report import ranking, variants
from ecglib.report.resampling import ends
from ecglib.settings.registry import METHODS

AOFP, ORACLE = "AOFP, MACs budget", "oracle, filters, MACs budget"


def at_equal_macs(networks: pd.DataFrame, confusions: np.ndarray, draws: int) -> pd.DataFrame:
    """Every variant with a budget in MACs where AOFP was measured, the best macro-F1 first.

    Columns: target, variant, family, means of macs_fraction, sparsity and epochs, seeds, accuracy,
    f1_macro, and the paired differences to_dense and aofp_less; the last three with _low and _high
    (95 %). A row is of the seeds that its variant shares with AOFP at that target: all that
    AOFP has, or at least two.
    """
    table = variants.prepared(networks, confusions)
    found = []
    for target, seeds in _seeds_of_aofp(table).items():
        for shared, labels in _by_shared_seeds(table, target, seeds).items():
            rows = table["seed"].isin(shared).to_numpy()
            chosen = table[rows].reset_index(drop=True), confusions[rows]
            found += _compared(*chosen, target, draws, labels)
    found.sort(key=lambda row: (row["target"], -row["f1_macro"]))
    return pd.DataFrame(found)


def _by_shared_seeds(table: pd.DataFrame, target: float, seeds: set[int]) -> dict:
    """Of these seeds all, or two and more -> the variants that have them and no other of these."""
    there = variants.at_target(table[table["seed"].isin(seeds)], target, "macs")
    found = {frozenset(seeds): list(there.rows)}
    for label, lacking in there.missing.items():
        found.setdefault(frozenset(seeds.difference(lacking)), []).append(label)
    return {shared: found[shared] for shared in found if len(shared) > 1 or shared == seeds}


def _compared(
    table: pd.DataFrame, confusions: np.ndarray, target: float, draws: int, labels: list[str]
) -> list[dict]:
    """These variants at a target, each with the columns of `at_equal_macs`."""
    sample = ranking.sample(table, confusions, target, draws, budget="macs")
    found = []
    for label in labels:
        of = table.loc[sample.rows[label]]
        row = {"target": target, "variant": label, "family": of["family"].iloc[0]}
        row |= of[["macs_fraction", "sparsity", "epochs"]].mean().to_dict() | {"seeds": len(of)}
        row["accuracy"] = sample.interval("accuracy", label)[0]
        row |= ends("f1_macro", sample.interval("f1_macro", label))
        row |= ends("to_dense", sample.difference("f1_macro", label, "dense"))
        found.append(row | ends("aofp_less", sample.difference("f1_macro", AOFP, label)))
    return found


def _seeds_of_aofp(table: pd.DataFrame) -> dict[float, set[int]]:
    """Target, ascending -> seeds."""
    mine = table[table["variant"] == AOFP]
    return {target: set(rows["seed"]) for target, rows in mine.groupby("target_sparsity")}


def with_every_seed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seeds that AOFP has at all of its targets, where a variant has them all.

    table: see `variants.prepared`. Else a point of one seed would stand beside one of three.
    """
    seeds = set.intersection(*_seeds_of_aofp(table).values())
    rows = table[table["seed"].isin(seeds)]
    found = rows.groupby(["variant", "target_sparsity"])["seed"].transform("nunique")
    return rows[found == len(seeds)]


def widths(networks: pd.DataFrame, target: float) -> pd.DataFrame:
    """Filters left at a target: variant, layer, seed, filters. networks: with `variant`."""
    here = networks[np.isclose(networks["target_sparsity"], target) & networks["filters"].notna()]
    rows = [
        (row.variant.removesuffix(", MACs budget"), layer, row.seed, count)
        for row in here.itertuples()
        for layer, count in row.filters["widths"].items()
    ]
    return pd.DataFrame(rows, columns=["variant", "layer", "seed", "filters"])


def scores_of(filters: Mapping, *, seed: int) -> pd.DataFrame:
    """The oracle's and AOFP's score of each filter: layer, seed, oracle, aofp, one row a filter.

    filters: of an `oracle_filter` run.
    """
    rows = [
        (layer, seed, exact, approximate)
        for layer, values in filters["scores"].items()
        for exact, approximate in zip(values, filters["aofp"][layer], strict=True)
    ]
    return pd.DataFrame(rows, columns=["layer", "seed", "oracle", "aofp"])


def rank_correlations(scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rho of AOFP's scores with the oracle's: rows layers in order, columns seeds."""
    rho = {
        key: rows["aofp"].corr(rows["oracle"], method="spearman")
        for key, rows in scores.groupby(["layer", "seed"], sort=False)
    }
    table = pd.Series(rho, name="rho").rename_axis(["layer", "seed"]).unstack("seed")
    return table.reindex(scores["layer"].unique())


def costs(networks: pd.DataFrame) -> pd.DataFrame:
    """Beats run through a network to find what may go, means of seeds, where an oracle has scored.

    Columns: variant, target, evaluated_beats, share (of the oracle's ranking). The oracle's and
    AOFP's one ranking are of the same beats; a search in stages counts those before it, too.
    """
    oracle = networks[networks["variant"] == ORACLE]["filters"].dropna()
    whole = np.mean([filters["evaluated_beats"] for filters in oracle])
    approximate = np.mean([filters["aofp_evaluated_beats"] for filters in oracle])
    rows = [("oracle, one ranking", np.nan, whole), ("AOFP, one ranking", np.nan, approximate)]
    searched = networks[networks["variant"].str.startswith("AOFP") & networks["filters"].notna()]
    searched = searched.assign(beats=[of["evaluated_beats"] for of in searched["filters"]])
    searched = searched.sort_values("target_sparsity")
    in_stages = searched["method"].map(lambda name: METHODS[name].staged)
    so_far = searched.groupby(["variant", "seed"])["beats"].cumsum()
    mean = (
        so_far.where(in_stages, searched["beats"])
        .groupby([searched["variant"], searched["target_sparsity"]])
        .mean()
    )
    for (variant, target), beats in mean.items():
        rows.append((f"{variant.removesuffix(', MACs budget')}, search", target, beats))
    table = pd.DataFrame(rows, columns=["variant", "target", "evaluated_beats"])
    return table.assign(share=table["evaluated_beats"] / whole)
