"""The rhythm features reach the network's dense layers, and the window its convolutions."""

import torch
from torch import nn

from ecglib.data.rhythm import FEATURES
from ecglib.device.cost import total_costs
from ecglib.models.rhythm_cnn import LENGTH, RhythmCNN


def inputs(count=3):
    return torch.randn(count, *RhythmCNN.input_shape, generator=torch.Generator().manual_seed(0))


def test_it_is_as_small_as_it_says():
    costs = total_costs(RhythmCNN(), RhythmCNN.input_shape)
    assert (costs["params"], costs["macs"]) == (4_817, 57_264)


def test_a_narrower_network_costs_less():
    costs = total_costs(RhythmCNN(width=0.5), RhythmCNN.input_shape)
    assert costs["params"] < 4_817 / 3


def test_features_are_those_of_the_data():
    assert RhythmCNN.n_features == len(FEATURES)
    assert RhythmCNN.input_shape == (1, LENGTH + len(FEATURES))


def test_convolutions_see_the_window_only():
    network, x = RhythmCNN().eval(), inputs()
    seen = []
    network.features.register_forward_hook(lambda module, args, out: seen.append(args[0]))
    network(x)
    assert torch.equal(seen[0], x[:, :, :LENGTH])


def test_every_feature_and_the_window_decide():
    torch.manual_seed(0)
    network, x = RhythmCNN().eval(), inputs().requires_grad_()
    network(x).square().sum().backward()
    assert x.grad[:, 0, LENGTH:].abs().sum(0).all()
    assert (x.grad[:, 0, :LENGTH].abs().sum(0) > 0).float().mean() > 0.9


def test_every_weight_learns():
    torch.manual_seed(0)
    network = RhythmCNN().eval()
    network(inputs(64)).square().sum().backward()
    assert [k for k, weight in network.named_parameters() if not weight.grad.any()] == []


def test_plain_torch_layers_give_the_same():
    torch.manual_seed(0)
    fast = RhythmCNN().eval()
    plain = RhythmCNN().eval()
    for i, layer in enumerate(plain.features):
        if isinstance(layer, nn.Conv1d):
            plain.features[i] = nn.Conv1d(*layer.weight.shape[1::-1], layer.kernel_size)
        if isinstance(layer, nn.MaxPool1d):
            plain.features[i] = nn.MaxPool1d(2)
    plain.load_state_dict(fast.state_dict())
    torch.testing.assert_close(fast(inputs()), plain(inputs()))
