"""The C run on this computer gives the reference's logits, beat by beat."""

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.device import compiler, firmware, host, integer
from ecglib.device.compiler import CompilerMissing
from ecglib.device.quantize import quantize, quantize_input

try:
    compiler.host_compiler()
except CompilerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.mark.parametrize("name", ["acharya2017", "rhythm_cnn"])
def test_many_beats_through_c_equal_the_reference(name):
    torch.manual_seed(0)
    floats = models.build(name).eval()
    windows = torch.randn(64, *floats.input_shape)
    network = quantize(floats, windows)
    if name == "acharya2017":
        beats = np.random.default_rng(0).integers(0, 2048, (50, 260)).astype(np.int16)
    else:
        parts = quantize_input(network, windows)
        beats = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    found = host.logits(network, beats, {})
    assert len(np.unique(found, axis=0)) > 10  # no two calls share what they return
    np.testing.assert_array_equal(
        found, integer.logits(network, firmware.input_tensors(network, beats))
    )
