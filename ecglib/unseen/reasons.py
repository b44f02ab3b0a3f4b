"""Why the chosen network was chosen, and which records hold it back; each number from a table."""

import pandas as pd

from ecglib.report.markdown import points, to_markdown
from ecglib.unseen.asked import LABELLED
from ecglib.unseen.scores import POOLED
from ecglib.unseen.settings import settings
from ecglib.unseen.study import PLAIN_GATED, STUDY, STUDY_GATED
from ecglib.unseen.tried import INVENTED
from ecglib.unseen.words import name


def decided(table: pd.DataFrame) -> str:
    """Recipes at the chosen gate, and gates of the chosen recipe, by SVEB F1 of tried.csv."""
    of = table[table["kind"].eq("SVEB") & table["score"].eq("f1")]
    recipe, beyond = settings().recipe, settings().gate.beyond
    at_gate = of[of["gate"].eq(beyond)]
    others = [one for one in dict.fromkeys(at_gate["recipe"]) if one != recipe]
    said = []
    for reading in [r for r in dict.fromkeys(of["reading"]) if r != INVENTED]:
        rows = at_gate[at_gate["reading"].eq(reading)].set_index("recipe").loc[[recipe, *others]]
        each = [f"{_ranged(row)} by {one.replace('_', ' ')}" for one, row in rows.iterrows()]
        said.append(f"SVEB F1 with the gate at {beyond:g}, {reading}: {', '.join(each)}.")
    value = of[of["recipe"].eq(recipe)].set_index(["gate", "reading"])["value"]
    for gate in of.loc[of["recipe"].eq(recipe), "gate"].dropna().unique():
        if gate != beyond:
            pooled, invented = (
                100 * (value[gate, reading] - value[beyond, reading])
                for reading in (POOLED, INVENTED)
            )
            said.append(
                f"The gate at {gate:g} has {pooled:+.1f} points of SVEB F1, pooled, against that "
                f"at {beyond:g}, and {invented:+.1f} on invented, frequent S."
            )
    return "".join(f"- {each}\n" for each in said)


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
        "trained here, nothing invented, with the gate": PLAIN_GATED,
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
