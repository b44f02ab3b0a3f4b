"""A patient's usual beat, as `ecglib.data.patient` has it, in integers.

A window less its mean, over the running geometric mean of the windows' standard deviations, stands
in 2^-20, as the template does.
"""

import numpy as np

from ecglib.stream import design as d
from ecglib.stream.numbers import log2, power_of_half

TEMPLATE_BITS = 20


class Usual:
    """The running scale and template of one patient."""

    def __init__(self) -> None:
        self.scale_q24 = self.scaled = self.counted = 0
        self.template = np.zeros(d.WINDOW, np.int64)

    def compared(
        self, window: np.ndarray, *, regular: bool, sound: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """The template so far, and a window (112,) as deviation from it, (112,) each in 2^-20.

        Only a sound one changes what is usual, and only a regular one the template. The first is
        its own.
        """
        values = self._over_scale(window, sound)
        if self.counted == 0:
            self.template = values
            self.counted = int(sound)
            return values, np.zeros_like(values)
        template = self.template
        deviation = values - template
        if regular and sound:
            self.counted = min(self.counted + 1, d.TEMPLATE_BEATS)
            share = (2**31 - 1) // self.counted
            self.template = template + (2 * deviation * share + 2**31 >> 32)
        return template, deviation

    def _over_scale(self, window: np.ndarray, sound: bool) -> np.ndarray:
        total, squares = int(window.sum()), int((window * window).sum())
        variance = d.WINDOW * squares - total * total  # times 112 squared
        value = log2(max(variance, 1)) << 9  # half of it, in 2^-24
        if sound or self.scaled == 0:
            weight = min(self.scaled + 1, d.SCALE_BEATS)
            self.scale_q24 += int(_towards_zero(np.int64(value - self.scale_q24), weight))
            self.scaled += sound and self.scaled < d.SCALE_BEATS
        mantissa, shift = power_of_half(self.scale_q24)
        limit = 16 << shift  # what is cut off here would be below, too
        centred = (d.WINDOW * window - total).clip(-limit, limit)
        spread = centred << TEMPLATE_BITS + 2 - shift  # of 16 bits no spread is above 2^22
        scaled = spread * (mantissa >> 1) + 2**31 >> 32
        return scaled.clip(-d.LARGEST_Q20, d.LARGEST_Q20 - 1)


def _towards_zero(values: np.ndarray, by: int) -> np.ndarray:
    """Quotients as C99 has them."""
    return np.sign(values) * (np.abs(values) // by)
