"""When each beat's window is cut, its intervals are known, and its class is told."""

import math
from typing import NamedTuple

from ecglib.stream import design as d
from ecglib.stream.detector import Found


class Beat(NamedTuple):
    """A beat that is told.

    place: its R peak in sixteenths of a tick. previous, following: intervals, None if not known.
    cut, told: the ticks at which its window is cut and its class told.
    """

    place: int
    noisy: bool
    previous: int | None
    following: int | None
    cut: int
    told: int

    @property
    def start(self) -> int:
        """The first tick of its window."""
        return window_start(self.place)


def window_start(place: int) -> int:
    """The first tick of the window around an R peak."""
    return (place + d.SUBTICKS // 2) // d.SUBTICKS - d.R_INDEX


def chained(found: list[Found], breaks: list[int], network: int, ticks: int) -> list[Beat]:
    """The beats that are told within so many ticks, of those found, in order.

    breaks: ticks at which it is known that no beat will tell of the interval behind the last one.
    network: the ticks that it takes, see `parts`; so one beat waits for the one before.
    """
    told, beats, place = -1, [], 0
    for i, one in enumerate(found):
        after = found[i + 1] if i + 1 < len(found) else None
        following = None
        if after is not None and not after.first:
            known, following = after.tick, after.place - one.place
        else:
            known = min((at for at in breaks if at > one.tick), default=math.inf)
        cut = max(one.tick, window_start(one.place) + d.WINDOW - 1, told + 1)
        told = max(cut + 1, known) + network
        if told >= ticks:
            break
        previous = None if one.first else one.place - place
        beats.append(Beat(one.place, one.noisy, previous, following, cut, told))
        place = one.place
    return beats
