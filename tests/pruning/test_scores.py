"""Criteria give one score per weight and leave the weights alone."""

import pytest
import torch

from ecglib.pruning import masks as mask_values
from ecglib.pruning import scores
from ecglib.pruning.scores import CRITERIA

BATCHES = [
    (torch.ones(2, 1, 7), torch.tensor([0, 1])),
    (torch.zeros(2, 1, 7), torch.tensor([2, 3])),
]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one | other)


def test_magnitude_by_hand(by_hand):
    given = scores.magnitude(by_hand, (), generator())
    assert given["conv.weight"].tolist() == [[[16, 17, 18, 19, 20]]]
    assert given["head.weight"].flatten().tolist() == list(range(1, 16))


def test_of_equal_weights_the_one_with_more_multiplications_goes_first(by_hand):
    """The convolution's weights multiply at 3 steps, those of the dense layer once."""
    given = scores.magnitude_per_mac(by_hand, (), generator())
    plain = scores.magnitude(by_hand, (), generator())
    assert torch.allclose(given["conv.weight"], plain["conv.weight"] / 3**0.25)
    assert torch.equal(given["head.weight"], plain["head.weight"])


def test_magnitude_half_per_mac_has_half_the_exponent(by_hand):
    given = scores.magnitude_half_per_mac(by_hand, (), generator())
    plain = scores.magnitude(by_hand, (), generator())
    assert torch.allclose(given["conv.weight"], plain["conv.weight"] / 3**0.125)
    assert torch.allclose(given["head.weight"], plain["head.weight"])


def test_random_depends_on_the_generator_only(by_hand, new_network):
    first = scores.random(by_hand, (), generator(3))
    torch.manual_seed(99)
    again = scores.random(new_network(7), (), generator(3))
    assert equal(first, again)
    assert not equal(first, scores.random(by_hand, (), generator(4)))


def test_random_draws_anew_at_each_call(network):
    draw = generator()
    assert not equal(scores.random(network, (), draw), scores.random(network, (), draw))


def test_random_leaves_the_global_random_state_alone(network):
    before = torch.get_rng_state()
    scores.random(network, (), generator())
    assert torch.equal(torch.get_rng_state(), before)


def test_random_ranks_otherwise_than_magnitude(by_hand):
    by_magnitude = scores.magnitude(by_hand, (), generator())["head.weight"].flatten().argsort()
    by_chance = scores.random(by_hand, (), generator())["head.weight"].flatten().argsort()
    assert by_magnitude.tolist() != by_chance.tolist()


@pytest.mark.parametrize("criterion", CRITERIA)
def test_scores_fit_the_weights_but_share_nothing_with_them(by_hand, criterion):
    weights = mask_values.prunable(by_hand)
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    given = CRITERIA[criterion](by_hand, BATCHES, generator())
    assert {name: score.shape for name, score in given.items()} == {
        name: weight.shape for name, weight in weights.items()
    }
    for score in given.values():
        assert not score.requires_grad
        score.fill_(-1)
    assert equal({name: weight.detach() for name, weight in weights.items()}, before)


def test_gradient_is_the_mean_over_batches_of_the_squared_product(network):
    expected = {name: torch.zeros_like(w) for name, w in mask_values.prunable(network).items()}
    for inputs, labels in BATCHES:
        network.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), labels).backward()
        for name, weight in mask_values.prunable(network).items():
            expected[name] += (weight.grad * weight.detach()) ** 2 / len(BATCHES)
    network.zero_grad()
    given = scores.gradient(network, BATCHES, generator())
    assert all(torch.allclose(given[name], expected[name]) for name in expected)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_gradient_gives_nothing_to_weights_that_see_no_signal(by_hand):
    """On inputs of zeros the convolution's weights change nothing, so they are the first to go."""
    given = scores.gradient(by_hand, BATCHES[1:], generator())
    assert not given["conv.weight"].any()
    assert given["head.weight"].any()
