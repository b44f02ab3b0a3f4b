"""A float network of the study as integers, on the beats that it was trained and tested with.

Nothing is chosen by test beats: whether to train on with rounding is for validation to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from torch import nn

from ecglib import classifier, metrics, models, trials
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import HeartbeatData
from ecglib.data.splits import split_indices
from ecglib.device import aware, firmware, integer
from ecglib.device.integer import IntegerNetwork
from ecglib.device.quantize import quantize, quantize_input
from ecglib.parameters import BaselineRun
from ecglib.pruning.masks import prunable
from ecglib.runs import Key
from ecglib.schema import OnDeviceEstimate


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
    data = trials.load_data(_run(model, split, seed))
    window = trials.settings().data.windows[model]
    beats = Beats.load(path_of(window))
    index = split_indices(beats, split, seed)
    parts = {
        part: Part(data.tensors(part)[0], beats.adc[index[part]], data.tensors(part)[1])
        for part in ("validation", "test")
    }
    raw = window.normalise == "beat" and not models.MODELS[model].n_features
    return Source(data, parts, raw)


def _run(model: str, split: str, seed: int) -> BaselineRun:
    return BaselineRun(model=model, split=split, seed=seed, into="build", progress=False)


def inputs(network: IntegerNetwork, part: Part, *, raw: bool) -> np.ndarray:
    """The beats as `ecg_classify` takes them: int16 samples, or uint8 values of the tensors."""
    if raw:
        return part.samples
    tensors = quantize_input(network, part.windows)
    return np.concatenate([tensor.reshape(len(tensor), -1) for tensor in tensors], axis=1)


def scores(network: IntegerNetwork, part: Part, *, raw: bool) -> dict[str, float]:
    """Accuracy and macro-F1 of the integer network."""
    tensors = firmware.input_tensors(network, inputs(network, part, raw=raw))
    predicted = torch.from_numpy(integer.logits(network, tensors).argmax(1))
    return scores_of(predicted, part.label)


def scores_of(predicted: torch.Tensor, label: torch.Tensor) -> dict[str, float]:
    """Accuracy and macro-F1 of (n,) predicted and true classes."""
    matrix = metrics.confusion(predicted, label)
    return {name: float(metrics.READINGS[name](matrix)) for name in ("accuracy", "f1_macro")}


def in_integers(
    network: nn.Module, key: Key, chosen: OnDeviceEstimate
) -> tuple[IntegerNetwork, int]:
    """The integer network, and how many epochs of rounded fine-tuning it took.

    These are spent only where 8 bits cost more macro-F1 on the validation beats than `chosen`
    accepts, and kept only where they help there.
    """
    of = source(key.model, key.split, key.seed)
    windows = of.data.tensors("train")[0]
    order = torch.randperm(len(windows), generator=torch.Generator().manual_seed(key.seed))
    calibration = windows[order[: chosen.calibration_beats]]
    part = of.parts["validation"]
    validated = partial(scores, part=part, raw=of.raw)
    plain = quantize(network, calibration)
    wanted = scores_of(classifier.predict(network, part.windows), part.label)["f1_macro"]
    reached = validated(plain)["f1_macro"]
    if reached >= wanted - chosen.aware_beyond:
        return plain, 0
    of.data.shuffle.manual_seed(key.seed)  # the same batches, whatever was trained before
    torch.manual_seed(key.seed)
    masks = {name: weight.detach() != 0 for name, weight in prunable(network).items()}
    fit = trials.fitter(_run(key.model, key.split, key.seed), of.data)
    tuned = aware.fine_tuned(network, masks, calibration, fit, chosen.aware_epochs)
    better = quantize(tuned, calibration)
    if validated(better)["f1_macro"] > reached:
        return better, chosen.aware_epochs
    return plain, 0
