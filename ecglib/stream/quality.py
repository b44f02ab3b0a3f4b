"""Whether a signal is one: flat, saturated, full of noise, with gaps, without a beat."""

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.stretches import Converter, Ticks


class Quality:
    """The state of a stream's signal, told second by second.

    blocks: (seconds,) bits of `design`, of each whole second of ticks.
    """

    def __init__(
        self,
        ticks: Ticks,
        converter: Converter,
        noisy: list[tuple[int, bool]],
        silent: list[tuple[int, bool]],
    ) -> None:
        """noisy, silent: ticks from which on the signal is so, or is not any more."""
        self._missing, self._saturated = (
            np.concatenate([[0], np.cumsum(of)]) for of in (ticks.missing, ticks.saturated)
        )
        self._due, self._rate_hz = ticks.due, converter.rate_hz
        whole = len(ticks.due) // d.BLOCK
        signal = ticks.signal[: whole * d.BLOCK].reshape(whole, d.BLOCK)
        flat = np.ptp(signal, axis=1) <= d.FLAT_RANGE if whole else np.zeros(0, bool)
        ends = d.BLOCK * np.arange(1, whole + 1) - 1
        self.blocks = np.array([self._of_samples(end) for end in ends], np.int64)
        self.blocks |= d.FLAT * flat
        self.blocks |= d.NOISE * _at(ends, noisy) | d.SILENT * _at(ends, silent)

    def _of_samples(self, tick: int) -> int:
        """Bits of the samples since the last whole second before the tick, up to the tick's."""
        block = tick // d.BLOCK
        start = self._due[block * d.BLOCK - 1] + 1 if block else 0
        stop = self._due[tick] + 1
        missing = self._missing[stop] - self._missing[start]
        saturated = self._saturated[stop] - self._saturated[start]
        is_saturated = 16 * saturated >= self._rate_hz * d.SATURATED_16THS
        return d.GAP * bool(missing) | d.SATURATED * bool(is_saturated)

    def of_beat(self, tick: int) -> int:
        """Bits of a beat whose window is cut at this tick: of the last two seconds and since."""
        block = tick // d.BLOCK
        bits = self._of_samples(tick)
        for one in self.blocks[max(block - 2, 0) : block].tolist():
            bits |= one & (d.FLAT | d.SATURATED | d.GAP)
        return bits

    def changes(self) -> list[tuple[int, int]]:
        """(tick, bits) of each second whose bits are not those of the second before."""
        before = np.concatenate([[0], self.blocks[:-1]])
        changed = np.flatnonzero(self.blocks != before)
        return [(d.BLOCK * (int(i) + 1) - 1, int(self.blocks[i])) for i in changed]


def _at(ticks: np.ndarray, changes: list[tuple[int, bool]]) -> np.ndarray:
    """What holds at each tick, of (tick from which on, what holds); nothing before the first."""
    times = np.array([time for time, _ in changes], np.int64)
    holds = np.array([False, *(held for _, held in changes)])
    return holds[np.searchsorted(times, ticks, side="right")]
