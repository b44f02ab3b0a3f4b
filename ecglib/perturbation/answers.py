"""The study's answers as tables, all from the rows and answers of the runs (see `plan`)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecglib.perturbation import beat_runs, eeg_runs
from ecglib.perturbation.beat_networks import DENSE, MODEL
from ecglib.perturbation.crafts import ANY_TIME, CRAFTS, IN_TIME
from ecglib.perturbation.plan import answer_key
from ecglib.perturbation.settings import PUBLISHED_XI
from ecglib.report import resampling
from ecglib.systems import intervals

SCORES = ["accuracy", "balanced_accuracy", "f1_macro", "fooling_rate", "target_rate"]
NAMES = ["data", "victim", "method", "target_sparsity", "bits", "attack", "xi", "craft", "target"]
KIND = ["method", "target_sparsity", "bits"]
Said = Mapping[tuple, np.ndarray]
Groups = Mapping[tuple, np.ndarray]


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
    """Accuracy of each EEG victim on the people of all folds, with `low` and `high` over people."""
    clean = picked(rows[rows["data"] == eeg_runs.DATA], attack="none")
    found = []
    for victim, of in clean.groupby("victim", sort=False):
        counts = [
            _by_group(said[answer_key(row)][0] == said[answer_key(row)][2], groups[_of(row)])
            for row in of.to_dict("records")
        ]
        counts = np.concatenate(counts)  # (people, 2): wrong and right
        drawn = intervals.times_drawn(len(counts), draws) @ counts
        ends = intervals.with_ends(drawn[:, 1] / drawn.sum(1))
        found.append({"victim": victim, "people": len(counts)} | resampling.ends("accuracy", ends))
    return pd.DataFrame(found)


def kinds(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> pd.DataFrame:
    """Each kind of heartbeat network in 32 and 8 bits, by what it was attacked with.

    f1_macro: clean; fooling_rate; means of the seeds. `fooled_more`, and `f1_lost` of the clean
    one, against the dense network in floats, with ends in `_low` and `_high`: bootstrap over seeds
    and records, the same draws for all.
    """
    beats = rows[(rows["data"] == beat_runs.DATA) & (rows["victim"] == MODEL)]
    of = picked(beats, bits=[32, 8], attack="tlm", craft=["natural mix", "any time"])
    of = of[of["method"].isin(beats["method"].unique())]
    table = of.groupby([*KIND, "craft"], sort=False)["fooling_rate"].agg(["mean", "count"])
    table = table.rename(columns={"mean": "fooling_rate", "count": "seeds"}).reset_index()
    clean = picked(beats, bits=[32, 8], attack="none")
    table = table.merge(clean.groupby(KIND)["f1_macro"].mean().reset_index(), on=KIND)
    compared = []
    for craft, part in of.groupby("craft", sort=False):
        fooled = _against_dense(part, said, groups, draws)
        compared += [{"craft": craft, **row} for row in fooled]
    return table.merge(pd.DataFrame(compared), on=[*KIND, "craft"])


def _against_dense(rows: pd.DataFrame, said: Said, groups: Groups, draws: int) -> list[dict]:
    """One row a kind: fooled_more than the dense network in floats, with its interval."""
    kinds = {key: of.sort_values("seed") for key, of in rows.groupby(KIND, sort=False)}
    matrices = np.stack(
        [
            np.stack([_matrix(said[answer_key(row)], groups[_of(row)]) for row in _dicts(of)])
            for of in kinds.values()
        ]
    )
    reading = {"fooled": lambda counts: counts[..., 0, 1] / counts.sum((-2, -1))}
    drawn = resampling.replicates(matrices, reading, draws)["fooled"]
    dense = list(kinds).index((*DENSE, 32))
    rates = [of["fooling_rate"].mean() for of in kinds.values()]
    low, high = resampling.bounds(drawn - drawn[:, [dense]])
    return [
        dict(zip(KIND, key, strict=True))
        | resampling.ends("fooled_more", (rate - rates[dense], float(low[i]), float(high[i])))
        for i, (key, rate) in enumerate(zip(kinds, rates, strict=True))
    ]


def _dicts(rows: pd.DataFrame) -> list[dict]:
    return rows.to_dict("records")


def _of(row: dict) -> tuple:
    return row["data"], row["seed"]


def _matrix(said: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(3, n) label, before, after -> (groups, 2, 2): in the first row not fooled and fooled."""
    counts = _by_group(said[1] != said[2], group)
    return np.stack([counts, np.zeros_like(counts)], 1)


def _by_group(yes: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(n,) bool -> (groups, 2): no and yes."""
    counts = np.zeros((group.max() + 1, 2), np.int64)
    np.add.at(counts, (group, yes.astype(int)), 1)
    return counts
