"""All ways to denoise that are compared, as functions of a drive: rivals, filters, networks.

Rivals get what no device has: a polarity told from the whole drive, and the scale that suits them
best. The linear filter is trained for each SNR, and one of the two gets that polarity, too.
"""

from functools import lru_cache

import numpy as np
import torch

from ecglib.denoising import judged, linear, made, rivals, whole
from ecglib.denoising.judged import Denoise
from ecglib.denoising.leads import FS_HZ
from ecglib.denoising.made import CHANNELS, Kind
from ecglib.denoising.seat import Drive
from ecglib.denoising.settings import settings
from ecglib.denoising.windows import polarity

PLAIN, UPRIGHT = "linear", "linear, upright"
ALWAYS = "dense, always"  # the main network, without what passes
SILENCE = "silence"
SITTINGS = 6  # of each training record, for the linear filter: ten minutes each


def rival(name: str) -> Denoise:
    """One of RIVALS, at the scale that suits it best."""

    def denoise(drive: Drive) -> np.ndarray:
        signs = polarity(drive.channels)[:, 0]
        found = rivals.RIVALS[name](drive.channels, FS_HZ, polarity=signs)
        return rivals.oracle_scale(found, drive.reference) * found

    return denoise


def silence(drive: Drive) -> np.ndarray:
    """Zeros: what an error has to be compared with."""
    return np.zeros_like(drive.reference)


def filtered(name: str) -> Denoise:
    """The trained linear filter: of the channels as they are, or turned upright first."""

    def denoise(drive: Drive) -> np.ndarray:
        weights = _weights(name, drive.snr_db)
        return linear.filtered(weights, _channels(name, drive.channels))

    return denoise


@lru_cache
def _weights(name: str, snr_db: float) -> np.ndarray:
    """Fitted to training drives of this SNR, each record in several sittings."""
    drives = (
        drive
        for sitting in range(SITTINGS)
        for drive in judged.drives(snr_db, part="both", sitting=sitting)
    )
    upright = (one._replace(channels=_channels(name, one.channels)) for one in drives)
    return linear.fitted(upright, settings().judging.taps)


def _channels(name: str, channels: np.ndarray) -> np.ndarray:
    return channels * polarity(channels) if name == UPRIGHT else channels


def denoiser(kind: Kind, seed: int, *, passing: bool = True) -> Denoise:
    """A network, over whole drives; without `passing` it may change what is clean."""
    torch.set_num_threads(1)
    network, channels = made.network(kind, seed), list(CHANNELS[kind.channels])
    limits = settings().judging.passing if passing else None
    return lambda drive: whole.denoised(network, drive.channels[channels], limits)
