"""The study's tables in Markdown and words, for the notebook and docs/."""

from collections.abc import Mapping

import pandas as pd

from ecglib.offloading import settings  # noqa: F401  (solvers register)
from ecglib.offloading.radio import CORE_PICOJOULES_PER_CYCLE
from ecglib.offloading.solvers import SOLVERS
from ecglib.offloading.study import EXACT, KNOWN_BUDGET
from ecglib.report.markdown import to_markdown

NETWORKS = {
    "alexnet": "AlexNet",
    "vgg19": "VGG-19",
    "googlenet": "GoogLeNet",
    "resnet101": "ResNet-101",
}


def method(name: str) -> str:
    """What tables and figures call a solver."""
    return "exact" if name == EXACT else SOLVERS[name].label


def instance(name: str, servers: int) -> str:
    """Such as `AlexNet, 15 servers`."""
    for word, written in NETWORKS.items():
        name = name.replace(word, written)
    return f"{name}, {servers} servers"


def labelled(table: pd.DataFrame, joint: str = ", ") -> pd.DataFrame:
    """A table with its methods and instances in words."""
    found = table.copy()
    if "method" in table:
        found["method"] = [method(name) for name in table["method"]]
    if "instance" in table:
        pairs = zip(table["instance"], table["servers"], strict=True)
        found["instance"] = [instance(*pair).replace(", ", joint) for pair in pairs]
    return found


def percent(value: float) -> str:
    """A gap; nothing where there is none. Below zero is a tolerance: see `study.BelowOptimum`."""
    if pd.isna(value):
        return ""
    value = max(value, 0.0)
    return f"{100 * value:.1f} %" if value < 10 else f"{100 * value:,.0f} %"


def seconds(value: float) -> str:
    """A time to two digits."""
    if pd.isna(value):
        return ""
    return f"{value:.0f} s" if value >= 9.5 else f"{value:.2g} s" if value < 1 else f"{value:.1f} s"


def by_budget(table: pd.DataFrame) -> str:
    """The table of `answers.by_budget`: a row a method and budget, deadlines side by side."""
    rows, factors = [], list(dict.fromkeys(table["deadline_factor"]))
    for (name, budget), of in table.groupby(["method", "evaluations"], sort=False):
        row = {"method": method(name), "evaluations": f"{budget:,}"}
        at = of.set_index("deadline_factor")
        for factor in factors:
            row |= _at_factor(at.loc[factor], factor)
        rows.append(row)
    note = (
        "\nOver instances with a proven optimum. Gap: above the optimum, the median of the "
        "instances' medians, in brackets the largest of them; of what was in time, so that an "
        "instance on which everything is late is in neither. Late: the share of all searches, in "
        "brackets on how many instances none was.\n"
    )
    return to_markdown(rows) + note


def _at_factor(of: Mapping[str, float], factor: float) -> dict[str, str]:
    gap = f"{percent(of['gap'])} ({percent(of['worst'])})" if pd.notna(of["gap"]) else ""
    late = f"{of['late']:.0%} ({of['in_time']:.0f} of {of['instances']:.0f})"
    return {f"gap at {factor:g}": gap, f"late at {factor:g}": late}


def exact(table: pd.DataFrame) -> str:
    """The table of `answers.exact`."""
    rows = [
        {
            "networks": instance(row["instance"], row["servers"]),
            "layers": str(row["layers"]),
            "deadline": f"{row['deadline_factor']:g}",
            "cost, microdollars": f"{row['cost']:.2f}",
            "proven": "yes" if row["proven"] else f"within {percent(row['bound_gap'])}",
            "time": seconds(row["seconds"]),
        }
        for _, row in table.iterrows()
    ]
    note = (
        "\nDeadlines as multiples of HEFT's time. Layers without inputs. Time of one core. Where "
        "there are branches or several networks, HiGHS looks for nothing dearer than the best of "
        f"the improved search at {KNOWN_BUDGET:,} evaluations, which stands if it finds nothing. "
        "That search is in the time. So is the bound of several networks, each alone, which may "
        "take HiGHS's limit once more.\n"
    )
    return to_markdown(rows) + note


def times(table: pd.DataFrame) -> str:
    """The table of `answers.time_to_solution`: methods side by side."""
    rows, methods = [], list(dict.fromkeys(table["method"]))
    for (name, servers, factor), of in table.groupby(
        ["instance", "servers", "deadline_factor"], sort=False
    ):
        at = of.set_index("method")["seconds"]
        row = {"networks": instance(name, servers), "deadline": f"{factor:g}"}
        rows.append(row | {method(m): seconds(at.get(m, float("nan"))) for m in methods})
    note = "\nUntil the median gap is at most 1 % and nothing is late; empty: never.\n"
    return to_markdown(rows) + note


def ablation(table: pd.DataFrame) -> str:
    """The table of `answers.ablation`."""
    rows = [
        {
            "solver": method(row["method"]),
            "searches": str(row["searches"]),
            "median gap": percent(row["gap"]),
            "mean gap": percent(row["mean"]),
            "worst": percent(row["worst"]),
            "late": str(row["late"]),
        }
        for _, row in table.iterrows()
    ]
    return to_markdown(rows) + "\nAbove the cheapest that is known of the instance.\n"


def break_even(table: pd.DataFrame) -> str:
    """The table of `placed.break_even`, the cheapest first."""
    rows = [
        {
            "network": row["network"],
            "cycles": f"{row['cycles']:,.0f}",
            "belongs on the wearable from, µJ a byte": f"{row['low']:.3f} to {row['high']:.3f}",
            "by the radio's core": f"{row['radio_core']:.3f}",
            "macro-F1 there": f"{100 * row['f1_local']:.1f}",
            "sent, as floats": f"{100 * row['f1_sent']:.1f}",
            "seeds": str(row["seeds"]),
        }
        for _, row in table.iterrows()
    ]
    note = (
        "The two ends of the core's band, which is of another chip than the radio; then the core "
        f"of the radio's chip, by its data sheet {CORE_PICOJOULES_PER_CYCLE:.0f} pJ a cycle. "
        "Finding the R peak costs the same either way."
    )
    return table_of(rows, note)


def table_of(rows: list[dict[str, str]], note: str) -> str:
    """Rows as a table with a note below; or that there is none."""
    return f"{to_markdown(rows)}\n{note}\n" if rows else "No network has been measured here.\n"


def energies(table: pd.DataFrame) -> str:
    """The table of `placed.parts`: microjoules a beat, low and high."""
    rows = []
    for _, row in table.iterrows():
        low, high = (
            row["radio"] + row[f"finding_{end}"] + row[f"computing_{end}"]
            for end in ("low", "high")
        )
        whole = f"{low:.0f} to {high:.0f}" if high - low > 0.5 else f"{low:.0f}"
        rows.append(
            {
                "network": row["network"],
                "placement": row["placement"],
                "µJ a beat": whole,
                "radio": f"{row['radio']:.1f}",
                "R peak": f"{row['finding_low']:.1f} to {row['finding_high']:.1f}",
                "network's": f"{row['computing_low']:.1f} to {row['computing_high']:.1f}",
            }
        )
    return table_of(rows, "At 1 Mbit/s in 244-byte packets.")


def asked(table: pd.DataFrame) -> str:
    """The table of `asked.asked`."""
    rows = [
        {
            "asked": row["asked"],
            "goal": row["goal"],
            "found": row["found"],
            "": "met" if row["met"] else "missed",
        }
        for _, row in table.iterrows()
    ]
    return to_markdown(rows)
