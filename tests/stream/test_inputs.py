from dataclasses import replace

import numpy as np
import pytest

from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.stream.inputs import feature_values, scales_of, window_values


def test_values_are_those_that_floats_are_rounded_to(network):
    scales = scales_of(network)
    window, features = network.inputs
    floats = np.linspace(-9, 9, 112)
    expected = (np.rint(floats / window.scale) + window.zero).clip(0, 255)
    found = window_values(np.rint(floats * 2**20).astype(np.int64), scales)
    assert np.abs(found - expected).max() <= 1
    assert np.mean(found == expected) > 0.95
    logs = [0.3, -2.0, 0.0, 2.0, -0.1, 0.5, 1.0, 0.01, 1.4, -1.4, 3.0]  # of base e, two fractions
    integers = [round(v * 2**14 / np.log(2)) for v in logs]
    integers[5:7] = round(0.5 * 2**12), 1 << 12
    integers[8:] = [round(v * 2**15 / np.log(2)) for v in logs[8:]]
    floats = np.concatenate([3 * np.clip(logs[:8], -1, 1), np.clip(logs[8:], -2, 2)])
    wanted = np.rint(floats / features.scale) + features.zero
    np.testing.assert_allclose(feature_values(integers, scales), wanted.clip(0, 255), atol=1)


def test_a_network_of_other_inputs_is_refused(network):
    short = replace(network.inputs[0], steps=100)
    other = IntegerNetwork((short, *network.inputs[1:]), network.layers)
    with pytest.raises(IntegerError, match="window of 112 and 11 features"):
        scales_of(other)
