"""Answers to the first question as tables, all from the rows of results.csv (see `study`).

A gap is the cost above the optimum, as a fraction of it. Late solutions have none: they are counted
apart. Where the optimum is not proven, a gap is to a bound below it, and too large if anything.
"""

import pandas as pd

from ecglib.offloading.study import EXACT

INSTANCE = ["instance", "servers", "deadline_factor"]
IMPROVED, PUBLISHED, PLAIN_GA = "pso_ga_improved", "pso_ga", "plain_ga"
HEFT_ORDER = "pso_ga_heft_order"
NEAR = 0.01  # a gap that counts as solved
JUDGED = 20_000  # evaluations at which the improved solver is judged


def gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """A row an instance, deadline, method and budget of evaluations.

    Columns beside these: layers, gap (median of those in time), late and runs (how many), proven,
    seconds (median).
    """
    searched = rows[rows["method"] != EXACT]
    searched = searched.assign(proven=searched["optimum"].notna(), runs=1)
    by = [*INSTANCE, "layers", "method", "evaluations"]
    how = {"gap": "median", "late": "sum", "runs": "sum", "proven": "first", "seconds": "median"}
    return searched.groupby(by, sort=False).agg(how).reset_index()


def by_budget(table: pd.DataFrame) -> pd.DataFrame:
    """Of `gaps` those with a known optimum: a row a deadline, method and budget.

    Columns beside these: instances, in_time (how many of them had no late search), gap (the median
    of the instances' medians, of those with anything in time), worst (the largest of them), late
    (the share of all searches).
    """
    known = table[table["proven"]].assign(in_time=lambda of: of["late"].eq(0))
    groups = known.groupby(["deadline_factor", "method", "evaluations"], sort=False)
    found = groups.agg(
        instances=("gap", "size"),
        in_time=("in_time", "sum"),
        gap=("gap", "median"),
        worst=("gap", "max"),
        late=("late", "sum"),
    )
    return found.assign(late=found["late"] / groups["runs"].sum()).reset_index()


def exact(rows: pd.DataFrame) -> pd.DataFrame:
    """A row an instance and deadline: layers, cost and seconds of the exact solver, proven, bound.

    `bound_gap`: by how much the best known cost is above the bound; 0 if proven.
    """
    of = rows[rows["method"] == EXACT]
    columns = [*INSTANCE, "layers", "cost", "seconds"]
    found = of[columns].assign(proven=of["optimum"].notna(), bound_gap=of["gap"].clip(lower=0))
    return found.reset_index(drop=True)


def time_to_solution(rows: pd.DataFrame) -> pd.DataFrame:
    """A row an instance with a known optimum, deadline, and method that comes near, or `exact`.

    seconds: the median of the smallest budget at which no search is late and the median gap is at
    most NEAR; evaluations: that budget. A method that never comes near has no row.
    """
    table = gaps(rows)
    solved = table[table["proven"] & table["late"].eq(0) & table["gap"].le(NEAR)]
    first = solved.sort_values("evaluations", kind="stable").drop_duplicates([*INSTANCE, "method"])
    proven = exact(rows).query("proven").assign(method=EXACT, evaluations=0)
    columns = [*INSTANCE, "method", "evaluations", "seconds"]
    return pd.concat([proven[columns], first[columns]], ignore_index=True)


def ablation(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a method: searches, late (how many of them), and of the others gap (median), mean and
    worst; see `above_known`.
    """
    groups = above_known(rows).groupby("method", sort=False)
    return groups.agg(
        searches=("seed", "size"),
        gap=("gap", "median"),
        mean=("gap", "mean"),
        worst=("gap", "max"),
        late=("late", "sum"),
    ).reset_index()


def above_known(rows: pd.DataFrame) -> pd.DataFrame:
    """The searches of an ablation, their gap to the cheapest that anybody knows of the instance."""
    best = rows.groupby(["instance", "servers", "prices"])["cost"].transform("min")
    found = rows.assign(gap=rows["cost"] / best - 1)
    return found[found["method"] != EXACT]
