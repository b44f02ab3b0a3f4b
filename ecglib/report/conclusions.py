"""What the sweep says in words: tables and findings for README, their wording from the numbers."""

import numpy as np
import pandas as pd

from ecglib.report.questions import DENSE_GAINS, NO, NOT_RUN, OPEN, YES

NOTE = "In percent and percentage points; 95 % intervals, paired bootstrap over seeds and records."
GOAL_WORDS = {
    "sparsity": "at {:.0%} sparsity or more",
    "macs_fraction": "with {:.0%} of the dense MACs or fewer",
}
READING_WORDS = {"accuracy": "accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"}


def points(row: pd.Series, name: str = "", joint: str = "") -> str:
    """A difference in points with its interval, from columns NAME, NAME_low, NAME_high."""
    low, high = row[f"{name}{joint}low"], row[f"{name}{joint}high"]
    return f"{100 * row[name or 'difference']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def ranking_to_markdown(table: pd.DataFrame, reference: str) -> str:
    """The table of `ranking.ranking` to that reference; who lacks seeds is named below it."""
    whole = table[table["missing_seeds"] == ""]
    lines = [
        "| variant | weights removed | MACs left | epochs | accuracy | macro-F1 | difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, row in whole.iterrows():
        gap = points(row, "f1_macro_difference", "_")
        lines.append(
            f"| {row['variant']} | {row['sparsity']:.1%} | {row['macs_fraction']:.1%} "
            f"| {row['epochs']:.0f} | {100 * row['accuracy']:.2f} | {100 * row['f1_macro']:.2f} "
            f"| {gap} |"
        )
    lines += ["", f"Macro-F1 against {reference}; {whole['seeds'].iloc[0]} seeds. {NOTE}"]
    if len(table) > len(whole):
        rest = table[table["missing_seeds"] != ""]
        named = [f"{row.variant} (seeds {row.missing_seeds})" for row in rest.itertuples()]
        lines.append(f"Not ranked, since seeds are missing: {'; '.join(named)}.")
    return "\n".join(lines) + "\n"


def answers_to_markdown(table: pd.DataFrame) -> str:
    """The table of `questions.answers`; questions not run are named below it."""
    lines = [
        "| question | at sparsity | a | b | a - b, macro-F1 points | answer |",
        "|---|---|---|---|---|---|",
    ]
    for _, row in table[table["verdict"] != NOT_RUN].iterrows():
        lines.append(
            f"| {row['question']} | {row['target_sparsity']:.0%} | {100 * row['f1_macro_a']:.1f} "
            f"| {100 * row['f1_macro_b']:.1f} | {points(row)} | {row['verdict']} |"
        )
    lines += ["", NOTE]
    if len(waiting := table.loc[table["verdict"] == NOT_RUN, "question"]):
        lines.append(f"Not run: {' '.join(waiting)}")
    return "\n".join(lines) + "\n"


def inter_to_markdown(table: pd.DataFrame) -> str:
    """The table of `interpatient.inter_table`."""
    lines = [
        "| network | reading | value | Niu et al. 2019 | against dense | within 0.5 point |",
        "|---|---|---|---|---|---|",
    ]
    for _, row in table.iterrows():
        who = row["variant"]
        who += f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""
        value = f"{100 * row['value']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        to_dense = [points(row, "difference", "_"), "yes" if row["within"] else "no"]
        to_dense = ["", ""] if row["variant"] == "dense" else to_dense
        lines.append(
            f"| {who} | {READING_WORDS[row['reading']]} | {value} | {100 * row['published']:.1f} "
            f"| {to_dense[0]} | {to_dense[1]} |"
        )
    return "\n".join([*lines, "", f"{table['seeds'].iloc[0]} seeds. {NOTE}"]) + "\n"


def headline(
    goals: pd.DataFrame, holding: pd.DataFrame, answers: pd.DataFrame, *, at: float, seeds: int
) -> str:
    """The sweep's findings as a Markdown list, for the top of README.

    goals: `limits.goals`; holding: `limits.holding`; answers: `questions.answers` at as many
    sparsities as possible; at: the sparsity at which rivals and changes are told, or the nearest
    one where they were measured.
    """
    told = answers[answers["verdict"] != NOT_RUN]
    lines = [*_goals_reached(goals), _held(holding), *_where_it_matters(told)]
    here = _nearest(told, at)
    rivals = here[(here["a"] == "multistage") | here["b"].str.startswith("small dense")]
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
            ("Still ahead", "Behind", "Not settled"),
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
    if seeds < 5:
        lines.append(f"Only {seeds} seeds: too few for a claim; five are needed.")
    return "".join(f"- {line}\n" for line in lines if line)


def _goals_reached(goals: pd.DataFrame) -> list[str]:
    lines = []
    for (bounded, limit), rows in goals.groupby(["bounded", "limit"], sort=False):
        parts = [
            f"{'reached' if row.held else 'missed'} by "
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
    parts = [
        f"{row.variant} holds the published scores up to {row.sparsity_published:.0%} sparsity and "
        f"down to {row.macs_published:.0%} of the MACs, and macro-F1 within a point of dense up to "
        f"{row.sparsity_within_1_point:.0%} and down to {row.macs_within_1_point:.0%} (measured at "
        f"{row.measured} %)"
        for row in whole[whole["variant"].isin(["multistage", "one-shot"])].itertuples()
    ]
    return f"On the mean of seeds {'; '.join(parts)}." if parts else ""


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
    elsewhere = rows["target_sparsity"].map(lambda t: "" if np.isclose(t, at) else f" at {t:.0%}")
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
