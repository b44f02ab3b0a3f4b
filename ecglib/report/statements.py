"""What the study says in words: the table and the findings that README shows, from its numbers."""

import pandas as pd

from ecglib.report.markdown import points, rows_to_markdown
from ecglib.settings.sections import Published

TOP_1 = "top-1, macro"  # the reading that the findings are told in, see `study.READINGS`


def to_markdown(table: pd.DataFrame, published: Published, *, n_seeds: int, saved: float) -> str:
    """The table of `against_published` as README shows it, in percent and points."""
    head = (f"at {published.sparsity:.0%} sparsity", "published", "dense", "one-shot", "multistage")
    rows = [
        (
            f"{row.measure}, {row.reading}",
            *(f"{100 * x:.2f}" for x in (row.published, row.dense, row.one_shot, row.multistage)),
            f"{100 * row.difference:+.2f} ({100 * row.low:+.2f} to {100 * row.high:+.2f})",
            f"{100 * row.published_difference:+.1f}",
        )
        for row in table.itertuples()
    ]
    head = (*head, "multistage - one-shot (95 % interval)", "published gain")
    return (
        f"{rows_to_markdown(head, rows)}\n"
        f"In percent and percentage points; means of {n_seeds} seeds. Run-time complexity "
        f"(effective MACs) at this sparsity: {saved:.1%} less than dense for multistage, published "
        f"{published.complexity_reduction:.1%}.\n"
    )


def findings(
    gaps: pd.DataFrame, cost: pd.DataFrame, holding: pd.DataFrame, published: Published
) -> str:
    """The findings as a Markdown list.

    gaps and cost: `study.differences` to one-shot and to dense; holding: `study.highest_holding`.
    """
    f1 = gaps[gaps["score"] == "f1_macro"].set_index("target_sparsity")
    accuracy = gaps[gaps["score"] == "accuracy"].set_index("target_sparsity")
    to_dense = cost[cost["score"] == "f1_macro"].set_index("target_sparsity")
    held = holding.pivot(index="reading", columns="method", values="sparsity")
    others = "; ".join(
        f"read as {reading}, up to {of['multistage']:.0%} and {of['one_shot']:.0%}"
        for reading, of in held.drop(index=TOP_1).iterrows()
    )
    at, highest = published.sparsity, f1.index.max()
    lines = [
        f"At {at:.0%} sparsity multistage keeps {accuracy.loc[at, 'multistage']:.2%} accuracy and "
        f"{f1.loc[at, 'multistage']:.2%} macro-F1 (published: {published.accuracy:.1%} and "
        f"{published.f1:.2%}): {points(to_dense.loc[at])} points of macro-F1 against its dense "
        "network.",
        f"Staging adds {points(f1.loc[at])} points of macro-F1 there over pruning once with equal "
        f"epochs, where the published gain is {100 * published.f1_gain:+.0f}. At higher "
        "sparsities: "
        + ", ".join(f"{points(row)} at {s:.0%}" for s, row in f1[f1.index > at].iterrows())
        + ".",
        f"The published accuracy and F1 are held up to {held.loc[TOP_1, 'multistage']:.0%} "
        f"sparsity by multistage and up to {held.loc[TOP_1, 'one_shot']:.0%} by one-shot on the "
        "mean of the seeds (of the sparsities at which both were measured, "
        f"{f1.index.min():.0%} to {highest:.0%}); {others}.",
    ]
    return "".join(f"- {line}\n" for line in lines)
