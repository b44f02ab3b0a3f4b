"""The tables of the frontier in Markdown."""

import pandas as pd

from ecglib.frontier.methods import Cell
from ecglib.frontier.results import AGAINST, IN_MACS
from ecglib.frontier.shown import Found
from ecglib.report.markdown import READING_WORDS, points, to_markdown
from ecglib.report.resampling import NO, OPEN, YES

OTHER_TASK = (
    "A network for so few cycles has a task of its own: it sees more of the record than the "
    "study's smallest, and learns from a larger network. See docs/frontier.md.\n"
)
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
        "removed": _removed(row["method"], row["target_sparsity"]),
        "method": row["label"],
        "seeds": f"{row['seeds']}",
        "MACs left": f"{row['macs_fraction']:.0%}",
        "macro-F1, validation": f"{100 * row['f1_macro_validation']:.1f}",
        "macro-F1, test": f"{100 * row['f1_macro']:.2f} ({ends})",
        "accuracy, test": f"{100 * row['accuracy']:.2f}",
        "second order less it": points(row) if rival else "",
        "second order is": VERDICTS[row["verdict"]] if rival else "",
        "without class F": points(row, "without_f", "_") if rival else "",
    }


def unseen_table(scores: pd.DataFrame, model: str) -> str:
    """`results.table` of a model for patients apart, in the readings of the literature.

    A row a method and target: means of the seeds, and the worst and the best of them.
    """
    of, readings = scores[scores["model"].eq(model)], READING_WORDS | {"f1_macro": "macro-F1"}
    return to_markdown(
        {
            "removed": _removed(method, target),
            "method": part["label"].iloc[0],
            "seeds": f"{len(part)}",
            "MACs left": f"{part['macs_fraction'].mean():.0%}",
            **{words: _with_ends(part[name]) for name, words in readings.items()},
        }
        for (target, method), part in of.groupby(["target_sparsity", "method"])
    )


def _with_ends(scores: pd.Series) -> str:
    ends = f"{100 * scores.min():.1f} to {100 * scores.max():.1f}"
    return f"{100 * scores.mean():.1f} ({ends})"


def _removed(method: str, target: float) -> str:
    return f"{target:.0%}" + (" of the MACs" if method in IN_MACS else "")


def missing(cells: list[Cell], core: list[Cell], asked: int) -> str:
    """A line for what was not run of so many cells, and of the core; nothing where all was."""
    if not cells:
        return ""
    of_core = sum(cell in core for cell in cells)
    targets: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        words = f"{cell.target:.0%}"
        targets.setdefault(cell.model, {}).setdefault(cell.method, []).append(words)
    each = [
        f"of {model} "
        + ", ".join(f"`{name}` ({', '.join(dict.fromkeys(at))})" for name, at in of.items())
        for model, of in targets.items()
    ]
    return (
        f"{len(cells)} of {asked} runs are missing, {of_core or 'none'} of them of the core, which "
        "`make frontier_cells` trains. `make frontier_cells FRONTIER=--extended` trains all. Some "
        f"or all seeds are missing {'; '.join(each)}.\n"
    )


def regrowth_table(found: Found) -> str:
    """Every third event of the run that regrows: what came back, and what of it stayed."""
    rows = [row for kept in found.values() for row in kept.events if "regrown" in row]
    return to_markdown(
        {
            "epoch": f"{row['epoch']:.0f}",
            "sparsity": f"{100 * row['sparsity']:.1f}%",
            "regrown": f"{row['regrown']:,}",
            "there at the end": f"{row['alive_at_end']:,}",
            "share": f"{row['alive_at_end'] / row['regrown']:.0%}" if row["regrown"] else "",
        }
        for row in rows[::3]
    )


def short_table(short: pd.DataFrame) -> str:
    """`pareto.short`: a row for each method and target, means of seeds."""
    return to_markdown(
        {
            "network": of["label"].iloc[0],
            "widths": "; ".join(dict.fromkeys(of["widths"])),
            **_on_the_device(of),
            "cycles of its sums": f"{of['cycles_of_sums'].mean():,.0f}",
        }
        for _, of in short.groupby(["label", "target"], sort=False)
    )


def device_table(device: pd.DataFrame) -> str:
    """`pareto.measured` of a pruned model, likewise."""
    return to_markdown(
        {"network": of["label"].iloc[0], "removed": _removed(of["method"].iloc[0], target)}
        | _on_the_device(of)
        for (_, target), of in device.groupby(["label", "target"], sort=False)
    )


def _on_the_device(of: pd.DataFrame) -> dict[str, str]:
    """Means of seeds of one kind of network."""
    mean = of.select_dtypes("number").mean()
    ends = f"{100 * of['f1_macro'].min():.1f} to {100 * of['f1_macro'].max():.1f}"
    return {
        "seeds": f"{len(of)}",
        "macro-F1, 8 bits": f"{100 * mean['f1_macro']:.2f} ({ends})",
        "accuracy, 8 bits": f"{100 * mean['accuracy']:.2f}",
        "cycles": f"{mean['cycles']:,.0f}",
        "flash, RAM, bytes": f"{mean['flash_bytes']:,.0f}, {mean['ram_bytes']:,.0f}",
        "uJ": f"{mean['energy_uj_low']:.1f} to {mean['energy_uj_high']:.1f}",
    }


def asked_table(goals: pd.DataFrame) -> str:
    """`asked.asked`."""
    return to_markdown(
        {"asked": row["asked"], "goal": row["goal"], "found": row["found"]}
        | {"seeds alone": row["by"], "": "met" if row["met"] else "missed"}
        for _, row in goals.iterrows()
    )


def goals_table(rows: pd.DataFrame) -> str:
    """`goals.rows`; nothing where there are none."""
    text = to_markdown(
        {
            "goal": _goal(row),
            "by": row["variant"],
            "macro-F1": f"{100 * row['f1_macro']:.2f}",
            "on the mean": "held" if row["held"] else "missed",
            "seeds": f"{row['seeds_held']} of {row['seeds']}",
        }
        for _, row in rows.iterrows()
    )
    return f"Of methods made for one goal, the same:\n\n{text}\n{OTHER_TASK}" if text else ""


def _goal(row: pd.Series) -> str:
    if row["bounded"] == "cycles":
        return f"at most {row['limit']:,.0f} cycles a beat"
    return f"{row['limit']:.0%} of the weights removed"
