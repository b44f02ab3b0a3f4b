"""The sweep's tables in Markdown, and how a difference is written."""

import pandas as pd

from ecglib.report.answering import NOT_RUN

NOTE = "In percent and percentage points; 95 % intervals, paired bootstrap over seeds and records."
READING_WORDS = {"accuracy": "accuracy", "f1_SVEB": "SVEB F1", "f1_VEB": "VEB F1"}


def points(row: pd.Series, name: str = "", joint: str = "") -> str:
    """A difference in points with its interval, from columns NAME, NAME_low, NAME_high."""
    low, high = row[f"{name}{joint}low"], row[f"{name}{joint}high"]
    return f"{100 * row[name or 'difference']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def removed(row: pd.Series) -> str:
    """What a target of `answering.answers` asks for, a sparsity, or so many MACs fewer."""
    return f"{row['target_sparsity']:.0%}" + (" fewer MACs" if row["budget"] == "macs" else "")


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
    """The table of `answering.answers`; questions not run are named below it."""
    lines = [
        "| question | at | MACs left, a and b | a | b | a - b, macro-F1 points "
        "| without class F | answer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for _, row in table[table["verdict"] != NOT_RUN].iterrows():
        lines.append(
            f"| {row['question']} | {removed(row)} | {row['macs_fraction_a']:.0%}, "
            f"{row['macs_fraction_b']:.0%} | {100 * row['f1_macro_a']:.1f} "
            f"| {100 * row['f1_macro_b']:.1f} | {points(row)} | {points(row, 'without_f', '_')} "
            f"| {row['verdict']} |"
        )
    lines += ["", NOTE]
    if len(waiting := table.loc[table["verdict"] == NOT_RUN, "question"]):
        lines.append(f"Not run: {' '.join(waiting)}")
    return "\n".join(lines) + "\n"


def inter_to_markdown(table: pd.DataFrame) -> str:
    """Tables of `interpatient.inter_table`, with the column `network`."""
    lines = [
        "| network | reading | value | Niu et al. 2019 | less dense | within 0.5 point | seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, row in table.iterrows():
        who = f"{row['network']}, {row['variant']}"
        who += f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""
        value = f"{100 * row['value']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        to_dense = [points(row, "difference", "_"), row["within"]]
        to_dense = ["", ""] if row["variant"] == "dense" else to_dense
        lines.append(
            f"| {who} | {READING_WORDS[row['reading']]} | {value} | {100 * row['published']:.1f} "
            f"| {to_dense[0]} | {to_dense[1]} | {row['seeds']} |"
        )
    return "\n".join([*lines, "", NOTE]) + "\n"
