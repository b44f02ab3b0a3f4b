"""R peaks of a stretch of signal without a gap: what the C decides tick by tick, event by event.

The decisions are those of Hamilton 2002 (see `design`): peaks of the energy that no larger one
stands within 200 ms of; a threshold between the mean levels of the last eight beats and the last
eight peaks that were none; T waves by their slope; a search back for what half the threshold finds
where a beat is late. Two seconds of learning stand before, as in Pan and Tompkins 1985.
"""

import math
from typing import NamedTuple

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.filtering import filtered
from ecglib.stream.places import r_place

NEVER = math.inf


class Peak(NamedTuple):
    """A peak of the energy: its tick and height, the steepest slope before it, its R peak."""

    tick: int
    height: int
    slope: int
    place: int


class Found(NamedTuple):
    """tick: when the beat was found. place: its R peak in sixteenths of a tick.

    first: nothing is known of the interval before it. noisy: noise is near the level of beats.
    """

    tick: int
    place: int
    first: bool
    noisy: bool

    def moved(self, ticks: int) -> "Found":
        """The same so many ticks later."""
        place = self.place + d.SUBTICKS * ticks
        return self._replace(tick=self.tick + ticks, place=place)


class Detector:
    """found: beats in order; silences: ticks at which ten seconds had gone without one.

    noisy: (tick, whether the signal is called noise from there on), where that changes.
    """

    def __init__(self, signal: np.ndarray) -> None:
        self.found: list[Found] = []
        self.silences: list[int] = []
        self.noisy: list[tuple[int, bool]] = []
        of = filtered(signal)
        self.band, self.slope, self.energy = of
        before, at, after = of.energy[:-2], of.energy[1:-1], of.energy[2:]
        self._tops = (np.flatnonzero((at > before) & (at >= after)) + 1).tolist()
        self._next_top = 0
        self.candidate: tuple[int, int, int] | None = None
        self.best: Peak | None = None
        self.saved: list[Peak] = []
        self.learning: int | None = 0
        self.beats, self.noise = [0] * d.LEVELS, [0] * d.LEVELS
        self.threshold = d.LEAST_THRESHOLD
        self.intervals: list[int] = []
        self.late = 0
        self.broken, self.silent = True, False
        self.last_place = self.last_slope = self.last_tick = self.waiting = 0
        self._run(len(signal))

    def _run(self, ticks: int) -> None:
        now = self._next(-1)
        while now < ticks:
            self._step(now)
            now = self._next(now)

    def _next(self, now: int) -> float:
        """The next tick at which something can happen."""
        times = [self.waiting + d.RELEARN if self.learning is None else self.learning + d.LEARNING]
        if self._next_top < len(self._tops):
            times.append(self._tops[self._next_top] + 1)
        if self.candidate:
            times.append(self.candidate[0] + d.APART + 1)
        if self._searches():
            times.append(max(now + 1, -(-(self.last_place + self.late) // d.SUBTICKS) + _LAG))
        if not self.silent:
            times.append(self.last_tick + d.SILENCE)
        return min(times)

    def _searches(self) -> bool:
        waits = self.learning is None and self.best is not None and self.intervals
        return bool(waits) and 2 * self.best.height > self.threshold

    def _step(self, now: int) -> None:
        if self.learning is not None and now - self.learning >= d.LEARNING:
            self._learn(now)
        self._search_back(now)
        if self._next_top < len(self._tops) and self._tops[self._next_top] == now - 1:
            self._next_top += 1
            self._top(now - 1)
        if self.candidate and now - self.candidate[0] > d.APART:
            self._peak(now)
        if self.learning is None and now - self.waiting >= d.RELEARN:
            self._learn_anew(now)
        if not self.silent and now - self.last_tick >= d.SILENCE:
            self.silent = self.broken = True
            self.intervals.clear()
            self.silences.append(now)

    def _search_back(self, now: int) -> None:
        late = d.SUBTICKS * (now - _LAG) >= self.last_place + self.late
        if self._searches() and late and now - self.best.tick <= d.OLDEST:
            self._accept(self.best, now)

    def _top(self, tick: int) -> None:
        height = int(self.energy[tick])
        if self.candidate is None or height > self.candidate[1]:
            slope = self.slope[max(tick - d.ENERGY + 1, 0) : tick + 1].max()
            self.candidate = tick, height, int(slope)

    def _peak(self, now: int) -> None:
        """The candidate is a peak: no larger one has come within 200 ms."""
        peak = Peak(*self.candidate, r_place(self.band, self.candidate[0]))
        self.candidate = None
        if self.learning is None:
            self._classify(peak, now)
        elif len(self.saved) < d.LEARNT_PEAKS:
            self.saved.append(peak)

    def _classify(self, peak: Peak, now: int) -> None:
        since = d.SILENCE * d.SUBTICKS if self.broken else peak.place - self.last_place
        is_apart = since > d.SUBTICKS * d.APART
        t_wave = since < d.SUBTICKS * d.T_WAVE and 2 * peak.slope < self.last_slope
        if peak.height > self.threshold and is_apart and not t_wave:
            self._accept(peak, now)
            return
        self.noise = [*self.noise[1:], peak.height]
        self._set_threshold(now)
        if is_apart and not t_wave and (self.best is None or peak.height > self.best.height):
            self.best = peak

    def _accept(self, peak: Peak, now: int) -> None:
        if not self.broken:
            self.intervals = [*self.intervals, peak.place - self.last_place][-d.LEVELS :]
            self.late = 3 * sum(self.intervals) // (2 * len(self.intervals))
        self.beats = [*self.beats[1:], peak.height]
        self._set_threshold(now)
        self.found.append(Found(now, peak.place, self.broken, self.noisy[-1][1]))
        self.last_place, self.last_slope = peak.place, peak.slope
        self.last_tick = self.waiting = now
        self.best, self.broken, self.silent = None, False, False

    def _set_threshold(self, now: int) -> None:
        beats, noise = sum(self.beats) // d.LEVELS, sum(self.noise) // d.LEVELS
        self.threshold = max(noise + ((beats - noise) * d.THRESHOLD_64THS >> 6), d.LEAST_THRESHOLD)
        noisy = d.NOISY_THIRDS * noise > beats
        if not self.noisy or self.noisy[-1][1] != noisy:
            self.noisy.append((now, noisy))

    def _learn(self, now: int) -> None:
        """Learning ends: levels from the highest peak seen, and a look at all that were."""
        self.learning = None
        saved, self.saved = self.saved, []
        if not saved:
            self.learning = now
            return
        highest = max(peak.height for peak in saved)
        self.beats = [d.LEARNT_BEATS_16THS * highest // 16] * d.LEVELS
        self.noise = [d.LEARNT_NOISE_16THS * highest // 16] * d.LEVELS
        self._set_threshold(now)
        self.waiting = now
        for peak in saved:
            self._classify(peak, now)

    def _learn_anew(self, now: int) -> None:
        self.learning, self.best, self.saved = now, None, []


# Ticks from an R peak to when a peak of the energy behind it would be known.
_LAG = d.APART + 1 + d.DELAY
