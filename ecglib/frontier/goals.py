"""The room's rows of the study's table of goals (`report.limits.goals`), from its kept cells."""

from collections.abc import Iterator

import pandas as pd

from ecglib.frontier import pareto, results
from ecglib.frontier.asked import FAR, FARTHER, MODEL, MOST_CYCLES, SECOND_ORDER, chosen_short, held
from ecglib.frontier.results import AGAINST
from ecglib.frontier.shown import Found
from ecglib.settings.sections import Published

CHEAPEST = "cheapest"


def rows(found: Found, published: Published, draws: int) -> pd.DataFrame:
    """Second-order pruning at the two sparsities that were asked for, and the cheapest network.

    Columns as there. Of the cheapest network `bounded` is "cycles" and the scores are those in
    8 bits; it is dense, so sparsity and MACs are empty, and it has a row only within the limit. No
    row where no cell is finished.
    """
    return pd.DataFrame([*_far(found, published, draws), *_cheap(found, published)])


def _far(found: Found, published: Published, draws: int) -> Iterator[dict]:
    networks = results.table({cell: kept for cell, kept in found.items() if cell.model == MODEL})
    for target in (FAR, FARTHER):
        at = networks["method"].eq(AGAINST) & networks["target_sparsity"].eq(target)
        of = networks[at]
        for _, mean in results.by_method(of, draws).iterrows():
            yield {
                **{"limit": target, "bounded": "sparsity", "who": SECOND_ORDER},
                **{"variant": mean["label"], "family": SECOND_ORDER, "budget": "weights"},
                **{"target_sparsity": target, "sparsity": of["sparsity"].mean()},
                **mean[["macs_fraction", "epochs", "f1_macro_validation", "accuracy"]],
                **mean[["f1_macro", "f1_macro_low", "f1_macro_high"]],
                **held(of, published),
            }


def _cheap(found: Found, published: Published) -> Iterator[dict]:
    of = chosen_short(pareto.short(found), published)
    if of.empty or of["cycles"].mean() > MOST_CYCLES:
        return
    yield {
        **{"limit": MOST_CYCLES, "bounded": "cycles", "who": CHEAPEST},
        **{"variant": of["label"].iloc[0], "family": CHEAPEST, "budget": "cycles"},
        **of[["cycles", "f1_macro_validation", "accuracy", "f1_macro"]].mean(),
        **held(of, published),
    }
