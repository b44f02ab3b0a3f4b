"""A variant is one way to prune: method, criterion, schedule, allocation and budget, with a label.

Tables of several variants have one row per network: the columns of `runs.Run`, all of one split
and one model, and beside them their confusion matrices (networks, records, 5, 5).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecglib.settings.registry import ALLOCATIONS, BUDGETS, CRITERIA, METHODS, PLAIN
from ecglib.training import metrics

# What a label says of a schedule; any other stands in it as it is written in params.yaml.
SCHEDULES = {
    "two_stages": "2 stages",
    "four_stages": "4 stages",
    "eight_linear": "linear",
    "eight_cubic": "cubic (AGP)",  # automated gradual pruning
    "eight_geometric": "geometric",
    "twenty_cubic": "20 stages, cubic",
    "twenty_geometric": "20 stages, geometric",
    "forty_geometric": "40 stages, geometric, twice the epochs",
    "twenty_cubic_92": "20 stages, cubic, twice the epochs",
}
# Pruning once has no stages: of a schedule it takes the epochs.
SCHEDULES_ONCE = SCHEDULES | {"forty_geometric": "twice the epochs"}
CHOICES = {"criterion": CRITERIA, "allocation": ALLOCATIONS, "budget": BUDGETS}
# Multistage's own family, and what it is divided into.
MULTISTAGE, OTHER_SCHEDULE = "multistage", "other schedules"
OTHER_MASKS = "other criteria or allocations"


class Variant(NamedTuple):
    """One way to prune; what a label leaves out has these defaults."""

    method: str
    criterion: str = PLAIN["criterion"]
    schedule: str = "eight_stages"
    allocation: str = PLAIN["allocation"]
    budget: str = PLAIN["budget"]

    @property
    def label(self) -> str:
        """What tables and figures call it, such as `multistage, LAMP`."""
        default = Variant(self.method)
        others = [
            self._word(*of) for of in self._asdict().items() if of[1] != getattr(default, of[0])
        ]
        return ", ".join([METHODS[self.method].label, *others])

    def _word(self, field: str, value: str) -> str:
        if field != "schedule":
            return CHOICES[field][value].label if value in CHOICES[field] else value
        words = SCHEDULES_ONCE if self.method.startswith("one_shot") else SCHEDULES
        return words.get(value, value.replace("_", " "))

    @property
    def family(self) -> str:
        """The group in which figures show it."""
        if METHODS[self.method].family != MULTISTAGE:
            return METHODS[self.method].family
        default = Variant(self.method)
        if self._replace(schedule=default.schedule) != default:
            return OTHER_MASKS
        return MULTISTAGE if self == default else OTHER_SCHEDULE


def named(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables one below the other, with the column `network`."""
    return pd.concat([table.assign(network=name) for name, table in tables.items()])


def prepared(networks: pd.DataFrame, confusions: np.ndarray) -> pd.DataFrame:
    """`networks` with the columns variant (label), family and macs_fraction, its rows renumbered.

    `macs_fraction` is effective MACs per MAC of the dense network.

    Raises:
        ValueError: several splits or models, no dense network, two networks of one kind, or
            confusion matrices that are not those of these rows.
    """
    if len(networks[["split", "model"]].drop_duplicates()) != 1:
        raise ValueError("networks of several splits or models, or none: compare one at a time")
    if not (networks["method"] == "dense").any():
        raise ValueError("no dense network among these: nothing to compare with")
    scores = metrics.accuracy(confusions.sum(1))
    if len(scores) != len(networks) or not np.allclose(scores, networks["accuracy"], atol=1e-5):
        raise ValueError("the confusion matrices are not those of these networks, row by row")
    table = networks.reset_index(drop=True)
    variants = variants_of(table)
    table = table.assign(
        variant=[variant.label for variant in variants],
        family=[variant.family for variant in variants],
        budget=[variant.budget for variant in variants],
        macs_fraction=table["macs_effective"] / table["macs"],
    )
    for one in table[table.duplicated(["variant", "target_sparsity", "seed"])].itertuples():
        at = f"{one.variant} at {one.target_sparsity:g} with seed {one.seed}"
        raise ValueError(f"two networks of {at}: keep one")
    return table


def variants_of(networks: pd.DataFrame) -> list[Variant]:
    """Each row's variant; `none` in a field, which a dense network has, is that field's default."""
    fields = networks[list(Variant._fields)]
    fields = fields.mask(fields == "none", pd.Series(Variant._field_defaults), axis=1)
    return [Variant(*row) for row in fields.itertuples(index=False)]


class AtTarget(NamedTuple):
    """Who was measured at a target sparsity: rows of the table in order of seeds, and who not."""

    rows: dict[str, list[int]]  # label -> one row per seed
    missing: dict[str, list[int]]  # label -> the seeds it lacks


def at_target(table: pd.DataFrame, target: float, budget: str = "weights") -> AtTarget:
    """The variants of one budget at a target sparsity, those with every seed of the table apart.

    A variant that is never pruned (dense) stands at every target. table: see `prepared`.
    """
    seeds = sorted(table["seed"].unique())
    pruned = table.groupby("variant")["target_sparsity"].transform("max") > 0
    here = np.isclose(table["target_sparsity"], target) & (table["budget"] == budget)
    rows, missing = {}, {}
    for label, networks in table[here | ~pruned].groupby("variant", sort=False):
        by_seed = dict(zip(networks["seed"], networks.index, strict=True))
        if by_seed.keys() == set(seeds):
            rows[label] = [by_seed[seed] for seed in seeds]
        else:
            missing[label] = [int(seed) for seed in seeds if seed not in by_seed]
    return AtTarget(rows, missing)


def targets_of(table: pd.DataFrame, labels: Sequence[str], budget: str = "weights") -> list[float]:
    """The target sparsities, rising, at which each of these variants has every seed."""
    targets = sorted(set(table.loc[table["target_sparsity"] > 0, "target_sparsity"]))
    return [t for t in targets if set(labels) <= at_target(table, t, budget).rows.keys()]
