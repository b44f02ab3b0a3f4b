"""The tables of unseen patients in Markdown, and the answers in a few sentences."""

from collections.abc import Iterable

import pandas as pd

from ecglib.report.markdown import points, to_markdown
from ecglib.unseen.asked import asked, value, without
from ecglib.unseen.scores import KINDS, MEDIAN, POOLED
from ecglib.unseen.settings import settings
from ecglib.unseen.study import (
    AS_N,
    AS_S,
    PLAIN_GATED,
    PLAIN_RECIPE,
    STUDY,
    STUDY_GATED,
    UNGATED,
)


def _percent(row: pd.Series, prefix: str = "") -> str:
    ends = row[f"{prefix}low"], row[f"{prefix}high"]
    middle = f"{100 * row[f'{prefix}value']:.1f}"
    return middle if pd.isna(ends[0]) else f"{middle} ({100 * ends[0]:.0f} to {100 * ends[1]:.0f})"


def name(network: str, target: float) -> str:
    """What a network is called."""
    plain = {
        STUDY: "the study's network",
        STUDY_GATED: "the study's network, with the gate",
        PLAIN_RECIPE: "trained here, nothing invented",
        PLAIN_GATED: "trained here, nothing invented, with the gate",
        settings().recipe: "chosen: P waves, frequent S invented, with the gate",
        UNGATED: "the chosen one without the gate",
        "multistage": f"chosen, in stages, {target:.0%}",
        "one_shot": f"chosen, pruned once, {target:.0%}",
        "aofp": f"chosen, filters by AOFP, {target:.0%} fewer MACs",
    }
    return plain.get(network, network)


def scores_table(table: pd.DataFrame, networks: Iterable[str]) -> str:
    """Networks by F1 of each kind and reading, with intervals, by de Chazal's map."""
    of = table[table["map"].eq(AS_N) & table["score"].isin(["f1", "accuracy"])]
    rows = []
    for (network, target), part in of[of["network"].isin(networks)].groupby(
        ["network", "target"], sort=False
    ):
        row = {"network": name(network, target)}
        for kind, reading in _columns(part):
            at = part[part["kind"].eq(kind) & part["reading"].eq(reading)].iloc[0]
            row["accuracy" if kind == "all" else f"{kind} F1, {reading}"] = _percent(at)
        rows.append(row)
    return to_markdown(rows)


def _columns(part: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(part["kind"], part["reading"], strict=True)))


def readings_table(table: pd.DataFrame) -> str:
    """The chosen network by both maps of escapes and both ways to count, pooled."""
    of = table[table["network"].eq(settings().recipe) & table["reading"].eq(POOLED)]
    rows = []
    for map_name in (AS_N, AS_S):
        for kind in KINDS:
            part = of[of["map"].eq(map_name) & of["kind"].eq(kind)].set_index("score")
            for counted, prefix in (("all", ""), ("as EC57 excuses", "ec57_")):
                cells = {
                    score: _percent(part.loc[score], prefix)
                    for score in ("sensitivity", "predictivity", "f1")
                }
                rows.append({"e and j": map_name, "kind": kind, "false beats": counted} | cells)
    return to_markdown(rows)


def tried_table(table: pd.DataFrame) -> str:
    """tried.csv: recipes by F1 of each reading, with intervals over records."""
    rows, of = [], table[table["score"].isin(["f1", "accuracy"])]
    ways = ["recipe", "gate", "margin"]
    for (recipe, beyond, margin), part in of.groupby(ways, sort=False, dropna=False):
        row = {"recipe": recipe.replace("_", " "), "gate": "" if pd.isna(beyond) else f"{beyond:g}"}
        row |= {"margin": f"{margin:g}", "repeats": f"{part['repeats'].iloc[0]}"}
        for at in part.to_dict("records"):
            head = "accuracy" if at["kind"] == "all" else f"{at['kind']}, {at['reading']}"
            row[head] = _percent(pd.Series(at))
        rows.append(row)
    return to_markdown(rows)


