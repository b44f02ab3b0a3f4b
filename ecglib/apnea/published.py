"""What John et al. report, and what needs no ECG to come near it: labels copied from neighbours.

Source: John, Nundy, Cardiff, John, "A 1D Convolutional Neural Network based deep learning technique
for sleep apnea detection in IoT sensors", ISCAS 2021 (arXiv:2105.00528), and its public code.
"""

from collections.abc import Sequence

import numpy as np

from ecglib.apnea.nights import APNEA, NORMAL, UNKNOWN, WINDOW
from ecglib.apnea.protocols import TEST, TRAIN

FS_HZ = 128  # of UCDDB's ECG
WINDOW_S = WINDOW // FS_HZ

SPARSITY = 0.8
# Accuracy and sensitivity of the abstract, as fractions.
REPORTED = {
    "dense": (0.9956, 0.9605),
    "80 % sparse": (0.9734, 0.8648),
    "binarised": (0.7559, 0.6323),
    "patient-specific": (0.9779, 0.9223),
}


def window_labels(seconds: np.ndarray) -> np.ndarray:
    """(seconds,) bool -> (windows,) labels: a window of 11 s each second, by its first second."""
    windows = len(seconds) - WINDOW_S + 1
    return np.where(seconds[:windows], APNEA, NORMAL)


def copied(label: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(windows,) for each TEST window the label of the nearest TRAIN window, else UNKNOWN.

    The earlier of two that are as near. Raises ValueError where nothing trains.
    """
    train, test = (np.flatnonzero(part == which) for which in (TRAIN, TEST))
    if not len(train):
        raise ValueError("there is no training window to copy a label from")
    after = np.searchsorted(train, test).clip(1, len(train) - 1) if len(train) > 1 else 0 * test
    before = np.maximum(after - 1, 0)
    nearer_before = test - train[before] <= np.abs(train[after] - test)
    found = np.full(len(label), UNKNOWN)
    found[test] = label[train[np.where(nearer_before, before, after)]]
    return found


def placebo(
    seconds: int, durations_s: Sequence[float], share: float, seed: np.random.Generator
) -> np.ndarray:
    """(seconds,) bool: intervals at random places, which nothing in a signal can know of.

    Their lengths are drawn from `durations_s`; they lie apart, and fill `share` of the recording.
    """
    taken, wanted = np.zeros(seconds, bool), round(share * seconds)
    while (left := wanted - int(taken.sum())) > 0:
        length = min(round(float(seed.choice(durations_s))), left)
        start = int(seed.integers(1, seconds - length))
        if not taken[start - 1 : start + length + 1].any():
            taken[start : start + length] = True
    return taken
