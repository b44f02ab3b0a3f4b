"""The rhythm features of `ecglib.data.rhythm` in integers: of one beat after the other.

Intervals are whole sixteenths of a tick. Logarithms are to base 2 in 2^-14; irregularities, as
fractions of the mean, in 2^-12.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from math import isqrt

from ecglib.stream import design as d
from ecglib.stream.numbers import log2

RATIO_BITS = 12
NO_INTERVAL = 1000  # where nothing is known at all: any will do, all ratios are one


class Rhythm:
    """The intervals of one patient so far, and what a beat looks like against them."""

    def __init__(self) -> None:
        self.past: list[int] = []  # the last 400
        self._sorted: list[int] = []  # the last 200 of them, in order

    def is_regular(self, previous: int | None) -> bool:
        """Whether a beat with this interval before it may enter the template."""
        local = self.past[-d.LOCAL :]
        if previous is None or not local:
            return True
        return abs(log2(previous) - _log_mean(local)) < d.REGULAR_Q14

    def is_irregular(self) -> bool:
        """Whether the last intervals repeat after neither one, two nor three; not of none.

        For each lag at least half of the last 200 are another than the one so many before. That is
        `unseen.features.irregularity` beyond the gate's limit, by the median's rank instead of its
        value: they differ where of an even number exactly half are. To be asked before `features`:
        the interval before the beat itself does not count.
        """
        return all(self._differ(lag) for lag in range(1, d.GATE_LAGS + 1))

    def _differ(self, lag: int) -> bool:
        recent = self.past[-d.GATE_OVER - lag :]
        pairs = list(zip(recent, recent[lag:], strict=False))
        apart = sum(max(pair) << 14 > min(pair) * d.GATE_Q14 for pair in pairs)
        return bool(pairs) and 2 * apart >= len(pairs)

    def features(self, previous: int | None, following: int | None) -> list[int]:
        """Eight features in 2^-14 and 2^-12, see above, in the order of `data.rhythm.FEATURES`.

        An interval that is not known is taken to be as usual. What is known is then of the past.
        """
        local, long = self.past[-d.LOCAL :], self.past
        known = previous is not None
        if not known and local:
            previous = (sum(local) + len(local) // 2) // len(local)
        elif not known:
            previous = NO_INTERVAL if following is None else following
            known = following is not None
        following = previous if following is None else following
        local, long = local or [previous], long or [previous]
        before, after = log2(previous), log2(following)
        near, far = _log_mean(local), _log_mean(long)
        found = [
            before - near,
            after - before,
            before - far,
            after - near,
            after - far,
            _deviation(local),
            self._difference(local),
            before + log2(10) - log2(self._high_tenfold(previous)),
        ]
        if known:
            self._remember(previous)
        return found

    def _difference(self, local: Sequence[int]) -> int:
        """Mean absolute difference of successive intervals over the mean."""
        recent = self.past[-d.LOCAL - 1 :]
        steps = [abs(b - a) for a, b in zip(recent, recent[1:], strict=False)]
        if not steps:
            return 0
        return _ratio(sum(steps) * len(local), len(steps) * sum(local))

    def _high_tenfold(self, otherwise: int) -> int:
        """Ten times the 90th percentile of the last 200, between neighbours as numpy has it."""
        if not self._sorted:
            return 10 * otherwise
        place, tenths = divmod(9 * (len(self._sorted) - 1), 10)
        low = self._sorted[place]
        high = self._sorted[min(place + 1, len(self._sorted) - 1)]
        return 10 * low + tenths * (high - low)

    def _remember(self, interval: int) -> None:
        if len(self._sorted) == d.PERCENTILE_OVER:
            self._sorted.pop(bisect_left(self._sorted, self.past[-d.PERCENTILE_OVER]))
        insort(self._sorted, interval)
        self.past = [*self.past, interval][-d.LONG :]


def _log_mean(past: Sequence[int]) -> int:
    return log2(sum(past)) - log2(len(past))


def _deviation(past: Sequence[int]) -> int:
    """Standard deviation over mean."""
    squares = len(past) * sum(one * one for one in past) - sum(past) ** 2
    return _ratio(isqrt(squares), sum(past))


def _ratio(above: int, below: int) -> int:
    """At most one."""
    return min((above << RATIO_BITS) // below, 1 << RATIO_BITS)
