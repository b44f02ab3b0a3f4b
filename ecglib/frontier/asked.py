"""What was asked for in numbers, and what was reached; what was not run is left out."""

from collections.abc import Iterator

import pandas as pd

from ecglib.frontier.results import AGAINST, IN_MACS, VARIANTS
from ecglib.report.resampling import YES
from ecglib.settings.sections import Published

MODEL = "acharya2017"
FAR, FARTHER = 0.95, 0.97
LEAST_FARTHER, LEAST_ACCURACY = 0.922, 0.985
MOST_CYCLES, MOST_UJ = 20_000, 8.0
SEEDS = 5  # that a goal is asked of; where there are others, it is said
SECOND_ORDER = "second order"


def asked(means: pd.DataFrame, short: pd.DataFrame, published: Published) -> pd.DataFrame:
    """Rows asked, goal, found (words), met. Tables of `results.by_method` and `pareto.short`."""
    found = [*_at_sparsity(means, published), *_ahead(means), *_on_the_device(short, published)]
    return pd.DataFrame(found, columns=["asked", "goal", "found", "met"])


def _of(means: pd.DataFrame, target: float) -> pd.DataFrame:
    """The rows whose target is a fraction of the model's weights, not of its MACs."""
    of = means[means["model"].eq(MODEL) & means["target_sparsity"].eq(target)]
    return of[~of["method"].isin(IN_MACS)]


def _at_sparsity(means: pd.DataFrame, published: Published) -> Iterator[tuple]:
    goals = (
        (FAR, "f1_macro", "macro-F1", published.f1),
        (FAR, "accuracy", "accuracy", LEAST_ACCURACY),
        (FARTHER, "f1_macro", "macro-F1", LEAST_FARTHER),
    )
    for target, column, words, least in goals:
        at = _of(means, target)
        for _, row in at[at["method"].eq(AGAINST)].iterrows():
            yield _reached(f"{SECOND_ORDER}, {target:.0%}: {words}", row, column, least)
        if column == "f1_macro" and len(at):
            whole = at[at["seeds"].eq(at["seeds"].max())]  # of fewer seeds nothing is chosen
            best = whole.loc[whole["f1_macro_validation"].idxmax()]
            what = f"what validation chooses at {target:.0%} ({best['label']}): {words}"
            yield _reached(what, best, column, least)


def _reached(what: str, row: pd.Series, column: str, least: float) -> tuple:
    found = f"{100 * row[column]:.2f} %" + _of_seeds(row["seeds"])
    return what, f"at least {100 * least:g} %", found, row[column] >= least


def _of_seeds(seeds: int) -> str:
    return "" if seeds == SEEDS else f", {seeds} seeds"


def _ahead(means: pd.DataFrame) -> Iterator[tuple]:
    of = _of(means, FARTHER)
    rivals = of[~of["method"].isin(VARIANTS)].dropna(subset=["difference"])
    if rivals.empty:
        return
    ahead, settled = (rivals["difference"] > 0).sum(), rivals["verdict"].eq(YES).sum()
    found = f"ahead of {ahead} of {len(rivals)}, settled for {settled}"
    what = f"{SECOND_ORDER}, {FARTHER:.0%}: ahead of every rival at equal epochs"
    whole = rivals["paired"].eq(of.loc[of["method"].eq(AGAINST), "seeds"].max()).all()
    if not whole:
        found += ", some with fewer seeds"
    yield what, "all", found, whole and ahead == len(rivals)


def _on_the_device(short: pd.DataFrame, published: Published) -> Iterator[tuple]:
    """Of the kind of network that `chosen_short` chooses, its scores on test beats.

    Its cycles and its energy meet no goal where it misses one of the scores.
    """
    chosen = chosen_short(short, published)
    if chosen.empty:
        return
    mean = chosen.select_dtypes("number").mean()
    rows = (("accuracy", published.accuracy), ("f1_macro", published.f1))
    for column, least in rows:
        word = {"accuracy": "accuracy", "f1_macro": "macro-F1"}[column]
        found = f"{100 * mean[column]:.2f} %" + _of_seeds(len(chosen))
        yield (
            *(f"cheapest network, 8 bits: {word}", f"at least {100 * least:g} %", found),
            mean[column] >= least,
        )
    cycles, energy = mean["cycles"], mean["energy_uj_high"]
    holds = all(mean[column] >= least for column, least in rows)
    but = "" if holds else ", but it misses the scores"
    words = "cheapest network: cycles a beat, sums included"
    found = f"{cycles:,.0f}{but}"
    yield words, f"at most {MOST_CYCLES:,}", found, holds and cycles <= MOST_CYCLES
    words, found = "cheapest network: energy a beat, upper end", f"{energy:.1f} uJ{but}"
    yield words, f"at most {MOST_UJ:g} uJ", found, holds and energy <= MOST_UJ


def chosen_short(short: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The rows of the kind of network (method, target) that is the cheapest, a seed each.

    Of the fewest cycles whose macro-F1 in 8 bits is the published one on validation beats, on the
    mean of the seeds; the best one there if none is. Of fewer seeds than others have nothing is
    chosen; no rows without a network.
    """
    groups = short.groupby(["method", "target"])
    means = groups[["f1_macro_validation", "cycles"]].mean()
    if means.empty:
        return short
    means = means[groups.size() == groups.size().max()]
    holding = means[means["f1_macro_validation"] >= published.f1]
    of = holding["cycles"].idxmin() if len(holding) else means["f1_macro_validation"].idxmax()
    return short[short["method"].eq(of[0]) & short["target"].eq(of[1])]
