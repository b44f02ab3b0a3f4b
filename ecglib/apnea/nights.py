"""A night: one signal, and a label for every `step` samples of it; its windows are views."""

from dataclasses import dataclass

import numpy as np

from ecglib.data.errors import DataError

WINDOW = 1408  # samples of one window: 11 s at 128 Hz, or 352 s at 4 Hz
NORMAL, APNEA, UNKNOWN = 0, 1, -100  # UNKNOWN is what PyTorch's losses leave out by default
CLASSES = ("normal", "apnea")


@dataclass(frozen=True)
class Night:
    """One recording of one subject.

    signal: (samples,) float32. label: (windows,) int64, NORMAL, APNEA or UNKNOWN; window i begins
    at sample i * step and has WINDOW samples, so that windows overlap where step is smaller.

    Raises:
        DataError: a signal that is not finite, or of another length than the labels ask for, or a
            label that is none.
    """

    name: str
    subject: str
    signal: np.ndarray
    label: np.ndarray
    step: int

    def __post_init__(self) -> None:
        if not len(self.label):
            raise DataError(f"night {self.name} has no label: it is shorter than one window")
        if len(self.signal) != (samples := length_for(len(self.label), self.step)):
            raise DataError(
                f"night {self.name}: {len(self.label)} labels, one each {self.step} samples, ask "
                f"for {samples} samples, not {len(self.signal)}"
            )
        if not np.isfinite(self.signal).all():
            raise DataError(f"night {self.name} has samples that are not finite")
        if odd := set(np.unique(self.label)) - {NORMAL, APNEA, UNKNOWN}:
            raise DataError(f"night {self.name} has labels that are none: {sorted(odd)}")

    @property
    def windows(self) -> np.ndarray:
        """(windows, WINDOW), a view of the signal."""
        return np.lib.stride_tricks.sliding_window_view(self.signal, WINDOW)[:: self.step]


def length_for(windows: int, step: int) -> int:
    """The samples that so many windows reach over."""
    return (windows - 1) * step + WINDOW


def standardised(signal: np.ndarray, name: str) -> np.ndarray:
    """The whole recording with mean 0 and standard deviation 1, float32, as published.

    Raises:
        DataError: the signal is flat, so that there is nothing to divide by.
    """
    spread = float(signal.std())
    if not spread > 0:
        raise DataError(f"night {name} is flat: every sample is {signal[0]:g}")
    return ((signal - signal.mean()) / spread).astype(np.float32)
