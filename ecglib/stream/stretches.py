"""A converter's samples as stretches without a long gap, and their ticks."""

from dataclasses import dataclass

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.errors import StreamError
from ecglib.stream.resampling import due, resample


@dataclass(frozen=True)
class Converter:
    """Samples a second, and the least and largest integer that a sample may be.

    StreamError: a rate or a range that the stream does not take.
    """

    rate_hz: int
    lowest: int
    highest: int

    def __post_init__(self) -> None:
        if not d.LOWEST_HZ <= self.rate_hz <= d.HIGHEST_HZ or self.rate_hz % 1:
            raise StreamError(
                f"a rate of {self.rate_hz} Hz: give whole Hz from {d.LOWEST_HZ} to {d.HIGHEST_HZ}"
            )
        if not 0 < self.highest - self.lowest <= d.WIDEST or self.lowest <= d.NO_SAMPLE:
            raise StreamError(
                f"a converter from {self.lowest} to {self.highest}: give a range of at most 16 "
                f"bits above {d.NO_SAMPLE}, which stands for a missing sample"
            )

    def check_rate(self, samples: int, milliseconds: int) -> None:
        """Compare the number of samples that came in so long a time with what the rate says.

        StreamError: they differ by more than two in a hundred.
        """
        expected, found = milliseconds * self.rate_hz, 1000 * samples
        if d.OTHER_RATE_PART * abs(found - expected) > expected:
            raise StreamError(
                f"{samples} samples in {milliseconds} ms are none of a rate of {self.rate_hz} Hz: "
                "state the rate that the converter has"
            )

    @property
    def gap(self) -> int:
        """Samples missing one after the other after which all starts anew."""
        return self.rate_hz * d.GAP_TENTHS // 10

    @property
    def middle(self) -> int:
        """What stands for zero."""
        return self.lowest + (self.highest - self.lowest + 1) // 2


@dataclass(frozen=True)
class Stretch:
    """Ticks first to last (not included) of samples without a long gap.

    ended: the sample at which the gap behind it was long, or None.
    """

    first: int
    last: int
    ended: int | None


@dataclass(frozen=True)
class Ticks:
    """A stream in ticks.

    due: (ticks,) the sample with which each is known. signal: (ticks,) int64, in units of the
    converter around its middle; where there is no stretch, as the tick before. missing, saturated:
    (samples,) bool.
    """

    due: np.ndarray
    signal: np.ndarray
    stretches: list[Stretch]
    missing: np.ndarray
    saturated: np.ndarray


def ticks_of(samples: np.ndarray, converter: Converter) -> Ticks:
    """A stream's samples (n,) of any integers; those beyond the converter's range are missing."""
    missing = (samples < converter.lowest) | (samples > converter.highest)
    saturated = ~missing & ((samples == converter.lowest) | (samples == converter.highest))
    known = due(converter.rate_hz, len(samples))
    held = _held(np.where(missing, converter.middle, samples) - converter.middle, missing)
    signal, stretches = np.zeros(len(known), np.int64), []
    for start, stop in _runs(missing, converter.gap):
        first, last = np.searchsorted(known, [start, stop]).tolist()
        if stretches:  # between two the signal is as it was
            signal[stretches[-1].last : first] = signal[max(stretches[-1].last - 1, 0)]
        stretches.append(Stretch(first, last, stop if stop < len(samples) else None))
        whole = held[:stop].copy()
        whole[max(start - d.HISTORY, 0) : start] = held[start]  # as if it had always been so
        ticks = np.arange(first, last)
        signal[first:last] = resample(whole, converter.rate_hz, ticks)
    if stretches and len(signal):  # a few samples make no tick known
        signal[stretches[-1].last :] = signal[max(stretches[-1].last - 1, 0)]
    return Ticks(known, signal, stretches, missing, saturated)


def _held(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The last value that there was, for each that is missing; zero before the first."""
    index = np.where(missing, -1, np.arange(len(values)))
    index = np.maximum.accumulate(index) if len(index) else index
    return np.where(index >= 0, values[index], 0).astype(np.int64)


def _runs(missing: np.ndarray, gap: int) -> list[tuple[int, int]]:
    """Where samples begin and where a gap has become long: (start, stop) of each stretch."""
    edges = np.flatnonzero(np.diff(missing, prepend=True, append=True))
    there = edges.reshape(-1, 2)  # from the first sample that is there to the first that is not
    runs: list[tuple[int, int]] = []
    for start, stop in there.tolist():
        end = min(stop + gap - 1, len(missing))
        if runs and start <= runs[-1][1]:
            runs[-1] = runs[-1][0], end
        else:
            runs.append((start, end))
    return runs
