"""Gradients beat by beat, the drawing of beats, and the matrix that they make."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ecglib import models
from ecglib.frontier import fisher
from ecglib.pruning import masks as mask_values
from ecglib.pruning.prune import prune


class Dense(nn.Module):
    """(B, 1, 4) -> one dense layer of 20 weights: p can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        return self.head(x.flatten(1))


def pruned(name, sparsity):
    torch.manual_seed(0)
    network = models.build(name).eval()
    sizes = {n: w.detach().abs() for n, w in mask_values.prunable(network).items()}
    masks = prune(sizes, mask_values.ones(network), sparsity, "global")
    mask_values.apply(masks, network)
    return network, masks


@pytest.mark.parametrize("name", ["acharya2017", "kachuee2018", "rhythm_cnn"])
def test_gradients_are_those_of_each_beat_alone_and_of_what_is_left(name):
    network, masks = pruned(name, 0.9)
    of = fisher.parts(network, masks)
    assert sum(len(part.kept) for part in of) == sum(int(mask.sum()) for mask in masks.values())
    draw = torch.Generator().manual_seed(1)
    windows = torch.randn(3, *network.input_shape, generator=draw)
    labels = torch.tensor([0, 2, 4])
    found = fisher.gradients(network, of, windows, labels)
    for window, label, row in zip(windows, labels, found, strict=True):
        loss = functional.cross_entropy(network(window[None]), label[None])
        each = [value for part in of for value in (part.layer.weight, part.layer.bias)]
        grads = torch.autograd.grad(loss, each)
        expected = [
            value
            for part, weight, bias in zip(of, grads[::2], grads[1::2], strict=True)
            for value in (weight.flatten()[part.kept], bias)
        ]
        torch.testing.assert_close(row, torch.cat(expected), rtol=1e-4, atol=1e-6)
    assert not any(part.layer._forward_hooks for part in of)


@pytest.fixture
def dense():
    torch.manual_seed(0)
    network = Dense()
    network.head.weight.data *= 9  # so that it doubts some beats more than others
    windows = torch.randn(300, 1, 4, generator=torch.Generator().manual_seed(1))
    return network, windows


def exact(network, windows):
    """The mean over beats of x x^T, kron diag(p) - p p^T: the Fisher matrix of weights alone."""
    p = functional.softmax(network(windows), 1).detach().double()
    curvature = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    x = windows.flatten(1).double()
    return torch.einsum("nab,ni,nj->aibj", curvature, x, x).reshape(20, 20) / len(x)


def test_drawn_beats_are_weighted_so_that_the_matrix_is_expected_to_be_the_whole_ones(
    dense, monkeypatch
):
    monkeypatch.setattr(fisher, "AT_ONCE", 20_000)
    network, windows = dense
    of = fisher.parts(network, mask_values.ones(network))
    draw = torch.Generator().manual_seed(2)
    beats = fisher.drawn(network, windows, 200_000, draw)
    (found,) = fisher.matrices(network, of, beats, [torch.arange(20)])
    truth = exact(network, windows)
    assert float((found - truth).norm() / truth.norm()) < 0.04
    unweighted = beats._replace(weights=torch.ones_like(beats.weights))
    (biased,) = fisher.matrices(network, of, unweighted, [torch.arange(20)])
    assert float((biased - truth).norm() / truth.norm()) > 0.1, "all beats are alike"


def test_doubtful_beats_are_drawn_as_often_as_they_are_doubted(dense):
    network, windows = dense
    beats = fisher.drawn(network, windows, 100_000, torch.Generator().manual_seed(3))
    p = functional.softmax(network(windows), 1).detach()
    doubt = (1 - p.square().sum(1)).sqrt()
    times = torch.tensor([(beats.windows == w).all((1, 2)).sum() for w in windows[:20]])
    expected = 100_000 * doubt[:20] / doubt.sum()
    assert ((times - expected).abs() < 5 * expected.sqrt() + 5).all()
    assert float(beats.weights.mean()) == pytest.approx(1, abs=0.01)


def test_the_same_seed_draws_the_same(dense):
    one, two = (fisher.drawn(*dense, 50, torch.Generator().manual_seed(4)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_network_that_diverged_is_told(dense):
    network, windows = dense
    network.head.weight.data.fill_(float("inf"))
    with pytest.raises(ValueError, match="not finite.*Lower frontier.fitting.learning_rate"):
        fisher.drawn(network, windows, 10, torch.Generator())


def test_columns_stand_in_one_matrix_while_they_fit_and_then_layer_by_layer():
    network, masks = pruned("acharya2017", 0.9)
    of = fisher.parts(network, masks)
    total = sum(part.columns for part in of)
    assert [len(some) for some in fisher.grouped(of, total)] == [total]
    largest = max(part.columns for part in of)
    assert [len(some) for some in fisher.grouped(of, largest)] == [part.columns for part in of]
    assert max(len(some) for some in fisher.grouped(of, 100)) <= 100
    assert torch.equal(torch.cat(fisher.grouped(of, 100)), torch.arange(total))


def test_groups_are_the_blocks_on_the_diagonal_of_the_whole_matrix():
    network, masks = pruned("acharya2017", 0.95)
    of = fisher.parts(network, masks)
    windows = torch.randn(40, 1, 260, generator=torch.Generator().manual_seed(5))
    beats = fisher.drawn(network, windows, 300, torch.Generator().manual_seed(6))
    (whole,) = fisher.matrices(network, of, beats, fisher.grouped(of, 10_000))
    columns = fisher.grouped(of, 600)
    for part, found in zip(columns, fisher.matrices(network, of, beats, columns), strict=True):
        torch.testing.assert_close(found, whole[part][:, part])
