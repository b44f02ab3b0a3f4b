"""Linear classifiers of EEG trials, each on features that say what they read."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ecglib.perturbation.bands import Band, alignment
from ecglib.perturbation.trials import RATE_HZ
from ecglib.perturbation.victims import Inputs
from ecglib.settings.registry import Registry

FEATURES = Registry("features of EEG")
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of the logistic regression; validation chooses
SLOW_HZ, STEP = (0.5, 5.0), 12  # every 12th sample: 10.7 Hz
MU_HZ, BETA_HZ = (8.0, 13.0), (13.0, 30.0)


@FEATURES.register("slow waveform", name="slow_waveform")
def slow_waveform(inputs: Inputs) -> np.ndarray:
    """(n, features): the samples of 0.5 to 5 Hz, every 94 ms, of each channel."""
    slow = Band(*SLOW_HZ, inputs.x.shape[2], RATE_HZ)(inputs.x)
    return slow[..., ::STEP].flatten(1).numpy()


@FEATURES.register("mu and beta power", name="band_power")
def band_power(inputs: Inputs) -> np.ndarray:
    """(n, 16): the logarithm of the power in mu (8 to 13 Hz) and beta (13 to 30 Hz) a channel.

    Of channels aligned a person, so that what is left is what changes from trial to trial.
    """
    found = []
    for limits_hz in (MU_HZ, BETA_HZ):
        band = Band(*limits_hz, inputs.x.shape[2], RATE_HZ)(inputs.x)
        found.append((alignment(band, inputs.group) @ band).var(2).log())
    return np.concatenate(found, 1)


def fit(features: Callable, train: Inputs, validation: Inputs) -> Pipeline:
    """A logistic regression on standardised features, with the strength that validates best."""
    x, label = features(train), train.label.numpy()
    found: Sequence[Pipeline] = [
        make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000)).fit(x, label)
        for strength in STRENGTHS
    ]
    seen, truth = features(validation), validation.label.numpy()
    return max(found, key=lambda regression: regression.score(seen, truth))
