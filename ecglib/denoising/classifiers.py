"""What the study's networks say of the beats of a signal: as recorded, in noise, or denoised.

Each reads a beat in its own window and normalisation, cut by the data stage's own code. R peaks and
RR intervals are those of the annotations: what a detector misses is told beside this, not in it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from ecglib import models, paths
from ecglib.data.beats import Beats, cut, path_of
from ecglib.data.errors import DataError
from ecglib.data.normalisation import normalised
from ecglib.data.records import Record
from ecglib.data.rhythm import rhythm_features
from ecglib.data.splits import split_indices
from ecglib.denoising.leads import FS_HZ
from ecglib.results.runs import dense_key
from ecglib.settings.config import settings
from ecglib.settings.registry import MODELS
from ecglib.settings.words import CLASSES
from ecglib.training import metrics
from ecglib.training.prediction import classify

SWEPT = paths.REPORTS / "sweep"
MITDB_FS_HZ = 360  # what the positions of stored beats count in
# Beats are stored as integers: this many to a standard deviation of the signal. The converter of
# MIT-BIH has 26 to 126 to one of a clean lead, by record; at 1,000 every score is as at 100,000.
STEPS = 1000
SYMBOLS = dict(zip(CLASSES, "NAVF/", strict=True))  # an annotation that stands for each class


class Signal(NamedTuple):
    """A record as somebody gives it: signal (samples,) at 180 Hz, upright, in any unit.

    name: that of MIT-BIH. sample: (beats,) annotated positions in it; label: (beats,), their
    indices of CLASSES.
    """

    name: str
    signal: np.ndarray
    sample: np.ndarray
    label: np.ndarray


class Classifier(NamedTuple):
    """A dense network of the sweep: its weights lie in git."""

    model: str
    split: str
    seed: int


# Random beats of all patients, and patients apart. The latter compares with the patient's past.
KINDS = (("acharya2017", "intra"), ("kachuee2018", "intra"), ("rhythm_cnn", "inter"))


@lru_cache
def network(of: Classifier) -> nn.Module:
    """The network, frozen, in evaluation mode.

    Raises:
        DataError: the sweep has not trained it.
        ValueError: its file is damaged.
    """
    path = SWEPT / f"{dense_key(of.split, of.model, of.seed).name}.safetensors"
    if not path.is_file():
        raise DataError(f"no network of the sweep at {path}: run the sweep, or fetch it from git")
    return models.load(of.model, path).eval().requires_grad_(False)


def checked(of: Classifier, records: Sequence[str]) -> Classifier:
    """The classifier, if it can read these records.

    Raises:
        DataError: its network, the stored beats, or a test beat in these records is absent.
    """
    network(of)
    if not any(name in records for name, _ in _test_positions(of)):
        raise DataError(f"data.records has no test beat of {of.model}, {of.split}, {of.seed}")
    return of


def row(of: Classifier, signals: Sequence[Signal]) -> dict[str, str | int | float]:
    """One row: classifier, split, seed, beats, and `scores` over the test beats of all signals."""
    matrix = confusions(of, signals).sum(0)
    named = {"classifier": of.model, "split": of.split, "seed": of.seed}
    return named | {"beats": int(matrix.sum())} | scores(matrix)


def scores(matrix: np.ndarray) -> dict[str, float]:
    """Of a (5, 5) confusion matrix: accuracy, f1_macro, and se_, ppv_ and f1_ of each class.

    All are fractions. f1_macro is the mean over all five classes, those without a beat included.
    """
    per_class = {
        "se": metrics.sensitivity(matrix),
        "ppv": metrics.positive_predictivity(matrix),
        "f1": metrics.f1_per_class(matrix),
    }
    whole = {
        "accuracy": float(metrics.accuracy(matrix)),
        "f1_macro": float(metrics.f1_macro(matrix)),
    }
    return whole | {
        f"{measure}_{name}": float(value)
        for measure, values in per_class.items()
        for name, value in zip(CLASSES, values, strict=True)
    }


def confusions(of: Classifier, signals: Sequence[Signal]) -> np.ndarray:
    """(records, 5, 5) in the order of the records' names, see `metrics`.

    Only test beats of the classifier's own split and seed count: its training beats, as recorded,
    are known to it. A network of patients apart reads all beats of DS2 and no other.

    Raises:
        DataError: a signal that is not finite, has another shape or is shorter than a window, or no
            test beat in any of them.
    """
    beats = beats_of(of.model, signals)
    known = _test_positions(of)
    name = beats.record_names[beats.record]
    tested = np.array([pair in known for pair in zip(name, beats.sample.tolist(), strict=True)])
    if not tested.any():
        records = ", ".join(beats.record_names)
        raise DataError(f"records {records} have no test beat of {of.model}, {of.split}, {of.seed}")
    inputs = torch.from_numpy(inputs_of(of.model, beats)[tested])[:, None]
    predicted = classify(network(of), inputs).numpy()
    return metrics.confusion_by_record(predicted, beats.label[tested], name[tested])


def beats_of(model: str, signals: Sequence[Signal]) -> Beats:
    """The beats of signals as the model's window has them: resampled from 180 Hz to its rate.

    An annotated position is known to 1/180 s here; `cut` takes the nearest sample of the other
    rate. Errors as of `confusions`.
    """
    return cut(map(_record, signals), settings().data.windows[model])


def inputs_of(model: str, beats: Beats) -> np.ndarray:
    """(n, length) float32 as the network takes them, features of the rhythm appended if it does."""
    values = normalised(beats, settings().data.windows[model].normalise)
    if MODELS[model].function.n_features:
        values = np.concatenate([values, rhythm_features(beats)], 1)
    return values


def _record(of: Signal) -> Record:
    """The signal as the data stage takes records."""
    signal = np.asarray(of.signal, float)
    if signal.ndim != 1:
        raise DataError(f"record {of.name}: a signal of shape {signal.shape}, expected (samples,)")
    if wrong := int((~np.isfinite(signal)).sum()):
        raise DataError(
            f"record {of.name}: {wrong} of {len(signal)} samples are not finite; what gives such a "
            "signal must be mended, or trained anew"
        )
    # No normalisation of the study depends on a gain; a signal that is dead stays so.
    adc = np.rint(signal * (STEPS / (signal.std() or 1))).astype(np.int32)
    symbol = np.array(list(SYMBOLS.values()))[np.asarray(of.label, int)]
    return Record(of.name, "MLII", FS_HZ, adc, STEPS, 0, np.asarray(of.sample), symbol)


@lru_cache
def _test_positions(of: Classifier) -> frozenset[tuple[str, int]]:
    """Record and position at 180 Hz of the beats that test this classifier in the study."""
    beats = Beats.load(path_of(settings().data.windows[of.model]))
    rows = split_indices(beats, of.split, of.seed)["test"]
    at = np.rint(beats.sample[rows] * (FS_HZ / MITDB_FS_HZ)).astype(int)
    return frozenset(zip(beats.record_names[beats.record[rows]], at.tolist(), strict=True))
