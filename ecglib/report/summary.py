"""The study's answer in a few lines, for the top of README; their wording follows the numbers."""

from collections.abc import Mapping

import pandas as pd

from ecglib.report.answering import NOT_RUN
from ecglib.report.markdown import points, removed
from ecglib.report.questions import (
    ALIKE,
    AT_EQUAL_MACS,
    BEST_ONE_SHOT,
    IS_BETTER,
    SMALL_DENSE,
    TUNED,
    WITH_GRADIENT,
)
from ecglib.report.resampling import NO, OPEN, YES
from ecglib.schema import Published

VERDICTS = {YES: "settled", OPEN: "not settled", NO: "settled the other way"}
RIVALS = {  # of AOFP
    "random filters, MACs budget": "random filters",
    "small dense, MACs budget": "a small dense network trained from scratch",
}


def summary(
    answers: pd.DataFrame,
    goals: pd.DataFrame,
    filters: Mapping[str, pd.DataFrame],
    inter: pd.DataFrame,
    published: Published,
) -> str:
    """A Markdown list. Differences are in points of macro-F1.

    answers: `answering.answers`; goals: `limits.goals`; filters: network -> table of
    `filters.at_equal_macs`; inter: rows of `interpatient.inter_table`, with the column network.
    """
    told = answers[answers["verdict"] != NOT_RUN]
    plain = told[told["question"] == IS_BETTER].set_index("target_sparsity")
    lines = []
    if published.sparsity in plain.index:
        lines.append(_claim(plain.loc[published.sparsity], published))
        lines.append(_stages(plain[plain.index > published.sparsity], told))
    lines += [_goals(goals), _small_dense(told), _filters(filters), _patients(inter)]
    return "".join(f"- {line}\n" for line in lines if line)


def _claim(row: pd.Series, published: Published) -> str:
    words = {
        OPEN: "makes no settled difference",
        YES: "is better",
        NO: "is worse",
    }
    return (
        f"**The claim.** At {published.sparsity:.0%} sparsity pruning in stages "
        f"{words[row['verdict']]}: {100 * row['f1_macro_a']:.1f} macro-F1, and "
        f"{100 * row['f1_macro_b']:.1f} for pruning once with as many epochs, {points(row)} "
        f"points; published {100 * published.f1_gain:+.0f}."
    )


def _stages(higher: pd.DataFrame, told: pd.DataFrame) -> str:
    """Over plain one-shot, over its best allocation, and at equal MACs."""
    gaps = [
        f"{points(row)} at {target:.0%}"
        for target, row in higher.iterrows()
        if row["verdict"] == YES
    ]
    words = "**Where stages pay.** "
    words += (
        f"Against one-shot with the same global ranking: {', '.join(gaps)}."
        if gaps
        else "At no sparsity against one-shot with the same global ranking."
    )
    for question, rival in (
        (TUNED, "Against one-shot at its best learning rate"),
        (BEST_ONE_SHOT, "Against one-shot that spares small layers (LAMP)"),
        (WITH_GRADIENT, "With gradient times weight as the criterion of both"),
        (AT_EQUAL_MACS, "With a budget in multiplications on both sides"),
        (ALIKE, "With one that every layer bears alike"),
    ):
        rows = told[told["question"] == question]
        highest = rows["target_sparsity"] == rows["target_sparsity"].max()
        rows = rows[highest | (rows["budget"] == "macs")]
        if len(rows):
            words += f" {rival}: {'; '.join(_told(row) for _, row in rows.iterrows())}."
    return words


def _told(row: pd.Series) -> str:
    """A row of `answering.answers`: the difference, where, and which MACs it compares."""
    ours, theirs = row["macs_fraction_a"], row["macs_fraction_b"]
    macs = f", with {ours:.0%} and {theirs:.0%} of the multiplications"
    macs = "" if row["budget"] == "macs" else macs
    return f"{points(row)} at {removed(row)}{macs}, {VERDICTS[row['verdict']]}"


def _small_dense(told: pd.DataFrame) -> str:
    """Against networks that were never pruned, at equal MACs."""
    rows = told[told["question"] == SMALL_DENSE]
    parts = [
        f"{_told(row)} ({100 * row['f1_macro_a']:.1f} and {100 * row['f1_macro_b']:.1f})"
        for _, row in rows.iterrows()
    ]
    words = "A narrower network, trained from scratch as long, is the control. Pruning in stages "
    words += "with a budget in multiplications, alike in every layer, less such a network"
    return f"**Why prune at all.** {words}: {'; '.join(parts)}." if parts else ""


def _goals(goals: pd.DataFrame) -> str:
    """Each goal by the network that validation chose."""
    parts = [
        f"{row.sparsity:.0%} fewer weights and {row.macs_fraction:.0%} of the multiplications: "
        f"{_reached(row)}"
        for row in goals[goals["who"] == "best"].itertuples()
    ]
    words = "**How small.** The published scores on the mean of the seeds, with"
    return f"{words} {'; with '.join(parts)}." if parts else ""


def _reached(row: tuple) -> str:
    return (
        f"{'held' if row.held else 'missed'} ({100 * row.f1_macro:.2f}, {row.seeds_held} of "
        f"{row.seeds} seeds hold them; {row.variant})"
    )


def _filters(tables: Mapping[str, pd.DataFrame]) -> str:
    """AOFP against its rivals wherever both were measured."""
    told = []
    for rival, words in RIVALS.items():
        parts = [
            f"{points(row, 'aofp_less', '_')} on {name.split(',')[0]} at {row['target']:.0%} fewer "
            "MACs"
            for name, table in tables.items()
            for _, row in table[table["variant"] == rival].iterrows()
        ]
        told += [f"less {words} {'; '.join(parts)}"] if parts else []
    start = "**Whole filters.** After fine-tuning, approximated oracle filter pruning (AOFP) has"
    return f"{start}, {'. It has, '.join(told)}." if told else ""


def _patients(inter: pd.DataFrame) -> str:
    """Dense networks on patients apart, beside an answer that is always N."""
    dense = inter[inter["variant"] == "dense"]
    parts = []
    for name, rows in dense.groupby("network", sort=False):
        value = rows.set_index("reading")["value"]
        parts.append(
            f"{name} {value['accuracy']:.1%} accuracy, SVEB F1 {100 * value['f1_SVEB']:.0f}, VEB "
            f"F1 {100 * value['f1_VEB']:.0f}"
        )
    if not parts:
        return ""
    return (
        f"**Unseen patients.** Tested on patients apart, dense: {'; '.join(parts)}. Calling every "
        f"beat normal has {dense['normal_share'].iloc[0]:.1%} accuracy."
    )
