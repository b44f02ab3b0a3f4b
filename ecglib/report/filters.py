"""What is known of networks that lost whole filters, as tables: scores, widths, costs."""

from collections.abc import Mapping

import pandas as pd


def scores_of(filters: Mapping, *, seed: int) -> pd.DataFrame:
    """The oracle's and AOFP's score of each filter: layer, seed, oracle, aofp, one row a filter.

    filters: of an `oracle_filter` run, see `filter_runs.save_filters`.
    """
    return pd.DataFrame(
        [
            (layer, seed, exact, approximate)
            for layer, values in filters["scores"].items()
            for exact, approximate in zip(values, filters["aofp"][layer], strict=True)
        ],
        columns=["layer", "seed", "oracle", "aofp"],
    )


def rank_correlations(scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rho of AOFP's scores with the oracle's: a row a layer, a column a seed."""
    of = scores.groupby(["layer", "seed"], sort=False)
    rho = of.apply(lambda rows: rows["aofp"].corr(rows["oracle"], method="spearman"))
    return rho.unstack("seed")
