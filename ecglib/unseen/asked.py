"""What was asked for in numbers, and what was reached, from the tables of this run."""

from collections.abc import Iterator

import pandas as pd

from ecglib.unseen.scores import POOLED
from ecglib.unseen.settings import settings
from ecglib.unseen.study import AS_N

LABELLED = "first minutes: labelled"
PRUNED_BY, PRUNED_AT, HALF_A_POINT = "multistage", 0.6, 0.005


def value(
    table: pd.DataFrame, network: str, kind: str, reading: str, score: str, target: float = 0.0
) -> float:
    """One value of results.csv, by de Chazal's map, every wrong beat counted."""
    of = table[table["map"].eq(AS_N) & table["network"].eq(network) & table["target"].eq(target)]
    of = of[of["kind"].eq(kind) & of["reading"].eq(reading) & of["score"].eq(score)]
    return float(of["value"].iloc[0])


def without(table: pd.DataFrame) -> str:
    """The reading without the record of most S beats: `without NAME`."""
    return next(reading for reading in table["reading"] if reading.startswith("without"))


def asked(table: pd.DataFrame) -> pd.DataFrame:
    """A row a goal: asked, goal, found (words), met; table: results.csv."""
    return pd.DataFrame(
        [*_scores(table), *_pruned(table)], columns=["asked", "goal", "found", "met"]
    )


def _scores(table: pd.DataFrame) -> Iterator[tuple]:
    chosen, other = settings().recipe, without(table)
    for what, network, row, least in (
        ("accuracy", chosen, ("all", POOLED, "accuracy"), 0.945),
        ("VEB F1", chosen, ("VEB", POOLED, "f1"), 0.91),
        ("SVEB F1, pooled", chosen, ("SVEB", POOLED, "f1"), 0.52),
        (f"SVEB F1, {other}", chosen, ("SVEB", other, "f1"), 0.41),
        ("SVEB F1 with five labelled minutes, on the rest", LABELLED, ("SVEB", POOLED, "f1"), 0.7),
        ("VEB F1 with five labelled minutes, on the rest", LABELLED, ("VEB", POOLED, "f1"), 0.94),
    ):
        found = value(table, network, *row)
        yield what, f"at least {100 * least:g} %", f"{100 * found:.1f} %", found >= least


def _pruned(table: pd.DataFrame) -> Iterator[tuple]:
    chosen = settings().recipe
    for what, row in {
        "accuracy": ("all", POOLED, "accuracy"),
        "SVEB F1": ("SVEB", POOLED, "f1"),
        "VEB F1": ("VEB", POOLED, "f1"),
    }.items():
        dense, pruned = value(table, chosen, *row), value(table, PRUNED_BY, *row, PRUNED_AT)
        words = f"{what}, pruned in stages by {PRUNED_AT:.0%}, less dense"
        met = pruned >= dense - HALF_A_POINT
        yield words, "at least -0.5 points", f"{100 * (pruned - dense):+.1f} points", met
