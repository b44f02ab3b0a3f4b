"""The sweep's tables in Markdown, and how a difference is written."""

from collections.abc import Iterable

import pandas as pd

from ecglib.report.resampling import NOT_RUN

NOTE = "In percent and percentage points; 95 % intervals, paired bootstrap over seeds and records."
READING_WORDS = {"accuracy": "accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"}


def points(row: pd.Series, name: str = "", joint: str = "") -> str:
    """A difference in points with its interval, from columns NAME, NAME_low, NAME_high."""
    low, high = row[f"{name}{joint}low"], row[f"{name}{joint}high"]
    return f"{100 * row[name or 'difference']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def removed(row: pd.Series) -> str:
    """What a target of `answering.answers` asks for, a sparsity, or so many MACs fewer."""
    return f"{row['target_sparsity']:.0%}" + (" fewer MACs" if row["budget"] == "macs" else "")


def rows_to_markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(head)
    rows = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def ranking_to_markdown(ranked: pd.DataFrame, reference: str) -> str:
    """The table of `ranking.ranking` to that reference; who lacks seeds is named below it."""
    whole = ranked[ranked["missing_seeds"] == ""]
    head = ("variant", "weights removed", "MACs left", "epochs", "accuracy", "macro-F1")
    rows = [
        (
            row["variant"],
            f"{row['sparsity']:.1%}",
            f"{row['macs_fraction']:.1%}",
            f"{row['epochs']:.0f}",
            f"{100 * row['accuracy']:.2f}",
            f"{100 * row['f1_macro']:.2f}",
            points(row, "f1_macro_difference", "_"),
        )
        for _, row in whole.iterrows()
    ]
    text = rows_to_markdown((*head, "difference"), rows)
    text += f"\nMacro-F1 against {reference}; {whole['seeds'].iloc[0]} seeds. {NOTE}\n"
    if len(ranked) > len(whole):
        rest = ranked[ranked["missing_seeds"] != ""]
        named = [f"{row.variant} (seeds {row.missing_seeds})" for row in rest.itertuples()]
        text += f"Not ranked, since seeds are missing: {'; '.join(named)}.\n"
    return text


def answers_to_markdown(answers: pd.DataFrame) -> str:
    """The table of `answering.answers`; questions not run are named below it."""
    head = ("question", "at", "MACs left, a and b", "a", "b", "a - b, macro-F1 points")
    rows = [
        (
            row["question"],
            removed(row),
            f"{row['macs_fraction_a']:.0%}, {row['macs_fraction_b']:.0%}",
            f"{100 * row['f1_macro_a']:.1f}",
            f"{100 * row['f1_macro_b']:.1f}",
            points(row),
            points(row, "without_f", "_"),
            row["verdict"],
        )
        for _, row in answers[answers["verdict"] != NOT_RUN].iterrows()
    ]
    text = rows_to_markdown((*head, "without class F", "answer"), rows) + f"\n{NOTE}\n"
    if len(waiting := answers.loc[answers["verdict"] == NOT_RUN, "question"]):
        text += f"Not run: {' '.join(waiting)}\n"
    return text


def inter_to_markdown(inter: pd.DataFrame) -> str:
    """Tables of `interpatient.inter_table`, with the column `network`."""
    head = ("network", "reading", "value", "Niu et al. 2019", "less dense", "within 0.5 point")
    rows = []
    for _, row in inter.iterrows():
        who = f"{row['network']}, {row['variant']}"
        who += f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""
        value = f"{100 * row['value']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        to_dense = [points(row, "difference", "_"), row["within"]]
        to_dense = ["", ""] if row["variant"] == "dense" else to_dense
        reading, published = READING_WORDS[row["reading"]], f"{100 * row['published']:.1f}"
        rows.append((who, reading, value, published, *to_dense, str(row["seeds"])))
    return rows_to_markdown((*head, "seeds"), rows) + f"\n{NOTE}\n"
