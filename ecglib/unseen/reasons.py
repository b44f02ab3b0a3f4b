"""Why the chosen network was chosen, and which records hold it back; each number from a table."""

from collections.abc import Iterator

import pandas as pd

from ecglib.report.markdown import points, to_markdown
from ecglib.unseen.asked import LABELLED
from ecglib.unseen.settings import settings
from ecglib.unseen.study import PLAIN_GATED, STUDY, STUDY_GATED
from ecglib.unseen.tried import INVENTED
from ecglib.unseen.words import name


def decided(table: pd.DataFrame) -> str:
    """Recipes at the chosen gate and margin, and other ways with the chosen one, by F1."""
    of = table[table["score"].eq("f1")]
    recipe, gate = settings().recipe, settings().gate
    at_gate = of[of["gate"].eq(gate.beyond) & of["margin"].eq(gate.margin)]
    others = [one for one in dict.fromkeys(at_gate["recipe"]) if one != recipe]
    said = []
    readings = dict.fromkeys(zip(of["kind"], of["reading"], strict=True))
    for kind, reading in [one for one in readings if one[1] != INVENTED]:
        rows = at_gate[at_gate["kind"].eq(kind) & at_gate["reading"].eq(reading)]
        rows = rows.set_index("recipe").loc[[recipe, *others]]
        each = [f"{_ranged(row)} by {one.replace('_', ' ')}" for one, row in rows.iterrows()]
        said.append(f"{kind} F1, {reading}: {', '.join(each)}.")
    return "".join(f"- {each}\n" for each in [*said, *_other_ways(of[of["recipe"].eq(recipe)])])


def _other_ways(of: pd.DataFrame) -> Iterator[str]:
    """What other gates, without a margin, and other margins, at the chosen gate, would change."""
    gate = settings().gate
    for column, chosen, fixed in (
        ("gate", gate.beyond, {"margin": 0.0}),
        ("margin", gate.margin, {"gate": gate.beyond}),
    ):
        rows = of[(of[list(fixed)] == pd.Series(fixed)).all(axis=1)]
        value = rows.set_index([column, "kind", "reading"])["value"]
        for other in [way for way in rows[column].dropna().unique() if way != chosen]:
            each = [
                f"{100 * (value[(other, *what)] - value[(chosen, *what)]):+.1f} points of "
                f"{what[0]} F1, {what[1]}"
                for what in dict.fromkeys(zip(rows["kind"], rows["reading"], strict=True))
            ]
            yield f"The {column} at {other:g} less that at {chosen:g}: {'; '.join(each)}."


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
