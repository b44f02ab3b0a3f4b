"""A network whose layers want different kernels, and beats for it."""

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.device.quantize import quantize


@pytest.fixture(scope="session")
def network():
    """acharya2017 untrained; of its first dense layer one weight in twenty is left."""
    torch.manual_seed(0)
    floats = models.build("acharya2017").eval()
    with torch.no_grad():
        weight = floats.classifier[1].weight
        weight[torch.rand_like(weight) < 0.95] = 0
    return quantize(floats, torch.randn(64, 1, 260))


@pytest.fixture(scope="session")
def beats():
    """Raw samples (2, 260) int16."""
    return np.random.default_rng(0).integers(0, 2048, (2, 260)).astype(np.int16)
