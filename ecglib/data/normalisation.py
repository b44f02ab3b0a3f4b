"""Windows on a common scale: z-scored per beat or per record, or against the patient's past."""

import numpy as np

from ecglib.data import patient
from ecglib.data.beats import Beats
from ecglib.settings.registry import NORMALISATIONS

FLAT = 1e-6  # a flat window becomes zeros, not NaN


def normalised(beats: Beats, by: str) -> np.ndarray:
    """Windows (n, length) float32, normalised as `by` says; ValueError for an unknown way."""
    return NORMALISATIONS[by](beats)


@NORMALISATIONS.register("z-score of each beat", name="beat")
def by_beat(beats: Beats) -> np.ndarray:
    """Each window less its mean, over its standard deviation."""
    adc = beats.adc.astype(np.float32)
    return (adc - adc.mean(1, keepdims=True)) / np.maximum(adc.std(1, keepdims=True), FLAT)


@NORMALISATIONS.register("z-score of each record", name="record")
def by_record(beats: Beats) -> np.ndarray:
    """Each window less the mean of its record's windows, over their standard deviation."""
    groups = [beats.adc[beats.record == r] for r in range(len(beats.record_names))]
    mean = np.array([g.mean() for g in groups], np.float32)[beats.record, None]
    std = np.array([g.std() for g in groups], np.float32)[beats.record, None]
    return (beats.adc.astype(np.float32) - mean) / np.maximum(std, FLAT)


@NORMALISATIONS.register("deviation from the patient's usual beat", name="patient")
def by_patient(beats: Beats) -> np.ndarray:
    """Deviations from the patient's usual beat so far, in running standard deviations."""
    return patient.deviations(beats)
