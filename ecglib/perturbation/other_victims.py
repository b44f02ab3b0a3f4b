"""Victims whose pipeline differs: one that compares beats with the patient's own, and bare ones."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ecglib.data.beats import Beats
from ecglib.data.normalisation import normalised
from ecglib.data.patient import deviations
from ecglib.data.rhythm import FEATURES, rhythm_features
from ecglib.data.splits import split_indices
from ecglib.perturbation import beat_victims
from ecglib.perturbation.beat_victims import GAIN_ADC_PER_MV, OfOneBeat, stored
from ecglib.perturbation.victims import Inputs
from ecglib.settings.config import settings
from ecglib.settings.words import CLASSES


@dataclass(frozen=True)
class RhythmVictim:
    """A network of deviations from the patient's running template, with features of the rhythm.

    known, of its inputs, is the features and the RR interval before the beat, (n, 9). The template
    is of the inputs that are answered: what every beat has, it has too. std: see `spread`.
    """

    network: nn.Module
    std: float
    classes: int = len(CLASSES)
    linear: bool = False

    def context(self, inputs: Inputs) -> Tensor:
        """(n, 2 length + 9): deviations, the windows they are of, their scale, the features."""
        windows = inputs.x[:, 0]
        deviation = torch.from_numpy(deviations(_as_beats(inputs)))
        return torch.cat([deviation, windows, _scale(inputs), inputs.known[:, :-1]], 1)

    def seen(self, x: Tensor, context: Tensor) -> Tensor:
        """(n, 1, length) in millivolts -> (n, 1, length + 8); exact at the context's windows.

        Away from them the template is theirs: that of a patient without a perturbation.
        """
        length = x.shape[-1]
        deviation, windows, scale, features = context.split([length, length, 1, len(FEATURES)], 1)
        added = x[:, 0] - windows
        added = (added - added.mean(1, keepdim=True)) / scale
        return torch.cat([deviation + added, features], 1)[:, None]


def _as_beats(inputs: Inputs) -> Beats:
    """The windows, in order, as the study's normalisation takes them."""
    record = np.unique(inputs.group, return_inverse=True)[1]
    rr_s = inputs.known[:, -1].numpy()
    adc = (inputs.x[:, 0] * GAIN_ADC_PER_MV).numpy()
    count = np.arange(len(inputs))
    names = np.arange(record.max() + 1).astype(str)
    return Beats(adc, inputs.label.numpy(), record, count, rr_s, rr_s, names)


def _scale(inputs: Inputs) -> Tensor:
    """(n, 1): the median standard deviation of the windows of each one's record."""
    deviation = inputs.x[:, 0].std(1, correction=0)
    found = torch.empty(len(inputs), 1)
    for record in np.unique(inputs.group):
        of = torch.from_numpy(inputs.group == record)
        found[of] = deviation[of].median()
    return found.clamp(min=1 / GAIN_ADC_PER_MV)


def rhythm_inputs(split: str, seed: int) -> dict[str, Inputs]:
    """As `beat_victims.inputs`, with what `RhythmVictim` is told beside the signal."""
    beats = stored("rhythm_cnn")
    known = np.concatenate([rhythm_features(beats), beats.rr_previous_s[:, None]], 1)
    of = beat_victims.inputs("rhythm_cnn", split, seed)
    rows = split_indices(beats, split, seed)
    return {
        part: Inputs(one.x, one.label, one.group, torch.from_numpy(known[rows[part]]))
        for part, one in of.items()
    }


class BareVictim(OfOneBeat):
    """A network alone: v is added behind its normalisation, as in published work."""

    def seen(self, x: Tensor, context: None = None) -> Tensor:
        """(n, 1, length) as the network takes it."""
        return x


def bare_inputs(model: str, split: str, seed: int) -> dict[str, Inputs]:
    """The beats behind the model's normalisation."""
    beats = stored(model)
    x = torch.from_numpy(normalised(beats, settings().data.windows[model].normalise))[:, None]
    whole = Inputs(x, torch.from_numpy(beats.label.astype(np.int64)), beats.record)
    return {part: whole.of(rows) for part, rows in split_indices(beats, split, seed).items()}
