"""A network over a whole record: windows that overlap, faded into each other."""

import numpy as np
import torch
from torch import nn

from ecglib.denoising import windows
from ecglib.denoising.leads import WINDOW

AT_ONCE = 64  # windows: what fits into the processor's cache


def denoised(network: nn.Module, channels: np.ndarray) -> np.ndarray:
    """(channels, samples) at 180 Hz -> (samples,) float32, in standard deviations.

    Raises:
        DataError: see `windows.cut` and `windows.starts`.
    """
    at = windows.starts(channels.shape[1])
    return joined(answers(network, windows.cut(channels, at)), at)


@torch.no_grad()
def answers(network: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """(n, channels, WINDOW) -> (n, WINDOW)."""
    network.eval()
    parts = torch.from_numpy(inputs).split(AT_ONCE)
    return torch.cat([network(part)[:, 0] for part in parts]).numpy()


def joined(outputs: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n, WINDOW) that begin at `at` -> (samples,): each sample a mean, weighted by a triangle.

    A window knows its middle best: at its ends it lacks what comes before or after.
    """
    weight = np.minimum(np.arange(WINDOW), np.arange(WINDOW)[::-1]) + 1.0
    total, weights = np.zeros(at[-1] + WINDOW), np.zeros(at[-1] + WINDOW)
    for start, output in zip(at, outputs, strict=True):
        total[start : start + WINDOW] += weight * output
        weights[start : start + WINDOW] += weight
    return (total / weights).astype(np.float32)
