"""The study's answer at a glance, for the top of README; its wording follows the numbers."""

from collections.abc import Iterable, Mapping

import pandas as pd

from ecglib.report.filters import AOFP
from ecglib.report.markdown import points, removed, rows_to_markdown
from ecglib.report.questions import (
    ALIKE,
    AT_EQUAL_MACS,
    BEST_ONE_SHOT,
    IS_BETTER,
    PER_MAC_DENSE,
    PER_MAC_ONCE,
    SMALL_DENSE,
    TUNED,
    WITH_GRADIENT,
)
from ecglib.report.resampling import NO, NOT_RUN, OPEN, YES, verdict_of
from ecglib.settings.sections import Published

VERDICTS = {YES: "ahead", OPEN: "not settled", NO: "behind"}
STAGES_LESS = {  # question -> what pruning in stages is held against
    IS_BETTER: "pruning once, ranked alike",
    TUNED: "pruning once at its best learning rate",
    BEST_ONE_SHOT: "pruning once, small layers spared (LAMP)",
    WITH_GRADIENT: "pruning once, both by gradient times weight",
    AT_EQUAL_MACS: "pruning once, both with a budget of MACs",
    ALIKE: "pruning once, both with a budget of MACs alike in every layer",
    PER_MAC_ONCE: "pruning once, both with a budget of MACs, by magnitude per MAC",
    SMALL_DENSE: "a narrower network from scratch; stages with a budget alike in every layer",
    PER_MAC_DENSE: "a narrower network from scratch; stages by magnitude per MAC",
}
AOFP_LESS = {
    "random filters, MACs budget": "random filters",
    "L1, filters, MACs budget": "L1",
    "geometric median, filters, MACs budget": "geometric median",
    "Taylor, filters, MACs budget": "Taylor",
    "oracle, filters, MACs budget": "oracle",
    "Torch-Pruning (DepGraph), MACs budget": "Torch-Pruning",
    "small dense, MACs budget": "a narrower network from scratch",
}


def summary(
    answers: pd.DataFrame,
    goals: pd.DataFrame,
    filters: Mapping[str, pd.DataFrame],
    inter: pd.DataFrame,
    published: Published,
) -> str:
    """Markdown: a sentence or a small table for each part of the answer.

    answers: `answering.answers`; goals: `limits.goals`; filters: network -> table of
    `filters.at_equal_macs`; inter: rows of `interpatient.inter_table`, with the column network.
    """
    told = answers[answers["verdict"] != NOT_RUN]
    parts = (_claim(told, published), _stages(told), _goals(goals), _filters(filters))
    return "\n".join(part for part in (*parts, _patients(inter)) if part)


def _claim(told: pd.DataFrame, published: Published) -> str:
    here = told["question"].eq(IS_BETTER) & told["target_sparsity"].eq(published.sparsity)
    if not here.any():
        return ""
    row = told[here].iloc[0]
    words = {OPEN: "makes no settled difference", YES: "is better", NO: "is worse"}
    return (
        f"**The claim.** At {published.sparsity:.0%} sparsity pruning in stages "
        f"{words[row['verdict']]}: {100 * row['f1_macro_a']:.1f} macro-F1, and "
        f"{100 * row['f1_macro_b']:.1f} for pruning once with as many epochs, {points(row)} "
        f"points; published {100 * published.f1_gain:+.0f}.\n"
    )


def _stages(told: pd.DataFrame) -> str:
    """Plain one-shot and budgets of MACs at all targets, other rivals at the highest."""
    rows = []
    for question, rival in STAGES_LESS.items():
        asked = told[told["question"] == question]
        highest = asked["target_sparsity"].eq(asked["target_sparsity"].max())
        every = asked["budget"].eq("macs") | (question == IS_BETTER)
        for _, row in asked[highest | every].iterrows():
            macs = f"{row['macs_fraction_a']:.0%}, {row['macs_fraction_b']:.0%}"
            scores = f"{100 * row['f1_macro_a']:.1f}, {100 * row['f1_macro_b']:.1f}"
            rows.append((rival, removed(row), macs, scores, points(row), VERDICTS[row["verdict"]]))
    head = ("rival", "removed", "MACs left: stages, rival", "macro-F1: stages, rival")
    words = (
        "Macro-F1 of pruning in stages beside its rivals', at equal epochs, dense ones included:"
    )
    return _titled("Where stages pay", words, (*head, "difference", "stages are"), rows)


def _goals(goals: pd.DataFrame) -> str:
    """Each goal by the network that validation chose."""
    rows = [
        (
            f"{row.limit:.0%} of the weights gone"
            if row.bounded == "sparsity"
            else f"{row.limit:.0%} of the MACs left",
            f"{row.sparsity:.0%}",
            f"{row.macs_fraction:.0%}",
            row.variant,
            f"{100 * row.f1_macro:.2f}",
            "held" if row.held else "missed",
            f"{row.seeds_held} of {row.seeds}",
        )
        for row in goals[goals["who"] == "best"].itertuples()
    ]
    head = ("goal", "weights removed", "MACs left", "chosen on validation beats", "macro-F1")
    words = "The published scores, on the mean of the seeds and by how many of them:"
    return _titled("How small", words, (*head, "on the mean", "seeds"), rows)


def _filters(tables: Mapping[str, pd.DataFrame]) -> str:
    """AOFP against its rivals wherever both were measured, a row a network and target."""
    rows = []
    for name, found in tables.items():
        for target, at in found.groupby("target"):
            at = at.set_index("variant")
            rivals = [_gap(at.loc[one]) if one in at.index else "" for one in AOFP_LESS]
            if any(rivals):
                own = f"{100 * at.loc[AOFP, 'f1_macro']:.1f}"
                network = name.replace(", intra", "")
                rows.append((network, f"{target:.0%} fewer MACs", own, *rivals))
    head = ("network", "removed", "AOFP", *(f"less {rival}" for rival in AOFP_LESS.values()))
    words = (
        "Macro-F1 of approximated oracle filter pruning (AOFP), and AOFP less each rival at "
        "equal epochs, bold if settled:"
    )
    return _titled("Whole filters", words, head, rows)


def _gap(row: pd.Series) -> str:
    words = points(row, "aofp_less", "_")
    settled = verdict_of(row["aofp_less_low"], row["aofp_less_high"]) != OPEN
    return f"**{words}**" if settled else words


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
        f"beat normal has {dense['normal_share'].iloc[0]:.1%} accuracy.\n"
    )


def _titled(title: str, words: str, head: Iterable[str], rows: list[tuple[str, ...]]) -> str:
    return f"**{title}.** {words}\n\n{rows_to_markdown(head, rows)}" if rows else ""
