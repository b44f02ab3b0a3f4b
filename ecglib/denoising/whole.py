"""A network over a whole record: windows that overlap, faded into each other."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ecglib.denoising import windows
from ecglib.denoising.leads import WINDOW

AT_ONCE = 64  # windows: what fits into the processor's cache


def denoised(
    network: nn.Module, channels: np.ndarray, passing: Sequence[float] | None = None
) -> np.ndarray:
    """(channels, samples) at 180 Hz -> (samples,) float32, in standard deviations.

    passing: two limits of `passed`; without them the network's own output is given throughout.

    Raises:
        DataError: see `windows.cut` and `windows.starts`.
    """
    at = windows.starts(channels.shape[1])
    inputs = windows.cut(channels, at)
    outputs = answers(network, inputs)
    if passing:
        outputs = passed(inputs, outputs, *passing)
    return joined(outputs, at)


def passed(inputs: np.ndarray, outputs: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where a network changes little, nothing is changed: the mean of the channels passes instead.

    inputs: (n, channels, WINDOW); outputs: (n, WINDOW). What the network changes in a window is the
    power of its output less the mean, at the scale nearest to it, over the output's power: up to
    `low` the mean passes, from `high` on the output, between them a mixture.
    """
    mean = inputs.mean(1)
    scale = (outputs * mean).sum(1) / np.maximum((mean**2).sum(1), windows.FLAT)
    mean = scale[:, None] * mean
    power = np.maximum((outputs**2).mean(1), windows.FLAT)
    changed = ((outputs - mean) ** 2).mean(1) / power
    share = np.clip((high - changed) / (high - low), 0, 1)[:, None]
    return share * mean + (1 - share) * outputs


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
