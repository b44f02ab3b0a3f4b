"""A patient's own night: a network of other people's nights, fitted to its first half."""

import copy
from collections.abc import Iterator

import numpy as np
import torch

from ecglib.apnea import protocols, scores
from ecglib.apnea.networks import Sliding
from ecglib.apnea.nights import APNEA, NORMAL, Night
from ecglib.apnea.protocols import TEST, TRAIN
from ecglib.apnea.settings import Personal
from ecglib.apnea.training import Stretches, fitter, probabilities


def fitted(network: Sliding, night: Night, chosen: Personal, seed: int) -> Iterator[dict]:
    """Rows of `scores.of_night` with protocol and method, before the fit and after it.

    Halves with a guard between them; and as many minutes at random, whose windows overlap with
    those that test. Nothing for a night that has too few minutes of a class in some half.
    """
    apart = protocols.halves(night)
    if not _enough(night, apart, chosen.least):
        return
    protocols.require_apart([night], {night.name: apart})
    mixed = np.random.default_rng(seed).permutation(apart)  # as many of each
    for protocol, part in (("own first half", apart), ("own random half", mixed)):
        own = copy.deepcopy(network)
        data = Stretches([night], {night.name: part}, batch_size=chosen.fit.batch_size, seed=seed)
        before = probabilities(own, night)
        fitter(data, **chosen.fit.options)(own, chosen.fit.epochs)
        _average(own, network, chosen.share)
        after = probabilities(own, night)
        for method, said in (("of others", before), ("fitted", after)):
            row = scores.of_night(night, part == TEST, said)
            yield {"protocol": protocol, "method": method, **row}


@torch.no_grad()
def _average(own: Sliding, others: Sliding, share: float) -> None:
    """In place: `share` of own weights and running statistics, the rest from those of others.

    Half a night is little to learn from, and what other nights taught is not to be forgotten.
    Wortsman et al., arXiv:2109.01903, section 2.
    """
    for mine, theirs in zip(own.state_dict().values(), others.state_dict().values(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(theirs, 1 - share)


def _enough(night: Night, part: np.ndarray, least: int) -> bool:
    counts = [
        int((night.label[part == half] == kind).sum())
        for half in (TRAIN, TEST)
        for kind in (NORMAL, APNEA)
    ]
    return min(counts) >= least
