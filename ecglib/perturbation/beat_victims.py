"""Heartbeat networks under attack: from millivolts to a class, z-score or template included."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from ecglib.data.beats import Beats, path_of
from ecglib.data.normalisation import FLAT
from ecglib.data.splits import split_indices
from ecglib.device import firmware, integer
from ecglib.device.integer import IntegerNetwork
from ecglib.perturbation.victims import Inputs
from ecglib.settings.config import settings
from ecglib.settings.words import CLASSES

GAIN_ADC_PER_MV, BASELINE_ADC = 200, 1024  # of every record of MIT-BIH


@lru_cache(maxsize=2)
def stored(model: str) -> Beats:
    """All beats, cut as the model reads them."""
    return Beats.load(path_of(settings().data.windows[model]))


def inputs(model: str, split: str, seed: int) -> dict[str, Inputs]:
    """Train, validation and test beats in millivolts, as recorded: (n, 1, length)."""
    beats = stored(model)
    return {part: _of(beats, rows) for part, rows in split_indices(beats, split, seed).items()}


def _of(beats: Beats, rows: np.ndarray) -> Inputs:
    x = (beats.adc[rows].astype(np.float32) - BASELINE_ADC) / GAIN_ADC_PER_MV
    label = torch.from_numpy(beats.label[rows].astype(np.int64))
    return Inputs(torch.from_numpy(x)[:, None], label, beats.record[rows])


@dataclass(frozen=True)
class OfOneBeat:
    """A victim that answers each beat by itself. std: `spread` of its training beats."""

    network: nn.Module
    std: float
    classes: int = len(CLASSES)
    linear: bool = False

    def context(self, inputs: Inputs) -> None:
        """Nothing."""


class BeatVictim(OfOneBeat):
    """A network of z-scored beats."""

    def seen(self, x: Tensor, context: None = None) -> Tensor:
        """(n, 1, length) in millivolts -> z-scored."""
        centred = x - x.mean(2, keepdim=True)
        deviation = centred.std(2, correction=0, keepdim=True).clamp(min=FLAT / GAIN_ADC_PER_MV)
        return centred / deviation


class Integers(nn.Module):
    """A network in 8 bits, as the C computes it; it gives no gradients."""

    def __init__(self, integers: IntegerNetwork) -> None:
        super().__init__()
        self.integers = integers

    def forward(self, samples: Tensor) -> Tensor:
        """(n, 1, length) int16 -> (n, 5)."""
        tensors = firmware.input_tensors(self.integers, samples[:, 0].numpy())
        return torch.from_numpy(integer.logits(self.integers, tensors).astype(np.float32))


class IntegerBeatVictim(OfOneBeat):
    """The same in 8 bits, from what the converter samples; network: of `Integers`."""

    def seen(self, x: Tensor, context: None = None) -> Tensor:
        """(n, 1, length) in millivolts -> samples, int16."""
        return sampled(x)


def sampled(x: Tensor) -> Tensor:
    """Millivolts -> what the converter of MIT-BIH gives: 11 bits, as int16."""
    return (x * GAIN_ADC_PER_MV + BASELINE_ADC).round().clamp(0, 2**11 - 1).short()
