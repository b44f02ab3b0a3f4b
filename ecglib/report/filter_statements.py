"""What the study says of whole filters in words, from the tables of `filters`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecglib.report.filters import AOFP
from ecglib.report.markdown import NOTE, points, rows_to_markdown


def to_markdown(tables: Mapping[str, pd.DataFrame]) -> str:
    """The tables of `at_equal_macs` by network, as one in Markdown."""
    head = ("network", "MACs to remove", "variant", "MACs left", "epochs", "macro-F1")
    rows = [
        (
            name,
            f"{row['target']:.0%}",
            row["variant"].removesuffix(", MACs budget"),
            f"{row['macs_fraction']:.1%}",
            f"{row['epochs']:.0f}",
            f"{100 * row['f1_macro']:.2f}",
            points(row, "to_dense", "_"),
            "" if row["variant"] == AOFP else points(row, "aofp_less", "_"),
            f"{row['seeds']:.0f}",
        )
        for name, table in tables.items()
        for _, row in table[table["variant"] != "dense"].iterrows()
    ]
    head = (*head, "less dense", "AOFP less it", "seeds")
    return rows_to_markdown(head, rows) + f"\n{NOTE}\n"


def findings(
    tables: Mapping[str, pd.DataFrame],
    correlations: Mapping[str, pd.DataFrame],
    sizes: Mapping[str, pd.DataFrame],
    costed: Mapping[str, pd.DataFrame],
    *,
    margin: float,
) -> str:
    """What the comparison says, as a Markdown list.

    tables: of `at_equal_macs`, correlations: of `rank_correlations`, sizes: the same with the
    absolute value of the oracle's score, costed: of `costs`, each by network. margin: the loss
    against dense that is asked about, as a fraction.
    """
    lines = []
    for name, table in tables.items():
        for target, rows in table.groupby("target"):
            own = rows[rows["variant"] == AOFP].iloc[0]
            held = "within" if own["to_dense"] >= -margin else "not within"
            settled = ", yet settled below it" if own["to_dense_high"] < 0 else ""
            filters = [row for _, row in rows[is_rival(rows)].iterrows()]
            lowest, highest = (
                of([row["macs_fraction"] for row in filters] or [np.nan]) for of in (min, max)
            )
            lines.append(
                f"{name}, {target:.0%} of the MACs to remove: AOFP leaves "
                f"{own['macs_fraction']:.1%} of them and has {100 * own['f1_macro']:.2f} macro-F1, "
                f"{points(own, 'to_dense', '_')} points against dense, {held} "
                f"{100 * margin:g} point of it on the mean of {own['seeds']:.0f} seeds{settled}. "
                f"AOFP less each ({lowest:.1%} to {highest:.1%} of the MACs): {_less(filters)}. "
                f"{_settled(filters)}"
            )
    for name, rho in correlations.items():
        means = zip(rho.mean(axis="columns").items(), sizes[name].mean(axis="columns"), strict=True)
        layers = ", ".join(f"{layer} {value:.2f} ({size:.2f})" for (layer, value), size in means)
        lines.append(
            f"{name}: Spearman's rank correlation with the oracle's scores of AOFP's, over more "
            "random halves than a search decides by, means of seeds, in brackets with the size of "
            "the oracle's change, be it a loss or a gain (oracle-loss and oracle-abs of "
            "arXiv:1611.06440): "
            f"{layers}; the highest of one seed is {rho.max(axis=None):.2f}, the lowest "
            f"{rho.min(axis=None):.2f}."
        )
    for name, table in costed.items():
        shares = [
            row.variant
            + ("" if np.isnan(row.target) else f" to {row.target:.0%}")
            + f" {row.share:.1%}"
            for row in table.iloc[1:].itertuples()
        ]
        lines.append(f"{name}: evaluated beats, of the oracle's one ranking: {', '.join(shares)}.")
    return "".join(f"- {line}\n" for line in lines)


def is_rival(table: pd.DataFrame) -> pd.Series:
    """Rows of networks that are smaller and dense as AOFP's are: cut by filters, or built small."""
    smaller = table["family"].isin(["filters", "dense"])
    return smaller & ~table["variant"].isin(["dense", AOFP])


def _settled(rows: list[pd.Series]) -> str:
    """Which of the rivals AOFP differs from by more than chance, in words."""
    ahead = [_name(row) for row in rows if row["aofp_less_low"] > 0]
    behind = [_name(row) for row in rows if row["aofp_less_high"] < 0]
    if not ahead and not behind:
        return "It differs from none of them by a settled margin."
    words = [f"better than {', '.join(ahead)}"] if ahead else []
    words += [f"worse than {', '.join(behind)}"] if behind else []
    return f"Settled: {' and '.join(words)}."


def _name(row: pd.Series) -> str:
    return row["variant"].removesuffix(", MACs budget")


def _less(rows: list[pd.Series]) -> str:
    return ", ".join(f"{_name(row)} {points(row, 'aofp_less', '_')}" for row in rows)
