"""Where the R peak of a beat stands, to a sixteenth of a tick."""

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.numbers import divided


def r_place(band: np.ndarray, tick: int) -> int:
    """The first top of the band-passed signal (ticks,) that is far from zero, by a parabola.

    tick: of the peak of the energy, behind which the signal is known for a tick at least. Of a wide
    beat the first is where annotators put it, though a later one may be higher.
    """
    first = max(tick - d.BEFORE, 0)
    height = np.abs(band[max(first - 1, 0) : tick + 2])
    if first == 0:
        height = np.concatenate([[0], height])
    before, here, after = height[:-2], height[1:-1], height[2:]
    is_top = (here >= before) & (here >= after)
    is_far = 16 * here >= d.EARLIEST_16THS * here.max()
    tops = np.flatnonzero(is_top & is_far)
    at = int(tops[0] if len(tops) else here.argmax())
    bend = int(2 * here[at] - before[at] - after[at])
    beside = divided(8 * int(after[at] - before[at]), bend) if bend > 0 else 0
    return max(d.SUBTICKS * (first + at - d.DELAY) + min(max(beside, -8), 8), 0)
