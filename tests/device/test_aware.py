"""Fine-tuning that rounds: its forward pass is the integer network's, its mask holds."""

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.device.aware import fine_tuned
from ecglib.device.integer import logits
from ecglib.device.quantize import quantize, quantize_input
from ecglib.pruning import masks as mask_values


def pruned(name):
    torch.manual_seed(0)
    network = models.build(name).eval()
    masks = {
        key: torch.rand_like(weight) < 0.5 for key, weight in mask_values.prunable(network).items()
    }
    mask_values.apply(masks, network)
    windows = torch.randn(64, *network.input_shape, generator=torch.Generator().manual_seed(1))
    return network, masks, windows


@pytest.mark.parametrize("name", models.MODELS)
def test_what_is_trained_is_what_the_integers_compute(name):
    network, masks, windows = pruned(name)
    integers = quantize(network, windows)
    expected = logits(integers, quantize_input(integers, windows))
    seen = []

    def fit(module, epochs, callbacks):
        with torch.no_grad():
            seen.append(module(windows).numpy())
        module.train()
        module(windows).square().sum().backward()
        weights = mask_values.prunable(module)
        assert weights.keys() == masks.keys() and epochs == 3
        assert all(weight.grad.count_nonzero() > 0 for weight in weights.values())
        assert callbacks[0].masks is masks

    fine_tuned(network, masks, windows, fit, 3)
    expected = expected * integers.layers[-1].output.scale
    assert np.abs(seen[0] - expected).mean() < 0.02 * expected.std()


def test_the_copy_has_the_new_weights_and_the_network_its_old_ones():
    network, masks, windows = pruned("acharya2017")
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def fit(module, epochs, callbacks):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(2)

    found = fine_tuned(network, masks, windows, fit, 1)
    assert type(found) is type(network) and type(found.features[0]) is type(network.features[0])
    for name, value in found.state_dict().items():
        assert torch.equal(value, 2 * before[name])
        assert torch.equal(network.state_dict()[name], before[name])
