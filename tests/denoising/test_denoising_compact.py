"""A pruned denoiser becomes a narrower one that computes the same."""

import pytest
import torch
from torch import nn

from ecglib.denoising.compact import compact
from ecglib.denoising.networks import UNet


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = UNet(3, (4, 6, 5), 3).eval()
    made.input_shape = (3, 64)
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.Conv1d):
                module.bias.uniform_(0.01, 0.2)
    return made


def shapes(network):
    return {
        name: tuple(module.weight.shape[:2])
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv1d)
    }


def same(network, other):
    x = torch.randn(5, 3, 64)
    with torch.no_grad():
        return torch.allclose(network(x), other(x), atol=1e-6)


def silence(network, name, filters):
    module = network.get_submodule(name)
    with torch.no_grad():
        module.weight[filters] = 0.0
        module.bias[filters] = 0.0


def test_what_is_dense_stays_as_it_is(network):
    found = compact(network)
    assert shapes(found) == shapes(network) and same(network, found)


def test_filters_without_weights_go_with_all_that_reads_them(network):
    silence(network, "encoder.0.2", [0, 3])  # read below and, joined, on the way up
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    found = compact(network)
    changed = {"encoder.0.2": (2, 4), "encoder.1.0": (6, 2), "decoder.1.0": (4, 8)}
    assert shapes(found) == shapes(network) | changed and same(network, found)
    assert all((before[name] == weights).all() for name, weights in network.state_dict().items())


def test_what_idles_because_others_do_goes_too(network):
    with torch.no_grad():
        network.encoder[1][2].weight[:, 1] = 0.0  # nobody reads filter 1 of the one before
        network.encoder[2][2].weight[:] = 0.0
        network.encoder[2][2].bias[:] = -1.0  # gives zeros: the way there is for nothing
    found = compact(network)
    assert shapes(found)["encoder.1.0"] == (5, 4)
    assert shapes(found)["encoder.2.0"] == (1, 6) and shapes(found)["encoder.2.2"] == (1, 1)
    assert same(network, found)


def test_a_constant_stays(network):
    with torch.no_grad():
        network.encoder[0][0].weight[2] = 0.0
    found = compact(network)
    assert shapes(found) == shapes(network) and same(network, found)


def test_a_network_without_a_weight_still_runs(network):
    with torch.no_grad():
        for name, weights in network.named_parameters():
            weights.zero_() if name != "last.bias" else weights.fill_(0.5)
    found = compact(network)
    assert same(network, found) and max(shapes(found).values()) == (1, 1 + 3)
