"""Runs on EEG: networks are trained and attacked on some people, and tested on others."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from ecglib import models
from ecglib.data import arrays
from ecglib.perturbation import eeg_linear, eeg_networks, eeg_victims, eegmmidb, trials, trying
from ecglib.perturbation.crafts import ANY_TIME, FEW, IN_TIME, PEOPLE
from ecglib.perturbation.eeg_linear import FEATURES
from ecglib.perturbation.eeg_victims import ALIGNED, MAIN, VICTIMS, EegVictim
from ecglib.perturbation.plan import Case, Found, Judge, Place
from ecglib.perturbation.settings import PUBLISHED_XI, settings
from ecglib.perturbation.trials import RATE_HZ
from ecglib.perturbation.victims import Inputs

DATA, CLASSES = "eegmmidb", ("left", "right")
LATE = ("100 ms late", "500 ms late", "1000 ms late")
COMPARED = (MAIN, "deep_convnet", "shallow_convnet")


@lru_cache(maxsize=1)
def everybody() -> Inputs:
    """The trials of all people. Raises as `eegmmidb.acquire` and `read_people`."""
    people, _ = eegmmidb.read_people(eegmmidb.acquire())
    return trials.as_inputs(people.values())


def parts(fold: int) -> dict[str, Inputs]:
    """Train, validation and test trials, people apart."""
    inputs = everybody()
    rows = trials.folds(inputs, settings().eeg.folds, 0)[fold]
    return {part: inputs.of(of) for part, of in rows._asdict().items()}


def cases_of(name: str, fold: int) -> list[Case]:
    """The attacks on a victim; EEGNet on the whole band gets all of them in wide folds."""
    arrivals = (IN_TIME, *LATE, ANY_TIME)
    targets = [Case("tlm", target=target, arrivals=arrivals) for target in CLASSES]
    wide = fold in settings().eeg.wide
    if name not in (MAIN, ALIGNED):
        return [Case("none"), Case("random_sign"), *(targets[:1] if wide else ())]
    every = [Case("none"), Case("random_sign"), Case("uniform"), *targets]
    if name == ALIGNED:
        return every
    every += [Case("tlm")]
    if not wide:
        return every
    others = [xi for xi in settings().xi if xi != PUBLISHED_XI]
    every += [Case("random_sign", xi) for xi in others]
    every += [Case("tlm", xi, target=CLASSES[0]) for xi in others]
    every += [Case(attack, craft=FEW) for attack in ("tlm", "deepfool_uap")]
    every += [Case("tlm", craft=ANY_TIME, target=CLASSES[0])]
    return every + [Case("tlm", craft=craft, target=CLASSES[1]) for craft in PEOPLE]


def attacked(name: str, fold: int) -> Found:
    """One victim trained for one fold, and all attacks on it; `in_band` is the share of v there."""
    of, place = parts(fold), place_of(name, fold)
    network, limits_hz, aligned = VICTIMS[name]
    fitting = settings().eeg.fits[name]
    victim = eeg_victims.train(network, of["train"], limits_hz, fitting, aligned=aligned, seed=fold)
    weights = {n: value.contiguous() for n, value in victim.network.state_dict().items()}
    models.write_weights(weights, _weights(name, fold))
    found = trying.tried(cases_of(name, fold), [Judge(victim)], of, place)
    kept = {case: in_band(v, limits_hz) for case, v in arrays.load(place.path).items()}
    for row in found.rows:
        row["in_band"] = kept[Case(*(row[n] for n in ("attack", "xi", "craft", "target"))).name]
    return found.and_of(_behind(victim, of, fold)) if name == MAIN else found


BEHIND = f"{MAIN}, v behind the band-pass"


def _behind(victim: EegVictim, of: Mapping[str, Inputs], fold: int) -> Found:
    """The same network attacked as in published work, behind its filter."""
    filtered = {part: replace(one, x=victim.band(one.x)) for part, one in of.items()}
    judges = [Judge(eeg_victims.behind_the_band(victim))]
    targets = [Case("tlm", target=target) for target in CLASSES]
    found = [Case("none"), *targets]
    return trying.tried(found, judges, filtered, place_of(BEHIND, fold))


def place_of(name: str, fold: int) -> Place:
    """Whose results they are; the seed is the fold."""
    return Place(DATA, name, "dense", 0.0, fold, CLASSES, RATE_HZ, settings().eeg.crafting)


def _weights(name: str, fold: int):
    return place_of(name, fold).path.with_suffix(".safetensors")


def in_band(v: np.ndarray, limits_hz: tuple[float, float]) -> float:
    """The share of the power of (k, channels, time) perturbations within the limits; 0 of none."""
    power = (np.abs(np.fft.rfft(v, axis=-1)) ** 2).sum((0, 1))
    frequency = np.fft.rfftfreq(v.shape[-1], 1 / RATE_HZ)
    inside = (frequency >= limits_hz[0]) & (frequency <= limits_hz[1])
    return float(power[inside].sum() / max(power.sum(), np.finfo(float).tiny))


def linear(fold: int) -> Found:
    """What linear classifiers read from the same trials."""
    of, found = parts(fold), Found([], {})
    for features in FEATURES.values():
        regression = eeg_linear.fit(features, of["train"], of["validation"])
        said = torch.from_numpy(regression.predict(features(of["test"])))
        place = place_of(f"logistic regression, {features.label}", fold)
        trying.add_row(found, Case("none"), 32, (said, [said]), of["test"], place, 0.0)
    return found


def transferred(fold: int) -> Found:
    """What each network's perturbations do to the others on the same band."""
    of, victims = parts(fold), {}
    for name in COMPARED:
        network, limits_hz, _ = VICTIMS[name]
        built = eeg_networks.build(network, fold)
        built.load_state_dict(models.read_weights(_weights(name, fold), name))
        victims[place_of(name, fold)] = eeg_victims.victim_of(
            built.eval(), of["train"], limits_hz, aligned=False
        )
    return trying.transferred(victims, [Case("tlm", target=CLASSES[0])], of["test"])
