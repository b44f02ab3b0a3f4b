"""A network of random weights that reads what a stream gives, and a heart that is simple."""

import numpy as np
import pytest
import torch

from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.quantize import quantize
from ecglib.stream.host import Library
from ecglib.unseen.invented import S
from ecglib.unseen.network import UnseenCNN


@pytest.fixture(scope="session")
def network():
    """It calls many beats S, so that the gate has work."""
    torch.manual_seed(0)
    floats = UnseenCNN(features=11).eval()
    floats.classifier[-1].bias.data[S] += 0.3
    return quantize(floats, torch.randn(64, *floats.input_shape))


@pytest.fixture(scope="session")
def library(network):
    """The network's stream in C, built once."""
    try:
        compiler.host_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    return Library(network)


@pytest.fixture(scope="session")
def heart():
    """heart(places_s, rate_hz, ...): samples (n,) of beats whose R peaks stand at these times."""

    def beats(
        places_s, rate_hz=360, *, duration_s=None, height=200.0, noise=0.0, p_wave=0.0, seed=0
    ):
        duration_s = places_s[-1] + 1 if duration_s is None else duration_s
        times = np.arange(round(duration_s * rate_hz)) / rate_hz
        signal = np.zeros(len(times))
        for place in places_s:
            waves = (0, 1, 0.012), (0.03, -0.25, 0.012), (0.28, 0.25, 0.06), (-0.16, p_wave, 0.025)
            for far, high, wide in waves:
                signal += height * high * np.exp(-(((times - place - far) / wide) ** 2))
        signal += noise * np.random.default_rng(seed).standard_normal(len(times))
        return np.rint(1024 + signal).astype(np.int64)

    return beats
