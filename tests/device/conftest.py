"""A network whose layers want different kernels, and beats for it; and the compilers."""

import os
import subprocess

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.quantize import quantize

SANITIZE = ("-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all")


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


@pytest.fixture(scope="session")
def host():
    """The host's compiler, with sanitizers where it has them."""
    try:
        command = compiler.host_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    program = b"int main(void) { return 0; }"
    probe = [*command, *SANITIZE, "-xc", "-", "-o", os.devnull]
    sanitizes = subprocess.run(probe, input=program, capture_output=True).returncode == 0
    strict = [*compiler.STRICT, "-pedantic", "-O1"]
    return [*command, *strict, *(SANITIZE if sanitizes else ())]


@pytest.fixture(scope="session")
def device():
    try:
        compiler.device_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
