"""What the rows of the study say: by network, the chosen one, where the energy goes."""

import numpy as np
import pandas as pd

from ecglib.device.boards import PICOJOULES_PER_CYCLE
from ecglib.stream import asked, tables
from ecglib.stream.networks import Key
from ecglib.stream.scoring import AVERAGE, GROSS
from ecglib.stream.settings import settings

SCORES = ("accuracy", "f1_VEB", "f1_SVEB")
DIFFERENCES = {"less": ("stream", "annotated"), "rounding": ("annotated", "floats")}
RATES = ("sensitivity", "predictivity", "false_positive_rate")
OVER = (GROSS, tables.AFTER[GROSS], AVERAGE, tables.AFTER[AVERAGE])


def chosen(costs: pd.DataFrame) -> Key:
    """The least sparse network that takes no more power than was asked for; else the cheapest."""
    of = at_first_rate(costs).sort_values("target_sparsity")
    within = of[of["power_uw_high"] <= asked.MOST["power_uw_high"][1]]
    row = within.iloc[0] if len(within) else of.loc[of["power_uw_high"].idxmin()]
    return Key(float(row["target_sparsity"]), int(row["seed"]))


def by_network(networks: pd.DataFrame) -> pd.DataFrame:
    """A row a target: seeds, and the means over seeds of all scores.

    less_SCORE, with _low and _high: streamed less annotated R peaks, the mean and the seeds' range.
    rounding_SCORE, with the same: of annotated R peaks, in 8 bits less in floats.
    """
    rows = []
    for target, of in networks.groupby("target_sparsity", sort=True):
        row = {"target_sparsity": target, "seeds": len(of)}
        row |= of.drop(columns=["target_sparsity", "seed"]).mean().to_dict()
        for name in SCORES:
            for what, (first, second) in DIFFERENCES.items():
                less = of[f"{name}_{first}"] - of[f"{name}_{second}"]
                row |= {f"{what}_{name}": less.mean()}
                row |= {f"{what}_{name}_low": less.min(), f"{what}_{name}_high": less.max()}
        rows.append(row)
    return pd.DataFrame(rows)


def ec57(records: pd.DataFrame) -> pd.DataFrame:
    """EC57's figures, over each of OVER: means over the seeds of each target."""
    of = records[records["record"].isin(OVER)]
    means = of.groupby(["record", "target_sparsity"]).mean(numeric_only=True)
    means = means.drop(columns=["seed", "beats"]).reset_index()
    order = means["record"].map({name: n for n, name in enumerate(OVER)})
    return means.iloc[np.lexsort([means["target_sparsity"], order])]


def by_record(records: pd.DataFrame, key: Key) -> pd.DataFrame:
    """EC57's figures of each record, of one network."""
    of = records[records["target_sparsity"].eq(key.target_sparsity) & records["seed"].eq(key.seed)]
    return of[~of["record"].isin(OVER)]


def at_first_rate(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of costs at the rate of the records."""
    return table[table["rate_hz"] == settings().rates_hz[0]]


def energies(stages: pd.DataFrame) -> pd.DataFrame:
    """Rows of stages at the records' rate with uw_low and uw_high, at 70 beats a minute."""
    low, high = PICOJOULES_PER_CYCLE
    of = at_first_rate(stages)
    return of.assign(uw_low=of["a_second"] * low / 1e6, uw_high=of["a_second"] * high / 1e6)
