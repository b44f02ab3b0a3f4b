"""Predictions are of finite numbers, or refused."""

import pytest
import torch

from ecglib import models
from ecglib.training.classifier import predict
from ecglib.training.prediction import classify

WINDOWS = torch.randn(5, 1, 260, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.build("acharya2017")


def test_finite_beats_get_the_classes_of_the_network(network):
    assert torch.equal(classify(network, WINDOWS), predict(network, WINDOWS))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_beat_that_is_not_finite_is_named(network, value):
    windows = WINDOWS.clone()
    windows[3, 0, 7] = value
    with pytest.raises(ValueError, match="1 beats are not finite, the first is beat 3"):
        classify(network, windows)


def test_weights_that_are_not_finite_are_named(network):
    name = list(network.state_dict())[-1]
    with torch.no_grad():
        network.get_parameter(name)[0] = float("nan")
    with pytest.raises(ValueError, match=f"{name} of the network is not finite"):
        classify(network, WINDOWS)
