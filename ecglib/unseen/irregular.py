"""Sequences of normal beats in irregular rhythms: what is early there is not supraventricular.

Of DS1's patients two fibrillate. Windows are deviations from the patient's usual beat, so a usual
beat with its P wave and one without it look alike: any patient's N beats will do.
"""

from collections.abc import Callable

import numpy as np

from ecglib.data.beats import Beats
from ecglib.unseen.invented import assembled, sinus, stretch
from ecglib.unseen.settings import Irregular

STEADY = 0.02  # standard deviation of the logarithm of an interval that nothing else changes


def sequence(beats: Beats, record: int, chosen: Irregular, rng: np.random.Generator) -> Beats:
    """One invented record of the patient's own N beats, in one of the rhythms of RHYTHMS."""
    rows = np.flatnonzero(beats.record == record)
    normal = sinus(beats, rows)
    usual_s = float(np.median(beats.rr_previous_s[normal]))
    rhythm = RHYTHMS[rng.integers(len(RHYTHMS))]
    times = rhythm(chosen, rng) * np.exp(STEADY * rng.standard_normal(chosen.beats))
    return assembled(beats, stretch(normal, chosen.beats, rng), usual_s * times)


def fibrillation(chosen: Irregular, rng: np.random.Generator) -> np.ndarray:
    """Intervals that know nothing of each other, as in atrial fibrillation."""
    return np.exp(rng.uniform(*chosen.fibrillation) * rng.standard_normal(chosen.beats))


def breathing(chosen: Irregular, rng: np.random.Generator) -> np.ndarray:
    """Sinus arrhythmia: longer and shorter with each breath."""
    phase = 2 * np.pi * (np.arange(chosen.beats) / rng.uniform(*chosen.over) + rng.random())
    return 1 + rng.uniform(*chosen.breathing) * np.sin(phase)


def dropped(chosen: Irregular, rng: np.random.Generator) -> np.ndarray:
    """Second-degree block: beats that are not conducted double an interval."""
    return 1.0 + (rng.random(chosen.beats) < rng.uniform(*chosen.dropped))


RHYTHMS: tuple[Callable[[Irregular, np.random.Generator], np.ndarray], ...] = (
    fibrillation,
    breathing,
    dropped,
)
