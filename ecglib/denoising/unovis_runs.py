"""Real drives, people apart: each person's records tell what a fit on all others is worth."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

import numpy as np
import torch

from ecglib.denoising import judged, linear, made, networks, unovis, ways, whole
from ecglib.denoising.judged import Denoise
from ecglib.denoising.losses import LOSSES
from ecglib.denoising.seat import Drive
from ecglib.denoising.settings import settings
from ecglib.denoising.training import Driven, fitter
from ecglib.denoising.windows import polarity

DATA = "unovis auto2012"
PUBLISHED = ("l1", "l1_spectrum_1")  # of Ravichandran et al., arXiv:1903.12536


@lru_cache(maxsize=1)
def found() -> unovis.Found:
    """All drives that can be used. DataError as `unovis.acquire` and `unovis.read`."""
    return unovis.read(unovis.acquire())


def of_person(person: str) -> list[dict[str, str | float]]:
    """A row a way to denoise and record of this person, see `judged.of_drive`; SNR is not known.

    What is fitted has seen all other people, and this one never. Networks are not kept: the drives
    are not for everybody.

    Raises:
        DataError: as `found`, or there are fewer than two people.
    """
    of = {drive.name: drive for drive in found().drives}
    train, test = unovis.folds(found().person)[person]
    return [
        {"data": DATA} | named | {"person": person} | judged.of_drive(denoise, of[name])
        for named, denoise in _ways([of[name] for name in train])
        for name in test
    ]


def _ways(train: Sequence[Drive]) -> Iterator[tuple[dict, Denoise]]:
    """The columns that name a way to denoise, and the way, fitted to these drives."""
    seed = settings().seeds[0]
    for loss in dict.fromkeys([*PUBLISHED, made.dense().loss]):
        yield _named(made.dense().method, loss, seed), _trained(loss, train, seed)
    weights = linear.fitted(map(_upright, train), settings().judging.taps)
    yield _named(ways.UPRIGHT), partial(_filtered, weights)
    yield _named(ways.SILENCE), ways.silence


def _named(method: str, loss: str = "", seed: int = 0) -> dict:
    return {"method": method, "loss": loss, "channels": 3, "target_sparsity": 0.0, "seed": seed}


def _trained(loss: str, train: Sequence[Drive], seed: int) -> Denoise:
    torch.manual_seed(seed)
    network = networks.like(settings().network, 3)
    data = Driven(train, settings(), seed)
    fitter(data, LOSSES[loss].function)(network, settings().fitting.epochs)
    limits = settings().judging.passing
    return lambda drive: whole.denoised(network, drive.channels, limits)


def _upright(drive: Drive) -> Drive:
    return drive._replace(channels=drive.channels * polarity(drive.channels))


def _filtered(weights: np.ndarray, drive: Drive) -> np.ndarray:
    return linear.filtered(weights, _upright(drive).channels)
