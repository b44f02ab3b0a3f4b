"""What the sweep says in words: findings for README, their wording from the numbers."""

import numpy as np
import pandas as pd

from ecglib.report.markdown import points, removed
from ecglib.report.questions import DENSE_GAINS
from ecglib.report.resampling import NO, NOT_RUN, OPEN, YES, verdict_of

GOAL_WORDS = {
    "sparsity": "at {:.0%} sparsity or more",
    "macs_fraction": "with {:.0%} of the dense MACs or fewer",
}


def headline(
    goals: pd.DataFrame,
    shared: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    at: float,
    seeds: int,
) -> str:
    """The sweep's findings as a Markdown list, for README.

    goals: `limits.goals`; shared: `limits.holding` of only those target sparsities that multistage
    and one-shot share; answers: `answering.answers` at as many sparsities as possible; at: the
    sparsity at which rivals and changes are told, or the nearest one where they were measured.
    """
    told = answers[answers["verdict"] != NOT_RUN]
    lines = [*_goals_reached(goals), _held(shared), *_where_it_matters(told)]
    here = _nearest(told, at)
    rivals = here[here["a"] == "multistage"]
    rivals = rivals[(rivals["b"] != "one-shot") & ~rivals["b"].str.startswith("dense")]
    changes = here[here["b"] == "multistage"]
    on_both = here[here["a"].str.startswith("multistage,") & here["b"].str.startswith("one-shot,")]
    lines.append(
        _by_verdict(
            rivals,
            "b",
            f"Rivals at {at:.0%} sparsity, multistage less each in points of macro-F1.",
            ("Behind it", "Ahead of it", "Not settled"),
        )
    )
    lines.append(
        _by_verdict(
            on_both,
            "a",
            f"Multistage less one-shot at {at:.0%} with the same change on both sides.",
            ("Ahead", "Behind", "Not settled"),
        )
    )
    lines.append(
        _by_verdict(
            changes,
            "a",
            f"Changes to multistage at {at:.0%}, each less plain multistage.",
            ("Helps", "Harms", "Not settled"),
        )
    )
    lines.append(_counted(answers))
    if seeds < 5:
        lines.append(f"Only {seeds} seeds: too few for a claim; five are needed.")
    return "".join(f"- {line}\n" for line in lines if line)


def _goals_reached(goals: pd.DataFrame) -> list[str]:
    lines = []
    for (bounded, limit), rows in goals.groupby(["bounded", "limit"], sort=False):
        parts = [
            f"{'reached' if row.held else 'missed'} on the mean, {row.seeds_held} of {row.seeds} "
            f"seeds reach it, by "
            f"{row.variant}{' (best by validation)' if row.who == 'best' else ''} with "
            f"{row.accuracy:.1%} accuracy and {row.f1_macro:.2%} macro-F1 "
            f"({row.f1_macro_low:.1%} to {row.f1_macro_high:.1%}) at {row.sparsity:.1%} sparsity, "
            f"{row.macs_fraction:.1%} of the MACs"
            for row in rows.drop_duplicates(["variant", "target_sparsity"]).itertuples()
        ]
        goal = GOAL_WORDS[bounded].format(limit)
        lines.append(f"Goal, the published accuracy and F1 {goal}: {'; '.join(parts)}.")
    return lines


def _held(holding: pd.DataFrame) -> str:
    """Multistage beside one-shot: how far each keeps the scores."""
    whole = holding.dropna(subset="sparsity_published")
    rows = whole[whole["variant"].isin(["multistage", "one-shot"])]
    parts = [
        f"{row.variant} holds the published scores up to {row.sparsity_published:.0%} sparsity and "
        f"macro-F1 within a point of dense up to {row.sparsity_within_1_point:.0%}"
        for row in rows.itertuples()
    ]
    measured = f"(measured at {rows['measured'].iloc[0]} %)" if parts else ""
    return f"On the mean of seeds {'; '.join(parts)} {measured}." if parts else ""


def _counted(answers: pd.DataFrame) -> str:
    """How many comparisons there are, what chance alone would settle, and what is not asked yet."""
    told = answers[answers["verdict"] != NOT_RUN]
    settled = told["verdict"].isin([YES, NO]).sum()
    ends = zip(told["without_f_low"], told["without_f_high"], strict=True)
    changed = sum(verdict_of(*of) != said for of, said in zip(ends, told["verdict"], strict=True))
    words = (
        f"{len(told)} comparisons in all, {settled} settled; the intervals are per comparison, so "
        f"of {len(told)} true ties about {0.05 * len(told):.0f} would look settled. Without class "
        f"F {changed} of the verdicts {'is' if changed == 1 else 'are'} another. Where a rival "
        "or change was measured at several sparsities, `answers.md` has all of them."
    )
    waiting = answers.loc[answers["verdict"] == NOT_RUN, "question"]
    return words + (f" Not run yet: {' '.join(waiting)}" if len(waiting) else "")


def _where_it_matters(told: pd.DataFrame) -> list[str]:
    """Where multistage differs from one-shot and from dense, and where it does not."""
    sentences = {
        YES: "Multistage is better than {} at {} points of macro-F1.",
        OPEN: "Its difference to {} is not settled (0 lies in the interval) at {} points.",
        NO: "It is worse than {} at {} points.",
    }
    lines = []
    for rival, words in (("one-shot", "one-shot with equal epochs"), ("dense", "its dense start")):
        rows = told[(told["a"] == "multistage") & (told["b"] == rival)]
        parts = []
        for verdict, sentence in sentences.items():
            at = rows[rows["verdict"] == verdict]
            gaps = [f"{row['target_sparsity']:.0%}: {points(row)}" for _, row in at.iterrows()]
            parts += [sentence.format(words, ", ".join(gaps))] if gaps else []
        lines.append(" ".join(parts))
    longer = told[told["question"] == DENSE_GAINS].tail(1)
    lines += [
        f"Training the dense network for as many further epochs changes it by {points(row)} points "
        f"({row['epochs_a']:.0f} epochs)."
        for _, row in longer.iterrows()
    ]
    return lines


def _nearest(told: pd.DataFrame, at: float) -> pd.DataFrame:
    """Each question's row nearest to a sparsity; `elsewhere` says where it is another one."""
    distance = (told["target_sparsity"] - at).abs()
    rows = told.loc[distance.groupby(told["question"], sort=False).idxmin()].copy()
    here = np.isclose(rows["target_sparsity"], at) & (rows["budget"] == "weights")
    asked = [removed(row) for _, row in rows.iterrows()]
    elsewhere = ["" if same else f" at {of}" for same, of in zip(here, asked, strict=True)]
    return rows.assign(elsewhere=elsewhere)


def _by_verdict(rows: pd.DataFrame, side: str, start: str, words: tuple[str, str, str]) -> str:
    """Per verdict a sentence with the variants of one side (column a or b) and their points."""
    sentences = []
    for verdict, word in zip((YES, NO, OPEN), words, strict=True):
        at = rows[rows["verdict"] == verdict]
        names = at[side].str.removeprefix("multistage, ") + at["elsewhere"]
        named = [f"{n} {points(row)}" for n, (_, row) in zip(names, at.iterrows(), strict=True)]
        sentences += [f"{word}: {'; '.join(named)}."] if named else []
    return " ".join([start, *sentences]) if sentences else ""
