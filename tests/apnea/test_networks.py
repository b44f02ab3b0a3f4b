"""Sliding over a night gives each window what the chain alone gives it; sizes are as published."""

import pytest
import torch
from torch.nn import functional

from ecglib.apnea import networks, rr
from ecglib.apnea.networks import Sliding
from ecglib.apnea.nights import WINDOW, length_for
from ecglib.device.cost import total_costs
from ecglib.device.folding import folded
from ecglib.settings.registry import UnknownName

NAMES = ["john2021", "slow_waves"]


def trained_a_little(name):
    """A network whose batch norms have seen data, in eval mode."""
    chain = networks.build(name, 0)
    for _ in range(2):
        chain(torch.randn(4, 1, WINDOW) + 0.5)
    return chain.eval()


def windows_of(signal, step):
    """(1, 1, samples) -> (windows, 1, WINDOW)."""
    return signal.unfold(2, WINDOW, step)[0].transpose(0, 1)


@pytest.mark.parametrize("step", [rr.STEP, rr.WIDE_STEP])
@pytest.mark.parametrize("name", NAMES)
def test_sliding_gives_what_each_window_gives_alone(name, step):
    chain = trained_a_little(name)
    signal = torch.randn(1, 1, length_for(7, step))
    with torch.no_grad():
        slid = Sliding(chain, step).eval()(signal)
        alone = chain(windows_of(signal, step))
    assert slid.shape == (1, 2, 7)
    torch.testing.assert_close(slid[0].T, alone, rtol=0, atol=1e-5)
    assert alone.std(0).min() > 1e-3  # else any order of the windows would do


@pytest.mark.parametrize("name", NAMES)
def test_sliding_trains_the_chain_as_its_windows_would(name):
    chain = trained_a_little(name)
    signal, label = torch.randn(1, 1, length_for(5, 128)), torch.tensor([0, 1, 1, 0, 1])
    gradients = []
    for logits in (Sliding(chain, 128).eval()(signal)[0].T, chain(windows_of(signal, 128))):
        loss = functional.cross_entropy(logits, label)
        gradients.append(torch.autograd.grad(loss, list(chain.parameters())))
    for slid, alone in zip(*gradients, strict=True):
        torch.testing.assert_close(slid, alone, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_that_is_no_multiple_of_the_stride_is_refused(name):
    with pytest.raises(ValueError, match="every 100 samples"):
        Sliding(networks.build(name, 0), 100)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_acts_in_training_alone(name):
    sliding, signal = Sliding(networks.build(name, 0), 128), torch.randn(1, 1, length_for(3, 128))
    assert not torch.equal(sliding(signal), sliding(signal))
    sliding.eval()
    assert torch.equal(sliding(signal), sliding(signal))


def test_a_seed_gives_the_initial_weights():
    first, again, other = (networks.build("john2021", seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["classifier.1.weight"], other["classifier.1.weight"])


def test_an_unknown_name_tells_those_that_are_known():
    with pytest.raises(UnknownName, match="john2021"):
        networks.build("john2022", 0)


def sizes(name):
    """Numbers kept (weights, and the running statistics of batch norms), and MACs."""
    chain = networks.build(name, 0)
    floats = [value for value in chain.state_dict().values() if value.is_floating_point()]
    plain = folded(chain)
    return sum(map(torch.numel, floats)), total_costs(plain, plain.input_shape)["macs"]


def test_the_published_network_has_its_published_size_and_the_other_less():
    assert sizes("john2021") == (50_909, 6_527_400)
    assert sizes("slow_waves") == (22_238, 2_159_808)