def minutes_table(table: pd.DataFrame) -> str:
    """tried_minutes.csv: uses of the first minutes by F1, on the rest of the record."""
    of = table[table["score"].eq("f1")]
    rows = []
    for use, part in of.groupby("first_minutes", sort=False):
        cells = {f"{at['kind']}, {at['reading']}": _percent(at) for _, at in part.iterrows()}
        rows.append({"first five minutes": use} | cells)
    return to_markdown(rows)


def asked_table(table: pd.DataFrame) -> str:
    """The goals, and whether they are met."""
    return to_markdown(
        {"asked": row["asked"], "goal": row["goal"], "found": row["found"]}
        | {"": "met" if row["met"] else "missed"}
        for _, row in asked(table).iterrows()
    )


def in_short(table: pd.DataFrame, differences: pd.DataFrame) -> str:
    """What was found, each number from results.csv and differences.csv."""
    other, chosen = without(table), settings().recipe
    said, known = [], set(table["network"])
    for kind in ("SVEB", "VEB"):
        each = [
            f"{100 * value(table, network, kind, POOLED, 'f1'):.1f} % pooled and "
            f"{100 * value(table, network, kind, other, 'f1'):.1f} % {other} {words}"
            for network, words in (
                (STUDY, "by the study's network"),
                (STUDY_GATED, "by the study's network, with the gate"),
                (PLAIN_GATED, "by one trained here on nothing invented, with the gate"),
                (UNGATED, "by the chosen one without it"),
                (chosen, "by the chosen one"),
            )
            if network in known
        ]
        said.append(f"F1 of {kind} on DS2: {'; '.join(each)}.")
    said += [_paired(differences, chosen, STUDY_GATED)] if STUDY_GATED in known else []
    medians = [
        f"{100 * value(table, of, 'SVEB', MEDIAN, 'f1'):.1f} % {words}"
        for of, words in (
            (STUDY, "by the study's network"),
            (chosen, "by the chosen one"),
        )
        if of in known
    ]
    said.append(f"The median over records of SVEB F1: {'; '.join(medians)}.")
    for use, words in (("without labels", "unlabelled"), ("labelled", "labelled")):
        gains = [
            100
            * (
                value(table, f"first minutes: {use}", kind, POOLED, "f1")
                - value(table, "first minutes: not used", kind, POOLED, "f1")
            )
            for kind in ("SVEB", "VEB")
        ]
        said.append(
            f"The first five minutes, {words}, add {gains[0]:+.1f} points of SVEB F1 and "
            f"{gains[1]:+.1f} of VEB F1 on the rest of the record."
        )
    met = asked(table)["met"]
    said.append(f"{met.sum()} of {len(met)} goals are met.")
    return "".join(f"- {each}\n" for each in said)


def _paired(differences: pd.DataFrame, of: str, less: str) -> str:
    rows = differences[differences["network"].eq(of) & differences["less"].eq(less)]
    rows = rows[rows["kind"].eq("SVEB") & rows["reading"].ne(MEDIAN)]
    rows = rows.assign(difference=rows["value"])
    each = [f"{points(row)} {row['reading']}" for _, row in rows.iterrows()]
    return (
        f"Paired over records, the chosen network less {name(less, 0.0)} has, in points of SVEB "
        f"F1, {' and '.join(each)}."
    )


def external(table: pd.DataFrame) -> str:
    """The table of `external.results`: each score with its interval; empty for an empty one."""
    rows = []
    for (kind, reading), part in (
        table.groupby(["kind", "reading"], sort=False) if len(table) else ()
    ):
        cells = {of["score"]: _percent(of) for _, of in part.iterrows()}
        heads = ("accuracy", "sensitivity", "predictivity", "f1")
        rows.append({"kind": kind, "reading": reading} | {h: cells.get(h, "") for h in heads})
    return to_markdown(rows)
