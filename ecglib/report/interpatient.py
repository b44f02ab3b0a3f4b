"""The inter-patient split (de Chazal's DS1/DS2): three readings against the literature and dense.

Niu, Tang, Sun and Zhang (IEEE JBHI 2019, doi:10.1109/JBHI.2019.2942938) report accuracy 96.4 %,
F1 of SVEB 76.6 % and of VEB 89.7 % on it.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecglib.report import variants
from ecglib.report.ranking import Sample, sample
from ecglib.report.resampling import ends, verdict_of
from ecglib.settings.words import CLASSES
from ecglib.training.ectopic import READINGS

HALF_A_POINT = 0.005  # what pruning may cost, in each reading
NIU = {"accuracy": 0.964, "f1_SVEB": 0.766, "f1_VEB": 0.897}
MASKS = ("one-shot", "multistage")
FILTERS = tuple(f"{of}, MACs budget" for of in ("AOFP", "L1, filters", "random filters"))


def inter_table(
    networks: pd.DataFrame, confusions: np.ndarray, targets: Sequence[float], draws: int
) -> pd.DataFrame:
    """Dense, MASKS at targets of weights and FILTERS at targets of MACs, in three readings.

    Columns: variant, target_sparsity, reading, seeds, value, low, high (a fraction; 95 %, bootstrap
    over seeds and records), published, reached (value at or above it), difference, difference_low,
    difference_high (to the dense network of the same seed, paired) and within: whether it keeps
    within half a point of dense, `yes` or `no` where its whole interval does or does not, else
    `not settled`; and normal_share, the accuracy of an answer that is always N. A variant without
    the full set of seeds at a target has no rows there; see `ranking.ranking` for who lacks which.
    """
    table = variants.prepared(networks, confusions)
    rows = _readings(sample(table, confusions, 0.0, draws, readings=READINGS), "dense", 0.0)
    budgets = {"weights": MASKS, "macs": FILTERS}
    for target, (budget, labels) in itertools.product(targets, budgets.items()):
        found = sample(table, confusions, target, draws, budget=budget, readings=READINGS)
        for label in [label for label in labels if label in found.rows]:
            rows += _readings(found, label, target)
    true = confusions[0].sum((0, 2))
    normal = true[CLASSES.index("N")] / true.sum()
    return pd.DataFrame(rows).assign(seeds=table["seed"].nunique(), normal_share=normal)


def _readings(found: Sample, label: str, target: float) -> list[dict]:
    rows = []
    for reading, goal in NIU.items():
        value, low, high = found.interval(reading, label)
        row = {"variant": label, "target_sparsity": target, "reading": reading, "value": value}
        row |= {"low": low, "high": high, "published": goal, "reached": value >= goal}
        gap = found.difference(reading, label, "dense")
        within = verdict_of(*(end + HALF_A_POINT for end in gap[1:]))
        rows.append(row | ends("difference", gap) | {"within": within})
    return rows
