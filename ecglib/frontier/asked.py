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
COLUMNS = ("asked", "goal", "found", "by", "met")


def asked(
    scores: pd.DataFrame, means: pd.DataFrame, short: pd.DataFrame, published: Published
) -> pd.DataFrame:
    """Rows asked, goal, found (words), by (how many seeds alone), met (on the mean of the seeds).

    Of what validation chooses there is a row whatever it is, so that the rows do not depend on what
    was found. Tables of `results.table`, `results.by_method` and `pareto.short`.
    """
    at_sparsity = _at_sparsity(scores, means, published)
    found = [*at_sparsity, *_ahead(means), *_on_the_device(short, published)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _of(means: pd.DataFrame, target: float) -> pd.DataFrame:
    """The rows whose target is a fraction of the model's weights, not of its MACs."""
    of = means[means["model"].eq(MODEL) & means["target_sparsity"].eq(target)]
    return of[~of["method"].isin(IN_MACS)]


def _at_sparsity(
    scores: pd.DataFrame, means: pd.DataFrame, published: Published
) -> Iterator[tuple]:
    goals = (
        (FAR, "f1_macro", "macro-F1", published.f1),
        (FAR, "accuracy", "accuracy", LEAST_ACCURACY),
        (FARTHER, "f1_macro", "macro-F1", LEAST_FARTHER),
    )
    for target, column, words, least in goals:
        at, each = _of(means, target), _of(scores, target)
        if len(own := each[each["method"].eq(AGAINST)]):
            yield _reached(f"{SECOND_ORDER}, {target:.0%}: {words}", own[column], least)
        if column == "f1_macro" and len(at):
            whole = at[at["seeds"].eq(at["seeds"].max())]  # of fewer seeds nothing is chosen
            best = whole.loc[whole["f1_macro_validation"].idxmax()]
            what = f"what validation chooses at {target:.0%} ({best['label']}): {words}"
            yield _reached(what, each.loc[each["method"].eq(best["method"]), column], least)


def _reached(what: str, scores: pd.Series, least: float) -> tuple:
    """A row of scores that are to be at least so high. scores: one a seed."""
    found = f"{100 * scores.mean():.2f} %" + _of_seeds(len(scores))
    met = scores.mean() >= least
    return what, f"at least {100 * least:g} %", found, _seeds(scores >= least), met


def _seeds(met: pd.Series) -> str:
    return f"{met.sum()} of {len(met)}"


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
    yield what, "all", found, "", whole and ahead == len(rivals)


def _on_the_device(short: pd.DataFrame, published: Published) -> Iterator[tuple]:
    """Of the kind of network that `chosen_short` chooses, its scores on test beats.

    Its cycles and its energy meet no goal where it misses one of the scores.
    """
    chosen = chosen_short(short, published)
    if chosen.empty:
        return
    scores = (("accuracy", "accuracy", published.accuracy), ("macro-F1", "f1_macro", published.f1))
    for word, column, least in scores:
        yield _reached(f"cheapest network, 8 bits: {word}", chosen[column], least)
    holds = held(chosen, published)["held"]
    but = "" if holds else ", but it misses the scores"
    prices = (
        ("cycles a beat, sums included", "cycles", MOST_CYCLES, ",.0f", ""),
        ("energy a beat, upper end", "energy_uj_high", MOST_UJ, ".1f", " uJ"),
    )
    for words, column, most, digits, unit in prices:
        mean, goal = chosen[column].mean(), f"at most {most:,g}{unit}"
        found = f"{mean:{digits}}{unit}{but}"
        met = holds and mean <= most
        yield f"cheapest network: {words}", goal, found, _seeds(chosen[column] <= most), met


def held(of: pd.DataFrame, published: Published) -> dict[str, bool | int]:
    """Whether the mean of the seeds holds the published scores, and how many of them do alone."""
    scores, least = of[["accuracy", "f1_macro"]], [published.accuracy, published.f1]
    return {
        **{"held": bool((scores.mean() >= least).all()), "seeds": len(of)},
        **{"seeds_held": int((scores >= least).all(axis=1).sum())},
    }


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
