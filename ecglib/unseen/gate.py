"""What is called supraventricular: never where no beat can be early, and only by a margin.

A network told most of its false S beats in the two patients of DS1 who fibrillate. Their rhythm
repeats after neither one, two nor three beats; that of bigeminy, trigeminy and runs does. Where S
is frequent in training, it is called too often of patients who have few: hence the margin.
"""

import copy

import numpy as np
import torch
from torch import nn

from ecglib.unseen.invented import N, S


def gated(classes: np.ndarray, irregularity: np.ndarray, beyond: float | None) -> np.ndarray:
    """Classes (n,) with N for each S whose `features.irregularity` (n,) is beyond; None: as is."""
    if beyond is None:
        return classes
    return np.where((classes == S) & (irregularity > beyond), N, classes).astype(classes.dtype)


def with_margin(network: nn.Module, margin: float) -> nn.Module:
    """A copy whose logit of S is lower by `margin`: its last bias is, which costs nothing."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        network.classifier[-1].bias[S] -= margin
    return network
