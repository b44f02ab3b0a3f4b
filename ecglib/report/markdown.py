"""The report's tables in Markdown, and how a difference is written."""

from collections.abc import Iterable, Mapping

import pandas as pd

from ecglib.report.filters import AOFP
from ecglib.report.resampling import NOT_RUN
from ecglib.settings.sections import Published

NOTE = "In percent and percentage points; 95 % intervals, paired bootstrap over seeds and records."
READING_WORDS = {"accuracy": "accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"}


def points(row: pd.Series, name: str = "", joint: str = "") -> str:
    """A difference in points with its interval, from columns NAME, NAME_low, NAME_high."""
    low, high = row[f"{name}{joint}low"], row[f"{name}{joint}high"]
    return f"{100 * row[name or 'difference']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def percent(fraction: float) -> str:
    """A fraction in percent, for a sentence."""
    return f"{100 * fraction:.1f} %"


def removed(row: pd.Series) -> str:
    """What a target of `answering.answers` asks for, a sparsity, or so many MACs fewer."""
    return f"{row['target_sparsity']:.0%}" + (" fewer MACs" if row["budget"] == "macs" else "")


def goal(row: pd.Series) -> str:
    """What a row of `limits.goals` asks for."""
    what = "weights removed" if row["bounded"] == "sparsity" else "MACs left"
    return f"{row['limit']:.0%} of the {what}"


def to_markdown(rows: Iterable[Mapping[str, str]]) -> str:
    """Rows of column -> cell, all of the same columns, as a table; empty without rows."""
    rows = [dict(row) for row in rows]
    heads = [list(rows[0]), ["---"] * len(rows[0])] if rows else []
    return "".join(f"| {' | '.join(of)} |\n" for of in [*heads, *(row.values() for row in rows)])


def published_to_markdown(
    table: pd.DataFrame, published: Published, *, seeds: int, saved: float
) -> str:
    """The table of `study.against_published`; saved: the fraction of the MACs that is gone."""
    text = to_markdown(
        {
            f"at {published.sparsity:.0%} sparsity": f"{row['measure']}, {row['reading']}",
            "published": f"{100 * row['published']:.2f}",
            "dense": f"{100 * row['dense']:.2f}",
            "one-shot": f"{100 * row['one_shot']:.2f}",
            "multistage": f"{100 * row['multistage']:.2f}",
            "multistage - one-shot (95 % interval)": f"{100 * row['difference']:+.2f} "
            f"({100 * row['low']:+.2f} to {100 * row['high']:+.2f})",
            "published gain": f"{100 * row['published_difference']:+.1f}",
        }
        for _, row in table.iterrows()
    )
    fewer = f"{saved:.1%} in multistage, published {published.complexity_reduction:.1%}"
    return f"{text}\n{NOTE} Means of {seeds} seeds. Effective MACs less than dense: {fewer}.\n"


def ranking_to_markdown(ranked: pd.DataFrame, reference: str) -> str:
    """The table of `ranking.ranking` to that reference; who lacks seeds is named below it."""
    whole = ranked[ranked["missing_seeds"] == ""]
    text = to_markdown(
        {
            "variant": row["variant"],
            "weights removed": f"{row['sparsity']:.1%}",
            "MACs left": f"{row['macs_fraction']:.1%}",
            "epochs": f"{row['epochs']:.0f}",
            "accuracy": f"{100 * row['accuracy']:.2f}",
            "macro-F1": f"{100 * row['f1_macro']:.2f}",
            "difference": points(row, "f1_macro_difference", "_"),
        }
        for _, row in whole.iterrows()
    )
    text += f"\nMacro-F1 against {reference}; {whole['seeds'].iloc[0]} seeds. {NOTE}\n"
    rest = ranked[ranked["missing_seeds"] != ""].itertuples()
    if named := [f"{row.variant} (seeds {row.missing_seeds})" for row in rest]:
        text += f"Not ranked, since seeds are missing: {'; '.join(named)}.\n"
    return text


def goals_to_markdown(goals: pd.DataFrame) -> str:
    """The table of `limits.goals`: each goal by the network that validation chose."""
    text = to_markdown(
        {
            "goal": goal(row),
            "weights removed": f"{row['sparsity']:.0%}",
            "MACs left": f"{row['macs_fraction']:.0%}",
            "chosen on validation beats": row["variant"],
            "macro-F1": f"{100 * row['f1_macro']:.2f}",
            "on the mean": "held" if row["held"] else "missed",
            "seeds": f"{row['seeds_held']} of {row['seeds']}",
        }
        for _, row in goals[goals["who"] == "best"].iterrows()
    )
    return f"{text}\nWhether the published scores are held, on the mean and by how many seeds.\n"


def answers_to_markdown(answers: pd.DataFrame) -> str:
    """The table of `answering.answers`; questions not run are named below it."""
    text = to_markdown(
        {
            "question": row["question"],
            "at": removed(row),
            "MACs left, a and b": f"{row['macs_fraction_a']:.0%}, {row['macs_fraction_b']:.0%}",
            "a": f"{100 * row['f1_macro_a']:.1f}",
            "b": f"{100 * row['f1_macro_b']:.1f}",
            "a - b, macro-F1 points": points(row),
            "without class F": points(row, "without_f", "_"),
            "answer": row["verdict"],
        }
        for _, row in answers[answers["verdict"] != NOT_RUN].iterrows()
    )
    text += f"\n{NOTE}\n"
    if len(waiting := answers.loc[answers["verdict"] == NOT_RUN, "question"]):
        text += f"Not run: {' '.join(waiting)}\n"
    return text


def inter_to_markdown(inter: pd.DataFrame) -> str:
    """Tables of `interpatient.inter_table`, with the column `network`."""
    text = to_markdown(
        {
            "network": f"{row['network']}, {row['variant']}"
            + (f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""),
            "reading": READING_WORDS[row["reading"]],
            "value": "{:.1f} ({:.1f} to {:.1f})".format(*(100 * row[["value", "low", "high"]])),
            "Niu et al. 2019": f"{100 * row['published']:.1f}",
            "less dense": points(row, "difference", "_") if row["target_sparsity"] else "",
            "within 0.5 point": row["within"] if row["target_sparsity"] else "",
            "seeds": str(row["seeds"]),
        }
        for _, row in inter.iterrows()
    )
    return f"{text}\n{NOTE}\n"


def comparison_to_markdown(compared: pd.DataFrame) -> str:
    """Tables of `filters.at_equal_macs`, with the column `network`."""
    text = to_markdown(
        {
            "network": row["network"],
            "MACs to remove": f"{row['target']:.0%}",
            "variant": row["variant"].removesuffix(", MACs budget"),
            "MACs left": f"{row['macs_fraction']:.1%}",
            "epochs": f"{row['epochs']:.0f}",
            "macro-F1": f"{100 * row['f1_macro']:.2f}",
            "less dense": points(row, "to_dense", "_"),
            "AOFP less it": "" if row["variant"] == AOFP else points(row, "aofp_less", "_"),
            "seeds": f"{row['seeds']:.0f}",
        }
        for _, row in compared[compared["variant"] != "dense"].iterrows()
    )
    return f"{text}\n{NOTE}\n"
