"""The study's answers as tables, all from the rows and answers of the runs (see `cases`)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecglib.perturbation.beat_networks import DENSE
from ecglib.perturbation.cases import answer_key
from ecglib.perturbation.crafts import ANY_TIME, CRAFTS, IN_TIME
from ecglib.perturbation.settings import PUBLISHED_XI
from ecglib.report import resampling

SCORES = ["accuracy", "balanced_accuracy", "f1_macro", "fooling_rate", "target_rate"]
NAMES = ["data", "victim", "method", "target_sparsity", "bits", "attack", "xi", "craft", "target"]


def results(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of results.csv; `craft` says of other arrivals and other networks what they are.

    `target` is a class or `none`.
    """
    own = rows["craft"].map(lambda craft: ANY_TIME if CRAFTS[craft].any_time else IN_TIME)
    craft = rows["craft"].where(rows["arrival"] == own, rows["craft"] + ", " + rows["arrival"])
    on = rows["crafted_on"].where(rows["crafted_on"] == "", ", crafted on " + rows["crafted_on"])
    found = rows.assign(craft=craft + on, target=rows["target"].replace("", "none"))
    return found[[*NAMES, "seed", *SCORES]]


def picked(rows: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """The rows with these values; by default own perturbations, not targeted, at the published xi.

    In floats, on time or as they were crafted for.
    """
    own = rows["craft"].map(lambda craft: ANY_TIME if CRAFTS[craft].any_time else IN_TIME)
    chosen = pd.Series(True, rows.index)
    if "arrival" not in wanted:
        chosen &= rows["arrival"] == own
    wanted = {"crafted_on": "", "target": "", "xi": PUBLISHED_XI, "bits": 32} | wanted
    for name, value in wanted.items():
        values = value if isinstance(value, list) else [value]
        chosen &= rows[name].isin(values)
    return rows[chosen]


def kinds(
    rows: pd.DataFrame,
    said: Mapping[tuple, np.ndarray],
    records: Mapping[int, np.ndarray],
    draws: int,
) -> pd.DataFrame:
    """Each kind of heartbeat network, 32 and 8 bits: clean macro-F1, and how often it is fooled.

    One row for each kind, bits and craft: f1_macro (clean), fooling_rate (means of the seeds),
    seeds, and the difference in fooling to the dense network in floats with `low` and `high`:
    bootstrap over seeds and records, the same draws for all.
    """
    of = picked(
        rows[rows["data"] == "mitdb, intra"],
        bits=[32, 8],
        attack="tlm",
        craft=["natural mix", "any time"],
        victim="acharya2017",
    )
    clean = picked(rows, bits=[32, 8], attack="none")
    by = ["method", "target_sparsity", "bits"]
    table = of.groupby([*by, "craft"], sort=False)["fooling_rate"].agg(["mean", "count"])
    table = table.rename(columns={"mean": "fooling_rate", "count": "seeds"}).reset_index()
    table = table.merge(clean.groupby(by)["f1_macro"].mean().reset_index(), on=by)
    drawn = {
        craft: _drawn(of[of["craft"] == craft], by, said, records, draws)
        for craft in table["craft"].unique()
    }
    ends = []
    for row in table.to_dict("records"):
        mine = drawn[row["craft"]]
        difference = mine[tuple(row[name] for name in by)] - mine[(*DENSE, 32)]
        low, high = resampling.bounds(difference)
        ends.append({"low": float(low), "high": float(high)})
    dense = table[(table["method"] == "dense") & (table["bits"] == 32)]
    dense = table["craft"].map(dense.set_index("craft")["fooling_rate"])
    table["difference"] = table["fooling_rate"] - dense
    return pd.concat([table, pd.DataFrame(ends)], axis=1)


def _drawn(of, by, said, records, draws) -> dict[tuple, np.ndarray]:
    """Kind and bits -> (draws,) fooling rates."""
    groups = {key: rows.sort_values("seed") for key, rows in of.groupby(by, sort=False)}
    matrices = np.stack(
        [
            np.stack(
                [
                    _by_record(said[answer_key(row)], records[row["seed"]])
                    for row in rows.to_dict("records")
                ]
            )
            for rows in groups.values()
        ]
    )
    readings = {"fooled": lambda counts: counts[..., 0, 1] / counts.sum((-2, -1))}
    found = resampling.replicates(matrices, readings, draws)["fooled"]
    return dict(zip(groups, found.T, strict=True))


def _by_record(said: np.ndarray, record: np.ndarray) -> np.ndarray:
    """(3, n) label, before, after and (n,) record -> (48, 2, 2): not fooled and fooled."""
    fooled = said[1] != said[2]
    counts = np.zeros((record.max() + 1, 2, 2), np.int64)
    np.add.at(counts, (record, 0, fooled.astype(int)), 1)
    return counts
