"""The study's answers as tables, all from the rows and answers of the runs (see `plan`)."""

from itertools import product

import numpy as np
import pandas as pd

from ecglib.perturbation import beat_runs, eeg_runs
from ecglib.perturbation.beat_networks import DENSE, MODEL
from ecglib.perturbation.crafts import ANY_TIME, CRAFTS, IN_TIME, MIX
from ecglib.perturbation.eeg_victims import MAIN
from ecglib.perturbation.paired import (
    CLEAN,
    FOOLED,
    KIND,
    Groups,
    Said,
    against,
    by_group,
    origin,
)
from ecglib.perturbation.plan import answer_key
from ecglib.perturbation.settings import PUBLISHED_XI
from ecglib.report import resampling
from ecglib.systems import intervals

SCORES = ["accuracy", "balanced_accuracy", "f1_macro", "fooling_rate", "target_rate"]
NAMES = ["data", "victim", "method", "target_sparsity", "bits", "attack", "xi", "craft", "target"]
SMALL = "small_dense"
KINDS_CRAFTS = (MIX, ANY_TIME)
# Defended network -> the same without the defence.
UNDEFENDED = {
    ("defended", 0.0): DENSE,
    ("defended, multistage", 0.9): ("multistage", 0.9),
    ("defended, multistage without", 0.9): ("multistage", 0.9),
}


def own_arrival(craft: pd.Series) -> pd.Series:
    """What perturbations of these crafts were crafted for."""
    return craft.map(lambda one: ANY_TIME if CRAFTS[one].any_time else IN_TIME)


def results(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of results.csv; `craft` says of other arrivals and other networks what they are.

    `target` is a class or `none`.
    """
    own = rows["arrival"] == own_arrival(rows["craft"])
    craft = rows["craft"].where(own, rows["craft"] + ", " + rows["arrival"])
    on = rows["crafted_on"].where(rows["crafted_on"] == "", ", crafted on " + rows["crafted_on"])
    found = rows.assign(craft=craft + on, target=rows["target"].replace("", "none"))
    return found[[*NAMES, "seed", *SCORES]]


def picked(rows: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """The rows with these values; `wanted` may have lists.

    By default not targeted, at the published xi, in floats, of the network's own perturbation,
    which arrives as it was crafted to. None for what may have any value.
    """
    usual = {"crafted_on": "", "target": "", "xi": PUBLISHED_XI, "bits": 32}
    chosen = pd.Series(True, rows.index)
    if "arrival" not in wanted:
        chosen &= rows["arrival"] == own_arrival(rows["craft"])
    for name, value in (usual | wanted).items():
        if value is not None:
            chosen &= rows[name].isin(value if isinstance(value, list) else [value])
    return rows[chosen]


def means(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """SCORES, xi_unit and the others' means over seeds or folds; `seeds`: how many."""
    others = [name for name in ("in_band", "xi_unit") if name in rows]
    grouped = rows.groupby(by, sort=False, dropna=False)
    found = grouped[[*SCORES, *others]].mean()
    return found.assign(seeds=grouped["seed"].nunique()).reset_index()


def people(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> pd.DataFrame:
    """Accuracy of each EEG victim on the people of all folds, and how much it is above EEGNet's.

    accuracy and more, each with `_low` and `_high` over people, the same draws for all; `more` is
    absent where the people are not the same.
    """
    clean = picked(rows[rows["data"] == eeg_runs.DATA], attack="none")
    rates, counted = {}, {}
    for victim, of in clean.groupby("victim", sort=False):
        counts = [
            by_group(said[answer_key(row)][0] == said[answer_key(row)][2], groups[origin(row)])
            for row in of.sort_values("seed").to_dict("records")
        ]
        counts = np.concatenate(counts)  # (people, 2): wrong and right
        drawn = intervals.times_drawn(len(counts), draws) @ counts
        rates[victim], counted[victim] = drawn[:, 1] / drawn.sum(1), counts.sum(1)
    found = []
    for victim, rate in rates.items():
        row = {"victim": victim, "people": len(counted[victim])}
        row |= resampling.ends("accuracy", intervals.with_ends(rate))
        if np.array_equal(counted[victim], counted.get(MAIN)):
            row |= resampling.ends("more", intervals.with_ends(rate - rates[MAIN]))
        found.append(row)
    return pd.DataFrame(found)


def kinds(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> pd.DataFrame:
    """Each kind of heartbeat network in 32 and 8 bits, by what it was attacked with.

    f1_macro: clean; fooling_rate; means of the seeds. `fooled_more`, and `f1_more` of the clean
    network, against the dense one in floats, with ends in `_low` and `_high`: bootstrap over seeds
    and records, the same draws for all. A kind that lacks a seed of the dense one is left out;
    without heartbeats the table is empty.
    """
    beats = rows[(rows["data"] == beat_runs.DATA) & (rows["victim"] == MODEL)]
    if beats.empty:
        return pd.DataFrame()
    clean = picked(beats, bits=[32, 8], attack="none")
    f1 = against((*DENSE, 32), clean, CLEAN, said, groups, draws)
    found = []
    for craft in KINDS_CRAFTS:
        of = picked(beats, bits=[32, 8], attack="tlm", craft=craft)
        table = against((*DENSE, 32), of, FOOLED, said, groups, draws).assign(craft=craft)
        found.append(table.merge(f1.drop(columns="seeds"), on=KIND))
    return pd.concat(found, ignore_index=True)


def at_equal_macs(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> pd.DataFrame:
    """AOFP's networks against small dense ones of equal MACs: is it pruning or capacity?

    A row a target and craft, columns as `kinds` has them; `fooled_more` than the small dense one.
    """
    tlm = picked(rows, data=beat_runs.DATA, attack="tlm", method=["aofp", SMALL])
    found = []
    for (craft, target), of in tlm.groupby(["craft", "target_sparsity"], sort=False):
        if craft in KINDS_CRAFTS and of["method"].nunique() == 2:
            table = against((SMALL, target, 32), of, FOOLED, said, groups, draws)
            found.append(table[table["method"] != SMALL].assign(craft=craft))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def defence(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> pd.DataFrame:
    """Each defended network against the same without the defence, in as many bits.

    A row a kind, bits and craft, columns as `kinds` has them; `instead`: how often the other is
    fooled.
    """
    beats = rows[(rows["data"] == beat_runs.DATA) & (rows["victim"] == MODEL)]
    found = []
    for bits, craft, (kind, other) in product((32, 8), KINDS_CRAFTS, UNDEFENDED.items()):
        two = beats[_is(beats, kind) | _is(beats, other)]
        of = picked(two, bits=bits, attack="tlm", craft=craft)
        if of["method"].nunique() == 2:
            reference = (*other, bits)
            fooled = against(reference, of, FOOLED, said, groups, draws)
            clean = picked(two, bits=bits, attack="none")
            clean = against(reference, clean, CLEAN, said, groups, draws)
            table = fooled.merge(clean.drop(columns="seeds"), on=KIND).assign(craft=craft)
            instead = table.loc[table["method"].eq(other[0]), "fooling_rate"].iloc[0]
            found.append(table[table["method"].eq(kind[0])].assign(instead=instead))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _is(rows: pd.DataFrame, kind: tuple[str, float]) -> pd.Series:
    return rows["method"].eq(kind[0]) & rows["target_sparsity"].eq(kind[1])
