"""The networks that the stream carries: those of `ecglib.unseen`, in 8 bits.

Plain rounding behind training, on ranges of values that training beats give: for unseen patients
there are no validation beats to choose by.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from torch import nn

from ecglib.deployment.compact import compact
from ecglib.device import integer
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.quantize import quantize, quantize_input
from ecglib.settings import config
from ecglib.settings.words import CLASSES
from ecglib.stream import design as d
from ecglib.stream.settings import settings
from ecglib.training import classifier
from ecglib.unseen import kept
from ecglib.unseen.gate import gated
from ecglib.unseen.settings import settings as of_unseen

FEATURES = ["study", "p_wave"]  # the sets that the stream computes, in this order


class Key(NamedTuple):
    """A network: the sparsity that it was pruned to in stages, 0 for a dense one, and its seed."""

    target_sparsity: float
    seed: int

    @property
    def name(self) -> str:
        """Such as `multistage-90-s0`."""
        return kept.path(*self).stem


class Carried(NamedTuple):
    """A network in integers, and the float network that it was rounded from."""

    integers: IntegerNetwork
    floats: nn.Module


def keys() -> list[Key]:
    """All networks, by target, dense first, and seed."""
    chosen = settings()
    return [Key(target, seed) for target in (0.0, *chosen.targets) for seed in chosen.seeds]


def stored() -> tuple[list[Key], list[str]]:
    """The networks that are here, and those that are not, in a line."""
    here = [key for key in keys() if kept.path(*key).is_file()]
    names = [key.name for key in keys() if key not in here]
    return here, [f"`make unseen` has kept no {', '.join(names)}."] * bool(names)


def carried(key: Key) -> Carried:
    """The network without what its masks emptied, and in integers.

    Raises:
        IntegerError: it was trained on other features, or the gate is another, than the stream's.
        ValueError: it is not here, or its file is damaged.
    """
    features, beyond = kept.recipe().features, of_unseen().gate.beyond
    if features != FEATURES or round(math.exp(beyond) * 2**14) != d.GATE_Q14:
        raise IntegerError(
            f"the networks read {features} with a gate of {beyond:g}; the stream gives {FEATURES} "
            "and has one of 0.16: set section `unseen` so, or change ecglib/stream"
        )
    floats = compact(kept.load(*key))
    beats = config.settings().on_device_estimate.calibration_beats
    return Carried(quantize(floats, kept.calibration(key.seed, beats)), floats)


def annotated(network: nn.Module | IntegerNetwork) -> dict[str, np.ndarray]:
    """Record -> (6, 6) of a network and the gate on the test beats, R peaks as annotated.

    Rows as annotated, columns as told: see `scoring.confusion`. Beats at a record's ends, whose
    window is not whole, are not among them.
    """
    of = _tested()
    if isinstance(network, nn.Module):
        said = classifier.predict(network, of.inputs).numpy()
    else:
        said = integer.logits(network, quantize_input(network, of.inputs)).argmax(1)
    said = gated(said, of.irregularity, of_unseen().gate.beyond)
    matrices = {}
    for name in np.unique(of.record):
        rows = of.record == name
        matrix = np.zeros((len(CLASSES) + 1, len(CLASSES) + 1), np.int64)
        np.add.at(matrix, (of.label[rows], said[rows]), 1)
        matrices[str(name)] = matrix
    return matrices


@cache
def _tested() -> kept.Tested:
    return kept.tested()
