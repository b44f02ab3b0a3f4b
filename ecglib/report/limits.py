"""How far a network can be cut on two budgets, weights and MACs, and whether the goals are reached.

`networks` and `confusions` are described in `variants`. Scores and sparsities are fractions.
"""

import numpy as np
import pandas as pd

from ecglib.report import resampling, variants
from ecglib.report.ranking import DESCRIBED, SCORES, sample
from ecglib.settings.sections import Published

ONE_POINT = 0.01
# What the study set out for: limit, and the column that it bounds.
GOALS = ((0.92, "sparsity"), (0.95, "sparsity"), (0.25, "macs_fraction"))
TOLERANCE = 1e-3  # whole weights seldom make a sparsity exactly


def path_of_means(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, one row per variant, budget and target sparsity that has every seed.

    table: see `variants.prepared`. Columns: variant, family, budget, SCORES and DESCRIBED.
    """
    groups = table.groupby(["variant", "family", "budget", "target_sparsity"], sort=False)
    columns = [*DESCRIBED[1:], *SCORES]
    means = groups[columns].mean()[groups.size() == table["seed"].nunique()]
    return means.reset_index()


def holding(networks: pd.DataFrame, confusions: np.ndarray, published: Published) -> pd.DataFrame:
    """How far each variant can be pruned while its mean scores still hold, on both budgets.

    Columns: variant, family; highest sparsity that keeps macro-F1 within a point of dense
    (`sparsity_within_1_point`) and that keeps the published accuracy and F1
    (`sparsity_published`), and the smallest fraction of dense MACs that does each
    (`macs_within_1_point`, `macs_published`), each with all denser networks of the variant, 0 and 1
    where even the densest fails; `measured`, the sparsities in percent, reached, means over seeds;
    `incomplete`, the targets that are left out since seeds are missing there.
    """
    table = variants.prepared(networks, confusions)
    means = path_of_means(table)
    runs = table.groupby(["variant", "target_sparsity"]).size()
    lacking = runs[runs < table["seed"].nunique()].reset_index()
    dense = means.loc[means["variant"] == "dense", "f1_macro"].iloc[0]
    rows = []
    for label, family in table[["variant", "family"]].drop_duplicates().itertuples(index=False):
        path = means[means["variant"] == label]
        open_at = lacking.loc[lacking["variant"] == label, "target_sparsity"]
        row = {"variant": label, "family": family, "incomplete": _percent(open_at)}
        rows.append(row)
        if path.empty:
            continue
        within = path["f1_macro"] >= dense - ONE_POINT
        for name, held in (("within_1_point", within), ("published", _holds(path, published))):
            row[f"sparsity_{name}"] = round(1 - _furthest(1 - path["sparsity"], held), 4)
            row[f"macs_{name}"] = _furthest(path["macs_fraction"], held)
        row["measured"] = _percent(path["sparsity"])
    return pd.DataFrame(rows)


def _holds(scores: pd.DataFrame | pd.Series, published: Published) -> pd.Series | bool:
    return (scores["accuracy"] >= published.accuracy) & (scores["f1_macro"] >= published.f1)


def _percent(fractions: pd.Series) -> str:
    return ", ".join(f"{100 * fraction:.3g}" for fraction in sorted(set(fractions)))


def _furthest(left: pd.Series, held: pd.Series) -> float:
    """The smallest fraction left at which, and above which everywhere, the scores held."""
    order = left.sort_values(ascending=False).index
    return float(left[order][held[order].cummin()].min()) if held[order].iloc[0] else 1.0


def goals(
    networks: pd.DataFrame, confusions: np.ndarray, published: Published, draws: int
) -> pd.DataFrame:
    """Whether the published scores are held within each of GOALS, by plain multistage and the best.

    `best` is the variant and sparsity of the highest validation macro-F1 within the limit, so that
    the test beats choose nothing; `multistage` is chosen in the same way among its own sparsities.
    Columns: limit, bounded (the column that it bounds), who, those of `path_of_means`,
    f1_macro_low, f1_macro_high (95 %), held (on the means), seeds and seeds_held (how many of them
    hold by themselves); no row where nothing was measured within the limit.
    """
    table = variants.prepared(networks, confusions)
    means = path_of_means(table).query("target_sparsity > 0")
    rows = []
    for limit, column in GOALS:
        small = means["macs_fraction"] <= limit + TOLERANCE
        inside = small if column == "macs_fraction" else means["sparsity"] >= limit - TOLERANCE
        for who, chosen in (("multistage", means["variant"] == "multistage"), ("best", True)):
            if not (inside & chosen).any():
                continue
            best = means.loc[means.loc[inside & chosen, "f1_macro_validation"].idxmax()]
            found = sample(table, confusions, best.target_sparsity, draws, budget=best.budget)
            interval = resampling.ends("f1_macro", found.interval("f1_macro", best.variant))
            seeds = table.loc[found.rows[best.variant]]
            row = {"limit": limit, "bounded": column, "who": who} | best.to_dict() | interval
            row |= {"held": _holds(best, published), "seeds": len(seeds)}
            rows.append(row | {"seeds_held": int(_holds(seeds, published).sum())})
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["who", "held"])
