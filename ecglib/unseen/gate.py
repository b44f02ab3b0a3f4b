"""No beat is supraventricular by its time where no beat can be early: in fibrillation.

A network told most of its false S beats in the two patients of DS1 who fibrillate. Their rhythm
repeats after neither one, two nor three beats; that of bigeminy, trigeminy and runs does.
"""

import numpy as np

from ecglib.unseen.invented import N, S


def gated(classes: np.ndarray, irregularity: np.ndarray, beyond: float | None) -> np.ndarray:
    """Classes (n,) with N for each S whose `features.irregularity` (n,) is beyond; None: as is."""
    if beyond is None:
        return classes
    return np.where((classes == S) & (irregularity > beyond), N, classes).astype(classes.dtype)
