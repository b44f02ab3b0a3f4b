"""Windows to train on: pieces of records in ever new seats, of patients and of invented ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import fftconvolve

from ecglib.denoising import seat
from ecglib.denoising.leads import WINDOW, Clean, banded
from ecglib.denoising.settings import Seat, Sittings
from ecglib.denoising.windows import FIRST, polarity, scaled
from ecglib.settings.words import CLASSES

MARGIN = 256  # samples on both sides of a piece, where the band-pass rings
LENGTH = FIRST + 2 * MARGIN
WINDOWS = FIRST // WINDOW  # of one piece
MOST_BEATS = 24  # of a window: 253 beats a minute
RARE = [CLASSES.index(name) for name in "SVF"]


class Windows(NamedTuple):
    """inputs: (n, channels, WINDOW) float32; reference: (n, 1, WINDOW) float32.

    beats: (n, MOST_BEATS) int64 positions in the window of annotated beats, -1 where there are no
    more.
    """

    inputs: np.ndarray
    reference: np.ndarray
    beats: np.ndarray


class _Piece(NamedTuple):
    """leads: (2, LENGTH); beats: positions in it of annotated beats."""

    leads: np.ndarray
    beats: np.ndarray


def drawn(
    clean: Sequence[Clean],
    noise: np.ndarray,
    count: int,
    of: Seat,
    how: Sittings,
    channels: Sequence[int],
    seed: Sequence[int],
) -> Windows:
    """So many windows (rounded up to whole pieces), each piece another sitting.

    channels: which of the seat's are used. The same seed gives the same sittings, whatever the
    channels.
    """
    draw = np.random.default_rng(seed)
    rare = [np.flatnonzero(np.isin(record.label, RARE)) for record in clean]
    parts = []
    for _ in range(-(-count // WINDOWS)):
        piece = _piece(clean, rare, how, draw)
        seen = banded(seat.seen(piece.leads, noise, draw.uniform(*how.snr_db), of, draw))
        parts.append(_windows(seen[list(channels)], piece))
    return Windows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _piece(
    clean: Sequence[Clean], rare: Sequence[np.ndarray], how: Sittings, draw: np.random.Generator
) -> _Piece:
    """A piece of a record: at random, or around a beat of a rare class; of an invented patient."""
    faster = draw.uniform(*how.faster) if draw.random() < how.invented else 1.0
    length = int(LENGTH * faster)
    ill = [index for index, found in enumerate(rare) if len(found)]
    if ill and draw.random() < how.rare:
        index = draw.choice(ill)
        first = clean[index].sample[draw.choice(rare[index])] - draw.integers(length)
    else:
        index = draw.integers(len(clean))
        first = draw.integers(clean[index].leads.shape[1] - length)
    record = clean[index]
    first = int(np.clip(first, 0, record.leads.shape[1] - length))
    leads = record.leads[:, first : first + length]
    beats = (
        record.sample[(record.sample >= first) & (record.sample < first + length)] - first
    ) / faster
    if faster != 1.0:
        leads = invented(leads, faster, how, draw)
    return _Piece(leads, np.rint(beats).astype(np.int64))


def invented(
    leads: np.ndarray, faster: float, how: Sittings, draw: np.random.Generator
) -> np.ndarray:
    """(2, n) -> (2, LENGTH) of a patient who does not exist: of another pace and shape.

    The heart's axis is turned between the leads, and both pass one random filter of a sixth of a
    second, so that waves change their shapes alike in both. The power of MLII stays as it was, and
    its QRS complexes point up: inputs are turned so, and nothing tells that the lead was not.
    """
    at = np.arange(LENGTH) * faster
    found = np.stack([np.interp(at, np.arange(lead.size), lead) for lead in leads])
    turned = np.deg2rad(draw.uniform(-1, 1) * how.axis_deg)
    cos, sin = np.cos(turned), np.sin(turned)
    found = np.array([[cos, sin], [-sin, cos]]) @ found
    taps = np.convolve(draw.normal(size=31), np.hanning(9) / 4, "same") * np.hanning(31)
    taps *= draw.normal(0, how.reshaped)
    taps[15] += 1
    found = np.stack([fftconvolve(lead, taps, "same") for lead in found])
    return found * (polarity(found[:1]) * leads[0].std() / max(found[0].std(), 1e-6))


def _windows(seen: np.ndarray, piece: _Piece) -> Windows:
    seen = seen * polarity(seen)
    at = [MARGIN + number * WINDOW for number in range(WINDOWS)]
    inputs = np.stack([scaled(seen[:, start : start + WINDOW]) for start in at])
    reference = np.stack([piece.leads[:1, start : start + WINDOW] for start in at])
    beats = beats_in(piece.beats, at)
    return Windows(inputs.astype(np.float32), reference.astype(np.float32), beats)


def beats_in(sample: np.ndarray, at: Sequence[int]) -> np.ndarray:
    """Of windows that begin at these places, their beats as in `Windows`. sample: (beats,)."""
    found = np.full((len(at), MOST_BEATS), -1)
    for row, start in zip(found, at, strict=True):
        inside = sample[(sample >= start) & (sample < start + WINDOW)][:MOST_BEATS]
        row[: len(inside)] = inside - start
    return found
