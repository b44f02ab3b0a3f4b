"""The chosen networks that the stage keeps, dense and pruned in stages, and the beats they read.

What the stream carries, and what `external` runs on foreign records.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ecglib import models, paths
from ecglib.data.splits import DS1, DS2
from ecglib.unseen.features import count, irregularity
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import Recipe, settings
from ecglib.unseen.training import all_beats, inputs, of_patients

METHOD = "multistage"


class Tested(NamedTuple):
    """DS2's beats: inputs (n, 1, 112 + features), labels, record names and irregularity (n,)."""

    inputs: Tensor
    label: np.ndarray
    record: np.ndarray
    irregularity: np.ndarray


def recipe() -> Recipe:
    """The chosen one: what the networks here read and were trained on."""
    return settings().recipes[settings().recipe]


def path(target: float, seed: int) -> Path:
    """Where the network of a target sparsity and a seed is kept; target 0 is the dense one."""
    name = f"{METHOD}-{100 * target:g}" if target else "dense"
    return paths.MODELS / "unseen" / f"{name}-s{seed}.safetensors"


def load(target: float, seed: int) -> nn.Module:
    """The network in evaluation mode; the margin of `gate` is in its last bias.

    Raises:
        ValueError: the stage has not run, or the file is damaged; the message says so.
    """
    network, file = UnseenCNN(features=count(recipe().features)), path(target, seed)
    weights = models.read_weights(file, of="unseen patients'")
    try:
        network.load_state_dict(weights)
    except RuntimeError:  # torch's word for other names or shapes
        raise ValueError(f"{file} reads other features: run its stage again") from None
    return network.eval()


def calibration(seed: int, beats: int) -> Tensor:
    """(beats, 1, 112 + features) of DS1, drawn by the seed: where ranges of values are found."""
    rows = _rows(DS1)
    drawn = np.random.default_rng(seed).permutation(rows)[:beats]
    return torch.from_numpy(inputs(all_beats(), recipe())[np.sort(drawn)]).unsqueeze(1)


def tested() -> Tested:
    """The beats that the stage scores the networks on."""
    beats, rows = all_beats(), _rows(DS2)
    values = torch.from_numpy(inputs(beats, recipe())[rows]).unsqueeze(1)
    names = beats.record_names[beats.record[rows]]
    return Tested(values, beats.label[rows], names, irregularity(beats)[rows])


def _rows(patients: Iterable[str]) -> np.ndarray:
    return of_patients(all_beats(), list(patients))
