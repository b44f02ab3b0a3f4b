"""The tables of the frontier in Markdown."""

import pandas as pd

from ecglib.frontier.methods import Cell
from ecglib.frontier.results import AGAINST
from ecglib.report.markdown import points, to_markdown
from ecglib.report.resampling import NO, OPEN, YES

VERDICTS = {YES: "ahead", OPEN: "not settled", NO: "behind"}


def methods_table(means: pd.DataFrame, model: str) -> str:
    """`results.by_method` of one model: targets one below the other, the best first."""
    of = means[means["model"].eq(model)]
    of = of.sort_values(["target_sparsity", "f1_macro"], ascending=[True, False])
    return to_markdown(_row(row) for _, row in of.iterrows())


def _row(row: pd.Series) -> dict[str, str]:
    ends = f"{100 * row['f1_macro_least']:.1f} to {100 * row['f1_macro_most']:.1f}"
    rival = row["method"] != AGAINST and pd.notna(row.get("difference"))
    return {
        "removed": f"{row['target_sparsity']:.0%}",
        "method": row["label"],
        "seeds": f"{row['seeds']}",
        "MACs left": f"{row['macs_fraction']:.0%}",
        "macro-F1, validation": f"{100 * row['f1_macro_validation']:.1f}",
        "macro-F1, test": f"{100 * row['f1_macro']:.2f} ({ends})",
        "accuracy, test": f"{100 * row['accuracy']:.2f}",
        "second order less it": points(row) if rival else "",
        "second order is": VERDICTS[row["verdict"]] if rival else "",
    }


def missing(cells: list[Cell]) -> str:
    """A line for what was not run; nothing where all was."""
    if not cells:
        return ""
    names = list(dict.fromkeys(f"{cell.method} of {cell.model}" for cell in cells))
    return (
        f"{len(cells)} runs are not here, of {', '.join(names)}: `make frontier_cells` runs them.\n"
    )
