"""The readings of the literature on unseen patients: accuracy, and F1 of each kind of ectopic beat.

SVEB and VEB are the AAMI classes S and V, each against the rest. Matrices as in `metrics`.
"""

import numpy as np

from ecglib.settings.words import CLASSES
from ecglib.training import metrics


def f1_sveb(matrix: np.ndarray) -> np.ndarray:
    """F1 of supraventricular ectopic beats against the rest, (..., 5, 5) -> (...)."""
    return metrics.f1_per_class(matrix)[..., CLASSES.index("S")]


def f1_veb(matrix: np.ndarray) -> np.ndarray:
    """F1 of ventricular ectopic beats against the rest, (..., 5, 5) -> (...)."""
    return metrics.f1_per_class(matrix)[..., CLASSES.index("V")]


READINGS = {"accuracy": metrics.accuracy, "f1_SVEB": f1_sveb, "f1_VEB": f1_veb}
