"""The whole study of universal perturbations: all runs, several at once."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ecglib.data.errors import DataError
from ecglib.perturbation import beat_runs, eeg_runs, eegmmidb
from ecglib.perturbation.eeg_victims import VICTIMS
from ecglib.perturbation.plan import Found
from ecglib.perturbation.settings import settings
from ecglib.systems import pool

Run = Callable[[], Found]


def all_runs() -> tuple[list[Run], list[Run], list[str]]:
    """The runs of all data that are here; those that need their perturbations; what is absent."""
    first, then, absent = [], [], []
    for name, (here, runs, transfers) in {
        "eegmmidb": (eegmmidb.acquire, _of_people, _between_people),
        "MIT-BIH": (beat_runs.ready, _of_beats, _between_beats),
    }.items():
        try:
            here()
            first += runs()
            then += transfers()
        except DataError as error:
            absent.append(f"{name} is left out: {error}")
    return first, then, absent


def _of_people() -> list[Run]:
    folds = range(settings().eeg.folds)
    runs = [partial(eeg_runs.attacked, name, fold) for name in VICTIMS for fold in folds]
    return [*runs, *(partial(eeg_runs.linear, fold) for fold in folds)]


def _between_people() -> list[Run]:
    return [partial(eeg_runs.transferred, fold) for fold in settings().eeg.wide]


def _of_beats() -> list[Run]:
    """By seed, so that a process reads the beats of one seed once."""
    chosen, runs = settings().beats, []
    for seed in chosen.seeds:
        runs += [partial(beat_runs.attacked, network.kind, seed) for network in chosen.networks]
        runs += [partial(beat_runs.bare, seed)]
    return runs + [
        partial(beat_runs.unseen, *network.kind, seed)
        for network in chosen.unseen.networks
        for seed in chosen.unseen.seeds
    ]


def _between_beats() -> list[Run]:
    return [partial(beat_runs.transferred, seed) for seed in settings().beats.wide]


def run_all(of: list[Run], processes: int) -> tuple[Found, list[str]]:
    """What these runs found, together, and each fault once. Raises as `systems.pool` does."""
    together = Found([], {})
    if not of:
        return together, []
    found, faults = pool.run_all(of, processes)
    for one in found:
        together = together.and_of(one)
    return together, list(dict.fromkeys(faults))


def groups(rows: pd.DataFrame) -> dict[tuple, np.ndarray]:
    """Data and seed -> (n,) the record or person of each tested input."""
    found = {}
    for data, seed in rows[["data", "seed"]].drop_duplicates().itertuples(index=False):
        if data == eeg_runs.DATA:
            names = eeg_runs.parts(seed)["test"].group
            found[data, seed] = np.unique(names, return_inverse=True)[1]
        elif data == beat_runs.DATA:
            found[data, seed] = beat_runs.inputs_of(seed)["test"].group.astype(int)
    return found
