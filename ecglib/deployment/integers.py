"""A float network of the study as integers, on the beats that it was trained and tested with.

Nothing is chosen by test beats: whether to train on with rounding is for validation to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import HeartbeatData
from ecglib.data.splits import split_indices
from ecglib.deployment import aware, rounded
from ecglib.device import firmware, integer
from ecglib.device.integer import IntegerNetwork
from ecglib.device.quantize import quantize, quantize_input
from ecglib.methods import fitting
from ecglib.pruning.masks import prunable
from ecglib.results.runs import Key
from ecglib.settings.config import settings
from ecglib.settings.parameters import BaselineRun
from ecglib.settings.registry import MODELS
from ecglib.settings.sections import OnDeviceEstimate
from ecglib.training import ectopic, metrics, prediction

BATCH = 256  # windows whose activations stay in the processor's cache, of the largest network too


@dataclass(frozen=True)
class Part:
    """Validation or test beats: windows (n, 1, length), raw samples (n, length), labels (n,)."""

    windows: torch.Tensor
    samples: np.ndarray
    label: torch.Tensor


@dataclass(frozen=True)
class Source:
    """The beats of one model, split and seed. raw: whether the C normalises samples itself."""

    data: HeartbeatData
    parts: Mapping[str, Part]
    raw: bool


@lru_cache(maxsize=2)
def source(model: str, split: str, seed: int) -> Source:
    """The beats that networks of this model, split and seed are trained and tested on."""
    data = fitting.load_data(run_of(model, split, seed))
    window = settings().data.windows[model]
    beats = Beats.load(path_of(window))
    index = split_indices(beats, split, seed)
    parts = {
        part: Part(data.tensors(part)[0], beats.adc[index[part]], data.tensors(part)[1])
        for part in ("validation", "test")
    }
    raw = window.normalise == "beat" and not MODELS[model].function.n_features
    return Source(data, parts, raw)


def run_of(model: str, split: str, seed: int) -> BaselineRun:
    """The settings of a fit on these beats."""
    return BaselineRun(model=model, split=split, seed=seed, into="build", progress=False)


def of_every_class(label: torch.Tensor, n: int, seed: int) -> np.ndarray:
    """Indices of n beats, as equal a number of each class as there are, drawn at random."""
    order = torch.randperm(len(label), generator=torch.Generator().manual_seed(seed)).numpy()
    drawn = label.numpy()[order]
    rank = np.zeros(len(order), int)  # of each beat among those of its class
    for one in np.unique(drawn):
        rank[drawn == one] = np.arange((drawn == one).sum())
    return order[np.argsort(rank, kind="stable")[:n]]


def inputs(network: IntegerNetwork, part: Part, *, raw: bool) -> np.ndarray:
    """The beats as `ecg_classify` takes them: int16 samples, or uint8 values of the tensors."""
    if raw:
        return part.samples
    tensors = quantize_input(network, part.windows)
    return np.concatenate([tensor.reshape(len(tensor), -1) for tensor in tensors], axis=1)


def predicted(network: nn.Module, windows: torch.Tensor) -> torch.Tensor:
    """What `classify` gives, so many windows at a time that large networks stay quick."""
    return torch.cat([prediction.classify(network, few) for few in windows.split(BATCH)])


def scores(network: IntegerNetwork, part: Part, *, raw: bool) -> dict[str, float]:
    """What `scores_of` gives for the integer network."""
    tensors = firmware.input_tensors(network, inputs(network, part, raw=raw))
    predicted = torch.from_numpy(integer.logits(network, tensors).argmax(1))
    return scores_of(predicted, part.label)


def scores_of(predicted: torch.Tensor, label: torch.Tensor) -> dict[str, float]:
    """Accuracy, macro-F1, and F1 of SVEB and VEB, of (n,) predicted and true classes."""
    matrix = metrics.confusion(predicted, label)
    readings = ectopic.READINGS | {"f1_macro": metrics.f1_macro}
    return {name: float(reading(matrix)) for name, reading in readings.items()}


def calibration_windows(of: Source, seed: int, beats: int) -> torch.Tensor:
    """(beats, 1, length): training beats, drawn by the seed, to find the ranges of values on."""
    windows = of.data.tensors("train")[0]
    order = torch.randperm(len(windows), generator=torch.Generator().manual_seed(seed))
    return windows[order[:beats]]


class Quantized(NamedTuple):
    """An integer network, and the float network that it stands for.

    aware_epochs: of fine-tuning with rounding. f1_macro_validation: of the integers.
    """

    integers: IntegerNetwork
    floats: nn.Module
    aware_epochs: int
    f1_macro_validation: float


def in_integers(
    network: nn.Module, key: Key, chosen: OnDeviceEstimate, made_from: str
) -> Quantized:
    """The network in integers, fine-tuned with their rounding where that helps.

    It is tried only where 8 bits cost more macro-F1 on the validation beats than `chosen` accepts,
    and kept only if these are classified better then. Where it has been tried before, what came out
    is taken from git. made_from: see `rounded.origin`.

    Raises:
        RoundedError: what is in git is damaged.
    """
    of = source(key.model, key.split, key.seed)
    calibration = calibration_windows(of, key.seed, chosen.calibration_beats)
    part = of.parts["validation"]
    validated = partial(scores, part=part, raw=of.raw)
    plain = quantize(network, calibration)
    reached = validated(plain)["f1_macro"]
    tuned = rounded.load(key, made_from)
    if tuned is None:
        wanted = scores_of(predicted(network, part.windows), part.label)["f1_macro"]
        if reached >= wanted - chosen.aware_beyond:
            return Quantized(plain, network, 0, reached)
        tuned = _tuned(network, key, calibration, chosen.aware_epochs)
        rounded.save(key, tuned, made_from)
    better = quantize(tuned, calibration)
    if (score := validated(better)["f1_macro"]) > reached:
        return Quantized(better, tuned, chosen.aware_epochs, score)
    return Quantized(plain, network, 0, reached)


def _tuned(network: nn.Module, key: Key, calibration: torch.Tensor, epochs: int) -> nn.Module:
    """A copy, fine-tuned under rounding on the training beats of its key."""
    data = source(key.model, key.split, key.seed).data
    data.shuffle.manual_seed(key.seed)  # the same batches, whatever was trained before
    torch.manual_seed(key.seed)
    masks = {name: weight.detach() != 0 for name, weight in prunable(network).items()}
    fit = fitting.fitter(run_of(key.model, key.split, key.seed), data)
    return aware.fine_tuned(network, masks, calibration, fit, epochs)
