"""Small nights in which apnea shows, and a small network that sees it."""

import numpy as np
import pytest
import torch
from torch import nn

from ecglib.apnea.networks import NETWORKS, Chain
from ecglib.apnea.nights import WINDOW, Night, length_for

STEP = 240


@pytest.fixture
def new_night():
    """new_night(name, windows, seed): noise, and in every second stretch of ten windows a wave."""

    def new(name="n1", windows=60, seed=0, subject=None) -> Night:
        drawn = np.random.default_rng(seed)
        label = (np.arange(windows) // 10) % 2
        signal = drawn.normal(0, 1, length_for(windows, STEP))
        middle = np.repeat(label, STEP)
        start = (WINDOW - STEP) // 2
        wave = 3 * np.sin(np.arange(len(middle)) * 2 * np.pi / 40)
        signal[start : start + len(middle)] += wave * middle
        return Night(name, subject or name, signal.astype(np.float32), label.astype(int), STEP)

    return new


@pytest.fixture
def nights(new_night):
    return [new_night(f"n{i}", seed=i) for i in range(4)]


@pytest.fixture
def small():
    """The name of a registered network of 8 channels."""

    def build() -> Chain:
        layers = [
            *(nn.BatchNorm1d(1), nn.Conv1d(1, 8, 16, stride=4), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(8, 8, 5), nn.ReLU(), nn.MaxPool1d(2), nn.BatchNorm1d(8)),
        ]
        return Chain(layers, stride=16, dropout=0.1)

    NETWORKS.register("small", name="small")(build)
    yield "small"
    NETWORKS.remove("small")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
