"""The questions answered, from whatever variants have been run."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecglib.report import variants
from ecglib.report.questions import QUESTIONS, of_schedules
from ecglib.report.ranking import SCORES, Sample, sample
from ecglib.report.resampling import NOT_RUN, ends, verdict_of
from ecglib.settings.words import CLASSES
from ecglib.training import metrics

COLUMNS = ["question", "a", "b", "budget", "target_sparsity", "sparsity_a", "sparsity_b"]
COLUMNS += ["macs_fraction_a", "macs_fraction_b", "epochs_a", "epochs_b"]
COLUMNS += ["f1_macro_a", "f1_macro_b", "difference", "low", "high"]
COLUMNS += ["without_f", "without_f_low", "without_f_high", "verdict"]


def f1_without_fusion(matrix: np.ndarray) -> np.ndarray:
    """Macro-F1 over N, S, V and Q, (..., 5, 5) -> (...).

    Nearly all fusion beats are of two records, so in a bootstrap over records their F1 decides how
    wide, and how skewed, the intervals of macro-F1 are.
    """
    others = [number for number, name in enumerate(CLASSES) if name != "F"]
    return metrics.f1_per_class(matrix)[..., others].mean(-1)


READINGS = SCORES | {"f1_without_f": f1_without_fusion}


def answers(
    networks: pd.DataFrame, confusions: np.ndarray, targets: Sequence[float], draws: int
) -> pd.DataFrame:
    """Each of the questions at each target at which both sides have every seed.

    Columns: question, a, b (labels), budget (what the target is a fraction of: weights or macs),
    target_sparsity, then for both sides sparsity (reached), macs_fraction, epochs and f1_macro
    (fractions), `difference` of macro-F1 (a - b) with the paired 95 % interval `low`, `high`,
    `without_f` with its interval (see `f1_without_fusion`), and `verdict`: yes (interval above 0),
    no (below), not settled (0 inside). A question of the weights without a shared target among
    `targets` is answered at the highest one that its sides share, a question of the MACs at all
    that they share; without any, or where seeds are missing, its one row says `not run`. Intervals
    are per comparison: of twenty true ties one is expected to look settled. networks, confusions:
    see `variants`.
    """
    table = variants.prepared(networks, confusions)
    scheduled = set(table.loc[table["method"] == "multistage", "schedule"])
    samples, rows = {}, []
    for text, pair in (QUESTIONS | of_schedules(scheduled)).items():
        (a, b), budget = (variant.label for variant in pair), pair[0].budget
        question = {"question": text, "a": a, "b": b, "budget": budget}
        shared = variants.targets_of(table, (a, b), budget)
        asked = [t for t in shared if np.isclose(t, targets).any()] or shared[-1:]
        chosen = shared if budget == "macs" else asked
        for target in chosen:
            if (at := (target, budget)) not in samples:
                taken = {"budget": budget, "readings": READINGS}
                samples[at] = sample(table, confusions, target, draws, **taken)
            row = question | {"target_sparsity": target}
            rows.append(row | _answer(a, b, table, samples[at]))
        if not chosen:
            rows.append(question | {"verdict": NOT_RUN})
    return pd.DataFrame(rows, columns=COLUMNS)


def _answer(a: str, b: str, table: pd.DataFrame, found: Sample) -> dict:
    row = {}
    for side, label in (("a", a), ("b", b)):
        means = table.loc[found.rows[label], ["sparsity", "macs_fraction", "epochs"]].mean()
        row |= {f"{name}_{side}": value for name, value in means.items()}
        row[f"f1_macro_{side}"] = found.interval("f1_macro", label)[0]
    difference, low, high = found.difference("f1_macro", a, b)
    row |= {"difference": difference, "low": low, "high": high, "verdict": verdict_of(low, high)}
    return row | ends("without_f", found.difference("f1_without_f", a, b))
