"""Perturbations that the study kept, beside signals that they are added to, for figures."""

from typing import NamedTuple

import numpy as np
import torch

from ecglib.data import arrays
from ecglib.perturbation import beat_networks, beat_runs, eeg_runs
from ecglib.perturbation.bands import Band
from ecglib.perturbation.beat_networks import DENSE, MODEL
from ecglib.perturbation.beat_victims import BeatVictim
from ecglib.perturbation.crafts import ANY_TIME, IN_TIME
from ecglib.perturbation.eeg_victims import MAIN, VICTIMS
from ecglib.perturbation.eegmmidb_edf import CHANNELS
from ecglib.perturbation.plan import Case
from ecglib.perturbation.trials import RATE_HZ
from ecglib.perturbation.victims import answers, spread
from ecglib.settings.config import settings
from ecglib.settings.words import CLASSES

SHOWN = {"N": "A normal beat", "V": "A ventricular beat"}


class OnElectrodes(NamedTuple):
    """A trial and perturbations by name, (channels, samples) in microvolt, and what stands below.

    band_hz: what the network reads.
    """

    trial: np.ndarray
    perturbations: dict[str, np.ndarray]
    channels: tuple[str, ...]
    rate_hz: float
    band_hz: tuple[float, float]


def of_a_trial(fold: int) -> OnElectrodes:
    """The first trial that tests, in EEGNet's band, and the perturbations to each side.

    Raises as `eegmmidb.acquire` and `arrays.load`.
    """
    band_hz = VICTIMS[MAIN][1]
    x = eeg_runs.parts(fold)["test"].x[:1]
    trial = Band(*band_hz, x.shape[2], RATE_HZ)(x)[0].numpy()
    cases = {f"to the {name}": Case("tlm", target=name).name for name in eeg_runs.CLASSES}
    kept = arrays.load(eeg_runs.place_of(MAIN, fold).path, cases.values())
    perturbations = {name: kept[case][0] for name, case in cases.items()}
    return OnElectrodes(trial, perturbations, CHANNELS, RATE_HZ, band_hz)


class OnBeats(NamedTuple):
    """Beats and perturbations by name, (samples,) in millivolt; what the network answers.

    answers: beat and perturbation -> the class without and with it. r_index: of the R peak.
    """

    beats: dict[str, np.ndarray]
    perturbations: dict[str, np.ndarray]
    answers: dict[tuple[str, str], str]
    fs_hz: float
    r_index: int


def of_beats(seed: int) -> OnBeats:
    """The first beat of each class in SHOWN that tests and that the dense network answers rightly.

    Raises as `beat_runs.ready` and `arrays.load`.
    """
    of = beat_runs.inputs_of(seed)
    victim = BeatVictim(beat_networks.network(DENSE, seed), spread(of["train"]))
    before = answers(victim, of["test"])
    right, label = before == of["test"].label, of["test"].label
    rows = [int((right & (label == CLASSES.index(name))).nonzero()[0]) for name in SHOWN]
    cases = {IN_TIME: Case("tlm"), ANY_TIME: Case("tlm", craft=ANY_TIME)}
    names = [case.name for case in cases.values()]
    kept = arrays.load(beat_runs.place_of(DENSE, seed).path, names)
    chosen, said = of["test"].of(rows), {}
    for when, case in cases.items():
        after = answers(victim, chosen.plus(torch.from_numpy(kept[case.name])))
        for name, text, answer in zip(SHOWN, SHOWN.values(), after, strict=True):
            said[text, when] = f"{name} → {CLASSES[answer]}"
    beats = dict(zip(SHOWN.values(), chosen.x[:, 0].numpy(), strict=True))
    perturbations = {when: kept[case.name][0, 0] for when, case in cases.items()}
    window = settings().data.windows[MODEL]
    return OnBeats(beats, perturbations, said, window.fs_hz, window.r_index)
