"""The whole study of sleep apnea: all runs, several at once, and what is absent in one line."""

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import torch

from ecglib.apnea import (
    apnea_ecg,
    ecg_nights,
    on_device,
    protocols,
    published,
    runs,
    scores,
    ucddb_runs,
)
from ecglib.apnea.nights import Night
from ecglib.apnea.runs import PUBLISHED, Rows
from ecglib.apnea.settings import settings
from ecglib.data.errors import DataError
from ecglib.systems import pool

SECONDS = ("random seconds", "guarded blocks", "last part")
SMALL = ((PUBLISHED, "multistage", 0.8), (PUBLISHED, "binarised, scaled", 0.0))
MIXED = ("random minutes", "official split")
Run = Callable[[], Rows]


def all_runs() -> tuple[list[Run], list[str]]:
    """The runs of all data that are here, the longest first, and a line for what is absent."""
    found, absent = [], []
    for name, (here, of) in {
        "Apnea-ECG": (apnea_ecg.acquire, _of_people),
        "UCDDB": (ucddb_runs.ready, ucddb_runs.runs_of),
        "The placebo": (ecg_nights.placebo_ready, _of_the_placebo),
    }.items():
        try:
            here()
            found += of()
        except DataError as error:
            absent.append(f"{name} is left out: {error}")
    return found, absent


def _of_the_placebo() -> list[Run]:
    return [partial(runs.placebo, one, seed) for seed in settings().seeds for one in SECONDS]


def _of_people() -> list[Run]:
    folds, networks = range(settings().folds), settings().fits
    apart = [
        partial(runs.people_apart, name, fold, shrink=name == PUBLISHED)
        for name in networks
        for fold in folds
    ]
    return [*apart, *(partial(runs.minutes_mixed, protocol) for protocol in MIXED)]


def run_all(of: list[Run], processes: int) -> tuple[pd.DataFrame, list[str]]:
    """The rows of these runs, and what `systems.pool` says of faults. Raises as it does."""
    found, faults = pool.run_all(of, processes)
    return pd.DataFrame([row for rows in found for row in rows]), faults


def copiers() -> pd.DataFrame:
    """The label copier and `all normal`, on the published labels and every protocol of seconds.

    DataError where the apneas' times are not here.
    """
    nights = ecg_nights.labels_alone(ecg_nights.published_apneas())
    block_s, rows = settings().placebo.block_s, []
    for seed, protocol in product(settings().seeds, SECONDS):
        parts = runs.seconds_parts(nights, protocol, seed, block_s)
        for name, say in (("label copier", published.copied), ("all normal", _all_normal)):
            names = {"data": "ucddb", "protocol": protocol, "network": name, "method": "no ECG"}
            names |= {"target_sparsity": 0.0, "seed": seed, "macs_effective": 0, "weight_bytes": 0}
            for night in nights:
                part = parts[night.name]
                said = np.maximum(say(night.label, part), 0).astype(float)
                rows.append(names | scores.of_night(night, part == protocols.TEST, said))
    return pd.DataFrame(rows)


def _all_normal(label: np.ndarray, part: np.ndarray) -> np.ndarray:
    return np.zeros(len(label))


def on_the_device() -> pd.DataFrame:
    """Costs of networks of fold 0: see `on_device.assess`; network, method and target_sparsity."""
    rows = []
    for name, method, target in [*((name, "dense", 0.0) for name in settings().fits), *SMALL]:
        names = {"network": name, "method": method, "target_sparsity": target}
        chain = runs.read_network(name, method, target)
        rows += [names | row for row in on_device.assess(chain, *_windows(name))]
    return pd.DataFrame(rows)


def _windows(network: str) -> list[torch.Tensor]:
    """Some training windows of fold 0, and some that test."""
    nights = list(runs.real_nights(network).values())
    parts = protocols.subjects_apart(nights, 0, settings().folds)[0]
    return [
        _some([night for night in nights if parts[night.name][0] == side])
        for side in (protocols.TRAIN, protocols.TEST)
    ]


def _some(nights: list[Night]) -> torch.Tensor:
    return on_device.windows_of(nights, on_device.WINDOWS, seed=0)
