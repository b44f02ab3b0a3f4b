"""The EEG networks compute what is published, in a quicker order; their norms are held."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ecglib.perturbation.eeg_networks import EEG_NETWORKS, AsOne, Chain, MaxNorms, build
from ecglib.settings.registry import UnknownName

NAMES = ["eegnet", "deep_convnet", "shallow_convnet"]


def test_these_three_are_known():
    assert list(EEG_NETWORKS) == NAMES
    with pytest.raises(UnknownName, match="eegnet, deep_convnet, shallow_convnet"):
        build("eegnet2", 0)


@pytest.mark.parametrize(
    ("name", "size"), [("eegnet", 1730), ("deep_convnet", 148_327), ("shallow_convnet", 18_762)]
)
def test_four_seconds_give_two_logits(name, size):
    network = build(name, 0)
    assert network(torch.randn(3, 8, 512)).shape == (3, 2)
    assert sum(map(torch.numel, network.parameters())) == size


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_initial_weights(name):
    first, again, other = (build(name, seed).dense.weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


class Textbook(nn.Module):
    """EEGNet in the published order and with its first batch norm, with the weights of another."""

    def __init__(self, of: Chain) -> None:
        super().__init__()
        self.of, self.first_norm = of, nn.BatchNorm2d(8, eps=1e-12, momentum=1.0)

    def forward(self, x):
        first, *rest = self.of.features
        normed = self.first_norm(first.temporal(functional.pad(x[:, None], (31, 32))))
        mixed = torch.einsum("bfct,fdc->bfdt", normed, first.spatial.weight.view(8, 2, 8))
        return self.of.dense(nn.Sequential(*rest)(mixed.flatten(1, 2)[:, :, None]))


def without_eps(network):
    """Its batch norms forget at once, and divide by the deviation alone; nothing is dropped."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps, layer.momentum = 1e-12, 1.0
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return network


@pytest.mark.parametrize("training", [True, False])
def test_eegnet_is_the_published_one_in_a_quicker_order(training):
    ours, theirs = (without_eps(build("eegnet", 0)) for _ in range(2))
    textbook, x = Textbook(theirs), 3 * torch.randn(16, 8, 512) + 1
    for network in (ours, textbook):  # the running statistics are now those of x
        network.train()(x)
        network.train(training)
    found, wanted = ours(x), textbook(x)
    assert wanted.std() > 0.05  # else any would do
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("maps", "kernel"), [(25, 5), (40, 13)])
def test_two_convolutions_as_one(maps, kernel):
    front, x = AsOne(maps, kernel), torch.randn(4, 8, 512)
    one_by_one = front.spatial(front.temporal(x[:, None]))
    torch.testing.assert_close(front(x[:, :, None]), one_by_one, rtol=0, atol=1e-4)


def test_deep_convnet_pools_what_an_elu_gave():
    network, x = build("deep_convnet", 0).eval(), torch.randn(2, 8, 512)
    wanted = x[:, :, None]
    for layer in network.features:
        if isinstance(layer, nn.MaxPool2d):
            wanted = layer(functional.elu(wanted))
        elif not isinstance(layer, nn.ELU):
            wanted = layer(wanted)
    assert wanted.shape == (2, 200 * 28)
    torch.testing.assert_close(network(x), network.dense(wanted))


def test_shallow_convnet_takes_the_logarithm_of_mean_power():
    network, x = build("shallow_convnet", 0).eval(), torch.randn(2, 8, 512)
    power = network.features[:2](x[:, :, None]) ** 2
    wanted = torch.stack([power[..., 7 * i : 7 * i + 35].mean(3) for i in range(67)], 3).log()
    torch.testing.assert_close(network.features[:5](x[:, :, None]), wanted, rtol=1e-4, atol=1e-5)
    assert network(torch.zeros(1, 8, 512)).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_the_norms_are_held_a_map(name):
    network = build(name, 0)
    before = {}
    with torch.no_grad():
        for weight in network.max_norms:
            parameter = network.get_parameter(weight)
            parameter *= 20
            parameter[0] *= 1e-4  # a small one stays as it is
            before[weight] = parameter.clone()
    module = nn.Module()
    module.network = network
    MaxNorms().on_train_batch_end(None, module)
    for weight, limit in network.max_norms.items():
        parameter, was = network.get_parameter(weight), before[weight]
        norms = parameter.flatten(1).norm(dim=1)
        assert torch.equal(parameter[0], was[0]) and was[0].abs().max() > 0
        torch.testing.assert_close(norms[1:], torch.full_like(norms[1:], limit), rtol=1e-3, atol=0)
        turned = functional.cosine_similarity(parameter.flatten(1), was.flatten(1))
        torch.testing.assert_close(turned, torch.ones_like(turned), rtol=0, atol=1e-5)
