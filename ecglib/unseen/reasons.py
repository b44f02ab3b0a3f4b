"""Why the chosen network was chosen, and which records hold it back; each number from a table."""

import pandas as pd

from ecglib.report.markdown import points, to_markdown
from ecglib.unseen.asked import LABELLED
from ecglib.unseen.scores import MEDIAN, POOLED
from ecglib.unseen.settings import settings
from ecglib.unseen.study import PLAIN_GATED, STUDY, STUDY_GATED
from ecglib.unseen.tried import INVENTED
from ecglib.unseen.words import name


def merit(table: pd.DataFrame, repeats: str = "value") -> pd.Series:
    """What is chosen by: the mean of four F1 of tried.csv, by recipe, gate and margin.

    SVEB's pooled, without the record of most S beats, and on invented frequent S; VEB's pooled.
    repeats: `value`, the mean of a recipe's repeats, or `first`, the first alone.
    """
    of = table[table["score"].eq("f1")]
    of = of[of["reading"].ne(MEDIAN) & (of["kind"].eq("SVEB") | of["reading"].eq(POOLED))]
    return of.groupby(["recipe", "gate", "margin"], sort=False)[repeats].mean()


def decided(table: pd.DataFrame) -> str:
    """Recipes by merit, each at its best gate and margin; other ways with the chosen one; by F1."""
    recipe, gate = settings().recipe, settings().gate
    several = table["repeats"].eq(table["repeats"].max())
    by_merit = merit(table[several])
    said = [
        f"Mean of the four F1 that decide, at the best gate and margin{words}: "
        f"{_each(of.groupby(level='recipe', sort=False).max(), recipe)}."
        for words, of in (
            ("", by_merit),
            (", in the first repeat alone", merit(table, "first")),
        )
    ]
    for column, words, of in (
        ("gate", "The gate, without a margin", by_merit[recipe].xs(0.0, level="margin")),
        ("margin", "The margin, with that gate", by_merit[recipe].xs(gate.beyond, level="gate")),
    ):
        chosen = gate.beyond if column == "gate" else gate.margin
        said.append(f"{words}: {_each(of.rename('{:g}'.format), f'{chosen:g}')}.")
    of = table[table["score"].eq("f1") & table["gate"].eq(gate.beyond)]
    of = of[of["margin"].eq(gate.margin) & of["reading"].ne(INVENTED)]
    for (kind, reading), part in of.groupby(["kind", "reading"], sort=False):
        rows = part.set_index("recipe")
        rows = rows.loc[[recipe, *rows.index.drop(recipe)]]
        each = [f"{_ranged(row)} by {one.replace('_', ' ')}" for one, row in rows.iterrows()]
        said.append(f"{kind} F1, {reading}: {', '.join(each)}.")
    return "".join(f"- {each}\n" for each in said)


def _each(of: pd.Series, chosen: str) -> str:
    order = of.loc[[chosen, *of.index.drop(chosen)]]
    return ", ".join(f"{100 * value:.1f} % by {name}" for name, value in order.items()).replace(
        "_", " "
    )


def _ranged(row: pd.Series) -> str:
    """A mean over repeats and their range; the mean alone where there was one."""
    middle, ends = f"{100 * row['value']:.1f} %", (row["worst"], row["best"])
    return (
        middle
        if ends[0] == ends[1]
        else "{} ({:.0f} to {:.0f})".format(middle, *(100 * end for end in ends))
    )


def differences_table(table: pd.DataFrame) -> str:
    """Points of F1 of one network less another, by kind and reading, with paired intervals."""
    rows = []
    for (network, less, target), part in table.groupby(["network", "less", "target"], sort=False):
        of = part.assign(difference=part["value"])
        cells = {f"{at['kind']}, {at['reading']}": points(at) for _, at in of.iterrows()}
        rows.append({"network": name(network, target), "less": name(less, 0.0)} | cells)
    return to_markdown(rows)


def false_table(records: pd.DataFrame, kind: str, most: int = 10) -> str:
    """False beats of a kind by record of records.csv: most by the chosen network, then the rest.

    Means over the seeds. Those with labelled first minutes are of the rest of the record.
    """
    dense = records[records["target"].eq(0)]
    columns = {
        "the study's": STUDY,
        "the study's, with the gate": STUDY_GATED,
        "nothing invented, with the gate": PLAIN_GATED,
        "chosen": settings().recipe,
        "chosen, first minutes labelled": LABELLED,
    }
    by = {
        what: dense.pivot(index="record", columns="network", values=f"{what}_{kind}")
        for what in ("beats", "false")
    }
    order = by["false"][settings().recipe].sort_values(ascending=False, kind="stable").index
    groups = [(str(record), [record]) for record in order[:most]]
    groups.append((f"{len(order[most:])} other", list(order[most:])))
    return to_markdown(
        {"record": of_rows, f"its {kind}": f"{by['beats'].loc[rows, settings().recipe].sum():.0f}"}
        | {head: f"{by['false'].loc[rows, of].sum():.0f}" for head, of in columns.items()}
        for of_rows, rows in groups
    )
