"""Rows of a whole study, as the runs give them, of answers that are made up."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from ecglib.perturbation import beat_runs, eeg_runs, trying
from ecglib.perturbation.eeg_linear import FEATURES
from ecglib.perturbation.eeg_victims import VICTIMS
from ecglib.perturbation.plan import Case, Found, Place
from ecglib.perturbation.settings import settings
from ecglib.perturbation.victims import Inputs

COUNT, GROUPS, SEEDS = 120, 4, (0, 1, 4)  # the last gets the main attacks alone
RATES = {"none": 0.0, "uniform": 0.02, "random_sign": 0.03, "deepfool_uap": 0.1}
RATES |= {"tlm_l1": 0.2, "tlm_l2": 0.2, "tlm": 0.3}
FOOLED = {  # other rates in time, of kinds of heartbeat networks
    ("multistage", 0.9): 0.4,
    ("aofp", 0.8): 0.5,
    ("small_dense", 0.8): 0.5,
    ("defended", 0.0): 0.1,
}
LATE = 0.05  # what is left of a perturbation that does not come as it was crafted to


def study(
    *, eeg: bool = True, beats: bool = True, seeds: tuple[int, ...] = SEEDS
) -> tuple[pd.DataFrame, dict, dict]:
    """Rows, answers and groups, of some folds and seeds."""
    found = Found([], {})
    for seed in seeds:
        for make in [*([_eeg] if eeg else []), *([_beats] if beats else [])]:
            for made in make(seed):
                _add(found, *made)
    for row in found.rows if eeg else ():
        row["in_band"] = 0.9 if row["data"] == eeg_runs.DATA else float("nan")
    rows = pd.DataFrame(found.rows)
    groups = {key: _group() for key in rows[["data", "seed"]].itertuples(index=False, name=None)}
    return rows, found.said, groups


Made = tuple[Place, Case, int, str, str]


def _eeg(seed: int) -> Iterator[Made]:
    for name in VICTIMS:
        for case in eeg_runs.cases_of(name, seed):
            for arrival in case.arrivals or (case.own,):
                yield eeg_runs.place_of(name, seed), case, 32, arrival, ""
    for features in FEATURES.values():
        place = eeg_runs.place_of(f"logistic regression, {features.label}", seed)
        yield place, Case("none"), 32, "in time", ""
    for on in eeg_runs.COMPARED if seed in settings().eeg.wide else ():
        for name in set(eeg_runs.COMPARED) - {on}:
            yield eeg_runs.place_of(name, seed), Case("tlm", target="left"), 32, "in time", on


def _beats(seed: int) -> Iterator[Made]:
    kinds = [network.kind for network in settings().beats.networks]
    places = [beat_runs.place_of(kind, seed) for kind in kinds]
    for kind, place in zip(kinds, places, strict=True):
        for case in beat_runs.cases_of(kind, seed):
            for arrival in case.arrivals or (case.own,):
                yield place, case, 32, arrival, ""
        for case in beat_runs.EIGHT_BITS:
            yield place, case, 8, case.own, ""
        for case in (Case("tlm"), Case("tlm", craft="any time")):
            for other in places:
                if other != place:
                    yield place, case, 32, case.own, other.title
    bare = places[0]._replace(victim=f"{beat_runs.MODEL}, {beat_runs.BARE}")
    unseen = places[0]._replace(data="mitdb, inter", victim=beat_runs.UNSEEN)
    for place in (bare, unseen):
        for case in (Case("none"), Case("tlm")):
            yield place, case, 32, "in time", ""


def _add(found: Found, place: Place, case: Case, bits: int, arrival: str, on: str) -> None:
    """So many of the answers are wrong as RATES, FOOLED and LATE say, and all were right before."""
    rate = RATES[case.attack]
    if case.attack == "tlm":
        rate = FOOLED.get((place.method, place.target_sparsity), rate)
    if arrival != case.own or on:
        rate = LATE
    classes = len(place.classes)
    label = torch.arange(COUNT) % classes
    wrong = torch.arange(COUNT) < round(COUNT * rate)
    test = Inputs(torch.zeros(COUNT, 1, 2), label, _group())
    answers = torch.where(wrong, (label + 1) % classes, label)
    if case.target:
        reached = torch.arange(COUNT) < round(COUNT * 2 * rate)
        answers = torch.where(reached, torch.tensor(place.classes.index(case.target)), label)
    trying.add_row(found, case, bits, (label, [answers]), test, place, case.xi, arrival, on)


def _group() -> np.ndarray:
    return np.arange(COUNT) ** 2 // 7 % GROUPS
