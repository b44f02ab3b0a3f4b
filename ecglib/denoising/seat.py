"""The simulated seat: three capacitive channels of a driver, from two leads and recorded noise.

No simulation is a car. What it keeps from one (Czaplik, Leonhardt, Eilebrecht and others measured
seats): the electrodes see mixtures of the heart's projections, through clothes of unknown gain;
most noise is motion, part of it common to all electrodes; it comes in bursts; an electrode loses
contact for seconds; the amplifier saturates. Each is a parameter, see `settings.Seat`.
"""

from typing import NamedTuple

import numpy as np

from ecglib.denoising.leads import FS_HZ, Clean, banded
from ecglib.denoising.settings import Seat


class Drive(NamedTuple):
    """A record as a seat gives it, at 180 Hz, all within the band.

    channels: (3, samples) float32, each of a gain of its own. reference: (samples,) float32, the
    clean lead, of standard deviation 1 over the record. sample, label: (beats,), as annotated.
    """

    name: str
    snr_db: float
    channels: np.ndarray
    reference: np.ndarray
    sample: np.ndarray
    label: np.ndarray


def drive(clean: Clean, noise: np.ndarray, snr_db: float, seat: Seat, seed: list[int]) -> Drive:
    """A whole record in the seat, noise cut from `noise` (kinds, 2, samples) at random places.

    snr_db: power of the hearts' part over that of the noise, all channels and the whole record
    together, in the band that is kept. The same seed gives the same noise at every SNR.
    """
    draw = np.random.default_rng(seed)
    channels = seen(clean.leads, noise, snr_db, seat, draw)
    return Drive(
        clean.name, snr_db, banded(channels).astype(np.float32), *clean.leads[:1], *clean[2:]
    )


def seen(
    leads: np.ndarray, noise: np.ndarray, snr_db: float, seat: Seat, draw: np.random.Generator
) -> np.ndarray:
    """(2, samples) -> (3, samples): what the converter samples, before the band is cut."""
    samples = leads.shape[1]
    hearts = _mixing(seat, draw) @ leads
    noises = _noises(noise, samples, seat, draw)
    coupling = _coupling(samples, seat, draw)
    # Noise that is in the band loses some of its power where the band is cut once more.
    power = np.mean(banded(hearts) ** 2) / np.mean(banded(noises) ** 2)
    noises *= np.sqrt(power / 10 ** (snr_db / 10))
    limit = seat.clipping * np.sqrt(np.mean(hearts**2, 1, keepdims=True))
    gains = 10 ** (draw.uniform(-1, 1, (len(hearts), 1)) * seat.gain_db / 20)
    return gains * (hearts * coupling + noises).clip(-limit, limit)


def _mixing(seat: Seat, draw: np.random.Generator) -> np.ndarray:
    """(3, 2): each channel sees the heart from its own angle between the two leads."""
    angles = np.deg2rad(seat.angles_deg + draw.uniform(-1, 1, 3) * seat.turned_deg)
    signs = np.where(draw.random(3) < seat.inverted, -1, 1)
    return signs[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


def _noises(noise: np.ndarray, samples: int, seat: Seat, draw: np.random.Generator) -> np.ndarray:
    """(3, samples): a part that all channels share, and one of each, in bursts."""
    sources = np.stack([_one_noise(noise, samples, seat, draw) for _ in range(4)])
    shared, own = sources[0] * draw.choice([-1, 1]), sources[1:]
    mixed = np.sqrt(seat.shared) * shared + np.sqrt(1 - seat.shared) * own
    uneven = 10 ** (draw.uniform(-1, 1, (3, 1)) * seat.uneven_db / 20)
    return uneven * mixed


def _one_noise(noise: np.ndarray, samples: int, seat: Seat, draw: np.random.Generator):
    """(samples,): the three kinds in their shares of power, louder in bursts."""
    shares = np.sqrt(np.array(seat.kinds) / sum(seat.kinds))
    total = sum(
        share * draw.choice([-1, 1]) * _stretch(kind[draw.integers(len(kind))], samples, draw)
        for share, kind in zip(shares, noise, strict=True)
    )
    bursts = _spells(samples, seat.bursts_a_minute, seat.burst_s, draw)
    return total * (1 + (seat.burst_gain - 1) * bursts)


def _stretch(of: np.ndarray, samples: int, draw: np.random.Generator) -> np.ndarray:
    """So many samples from a random place on; where the recording ends it begins again."""
    start = draw.integers(len(of))
    return np.take(of, np.arange(start, start + samples), mode="wrap")


def _coupling(samples: int, seat: Seat, draw: np.random.Generator) -> np.ndarray:
    """(3, samples): 1 where an electrode couples, less where it has lost its contact."""
    lost = [_spells(samples, seat.losses_a_minute, seat.loss_s, draw) for _ in range(3)]
    return 1 - seat.lost * np.stack(lost)


def _spells(
    samples: int, a_minute: float, length_s: tuple[float, float], draw: np.random.Generator
) -> np.ndarray:
    """(samples,): 1 in spells at random places, 0 else, with edges of a tenth of a second."""
    found = np.zeros(samples)
    for _ in range(draw.poisson(a_minute * samples / FS_HZ / 60)):
        length = int(draw.uniform(*length_s) * FS_HZ)
        start = draw.integers(-length, samples)
        found[max(0, start) : max(0, start + length)] = 1
    edge = FS_HZ // 10
    return np.convolve(found, np.ones(edge) / edge, "same")
