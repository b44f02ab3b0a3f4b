"""What was asked for in numbers, and what was reached, from the rows of this run."""

from collections.abc import Iterator

import pandas as pd

from ecglib.offloading.answers import IMPROVED, INSTANCE, JUDGED, NEAR
from ecglib.offloading.study import EXACT
from ecglib.offloading.words import percent, seconds

CHANCE = "chance"  # the solver that draws placements and evaluates them
AGREE = 1e-9  # of a cost: what rounding may do
CHAIN_S, PROVEN_S, RATE, STAGE_MIN = 0.2, 30.0, 100_000, 8.0


def asked(rows: pd.DataFrame, agreed: pd.DataFrame, minutes: float) -> pd.DataFrame:
    """A row a goal: asked, goal, found (words), met. Goals whose rows are not there are left out.

    rows: results.csv; agreed: `small.agreement`; minutes: that the notebook has taken.
    """
    found = [
        *_agreement(agreed),
        *_exact(rows, "vgg19", 15, "chain of {layers} layers on {servers} servers", CHAIN_S),
        *_exact(rows, "resnet101", 7, "{layers} layers on {servers}, proven by HiGHS", PROVEN_S),
        *_improved(rows),
        *_rate(rows),
        (
            "the notebook, two processes",
            f"at most {STAGE_MIN:g} min",
            f"{minutes:.1f} min",
            minutes <= STAGE_MIN,
        ),
    ]
    return pd.DataFrame(found, columns=["asked", "goal", "found", "met"])


def _agreement(agreed: pd.DataFrame) -> Iterator[tuple]:
    others = agreed[["labels", "highs"]]
    off = others.sub(agreed["brute"], axis=0).abs()
    same = off.le(AGREE * agreed["brute"], axis=0).all(axis=1)  # nan is not
    what = f"dynamic program = brute force = HiGHS on {len(agreed)} random instances"
    yield what, "all", f"{same.sum()}", bool(same.all())


def _exact(
    rows: pd.DataFrame, name: str, servers: int, what: str, most_s: float
) -> Iterator[tuple]:
    of = rows[rows["instance"].eq(name) & rows["servers"].eq(servers) & rows["method"].eq(EXACT)]
    if len(of):
        took, proven = of["seconds"].max(), of["optimum"].notna()
        said = f"{seconds(took)}, proven at {proven.sum()} of {len(of)} deadlines"
        what = what.format(layers=of["layers"].iloc[0], servers=servers)
        yield what, f"below {most_s:g} s", said, bool(proven.all() and took < most_s)


def _improved(rows: pd.DataFrame) -> Iterator[tuple]:
    of = rows[
        rows["method"].eq(IMPROVED) & rows["evaluations"].eq(JUDGED) & rows["optimum"].notna()
    ]
    if of.empty:
        return
    medians = of.groupby(INSTANCE)["gap"].median()
    near, worst = int((medians <= NEAR).sum()), medians.max()
    what = f"improved PSO-GA at {JUDGED:,} evaluations"
    yield (
        f"{what}, median gap on each of {len(medians)} instances with a known optimum",
        f"at most {percent(NEAR)}",
        f"{near} of {len(medians)}, the worst {percent(worst)}",
        near == len(medians),
    )
    yield f"{what}, late", "0", f"{of['late'].sum()} of {len(of)}", not of["late"].any()


def _rate(rows: pd.DataFrame) -> Iterator[tuple]:
    """Of placements drawn at random, so of little but the evaluations."""
    of = rows[rows["instance"].eq("googlenet") & rows["servers"].eq(15)]
    of = of[of["evaluations"].eq(of.groupby("method")["evaluations"].transform("max"))]
    rates = (of["evaluations"] / of["seconds"]).groupby(of["method"]).median()
    if {CHANCE, IMPROVED} <= set(rates.index):
        what = (
            f"evaluations a second, {of['layers'].iloc[0]} layers on {of['servers'].iloc[0]} "
            "servers, one core, of random placements"
        )
        found = f"{rates[CHANCE]:,.0f}; with the improved search's own work {rates[IMPROVED]:,.0f}"
        yield what, f"at least {RATE:,}", found, bool(rates[CHANCE] >= RATE)
