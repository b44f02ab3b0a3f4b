"""The surgeon against closed forms, on a least-squares problem whose curvature is exact."""

import pytest
import torch

from ecglib.frontier import surgeon
from ecglib.frontier.surgeon import CurvatureError, Group, Portion

N = 12


@pytest.fixture
def problem():
    """Inputs (200, N), the least-squares weights (N,) of a target, and the loss's curvature."""
    draw = torch.Generator().manual_seed(0)
    mix = torch.randn(N, N, generator=draw, dtype=torch.float64)
    inputs = torch.randn(200, N, generator=draw, dtype=torch.float64) @ mix
    target = torch.randn(200, generator=draw, dtype=torch.float64)
    weights = torch.linalg.lstsq(inputs, target[:, None]).solution.flatten()
    return inputs, target, weights, inputs.T @ inputs / len(inputs)


def loss(inputs, target, weights):
    return float(((inputs @ weights - target) ** 2).mean() / 2)


def constrained(inputs, target, gone):
    """The least-squares weights with those of `gone` at zero: what no removal can beat."""
    found = torch.zeros(N, dtype=torch.float64)
    solved = torch.linalg.lstsq(inputs[:, ~gone], target[:, None]).solution
    found[~gone] = solved.flatten()
    return found


def operate(weights, curvature, need, **changed):
    """With the whole curvature in one group; among: by default all."""
    group = Group(torch.arange(N), torch.linalg.inv(curvature))
    among = changed.pop("among", torch.ones(N, dtype=torch.bool))
    rules = surgeon.plain(N, changed.pop("block", 1))._replace(**changed)
    return surgeon.operate(weights, [group], [Portion(among, need)], rules)


def test_one_weight_leaves_as_optimal_brain_surgeon_says(problem):
    inputs, target, weights, curvature = problem
    found = operate(weights, curvature, 1)
    inverse = torch.linalg.inv(curvature)
    saliency = weights**2 / (2 * inverse.diagonal())
    least = int(saliency.argmin())
    assert found.gone.nonzero().flatten().tolist() == [least]
    formula = weights - weights[least] / inverse[least, least] * inverse[:, least]
    torch.testing.assert_close(found.weights, formula)
    assert found.weights[least] == 0
    grown = loss(inputs, target, found.weights) - loss(inputs, target, weights)
    assert grown == pytest.approx(float(saliency[least]), rel=1e-9)


@pytest.mark.parametrize("block", [1, 3, 7])
def test_the_rest_is_the_least_squares_solution_with_the_removed_at_zero(problem, block):
    inputs, target, weights, curvature = problem
    found = operate(weights, curvature, 7, block=block)
    assert int(found.gone.sum()) == 7 and (found.weights[found.gone] == 0).all()
    torch.testing.assert_close(found.weights, constrained(inputs, target, found.gone))
    grown = loss(inputs, target, found.weights) - loss(inputs, target, weights)
    assert float(found.saliency.sum()) == pytest.approx(grown, rel=1e-8)


def test_one_by_one_costs_no_more_than_all_at_once_and_less_than_without_compensation(problem):
    inputs, target, weights, curvature = problem
    one, all_at_once = (operate(weights, curvature, 6, block=block) for block in (1, 6))
    still = operate(weights, curvature, 6, compensate=False)
    losses = [loss(inputs, target, found.weights) for found in (one, all_at_once, still)]
    assert losses[0] <= losses[1] < losses[2]
    assert (still.weights[~still.gone] == weights[~still.gone]).all()


def test_what_may_not_leave_stays_but_moves(problem):
    _, _, weights, curvature = problem
    among = torch.arange(N) < 8
    found = operate(weights, curvature, 8, among=among, block=3)
    assert (found.gone == among).all()
    assert (found.weights[~among] != weights[~among]).all()


def test_portions_leave_one_after_the_other_each_to_its_need(problem):
    inputs, target, weights, curvature = problem
    low = torch.arange(N) < 6
    group = Group(torch.arange(N), torch.linalg.inv(curvature))
    portions = [Portion(low, 2), Portion(~low, 3)]
    found = surgeon.operate(weights, [group], portions, surgeon.plain(N, 4))
    assert (int(found.gone[low].sum()), int(found.gone[~low].sum())) == (2, 3)
    torch.testing.assert_close(found.weights, constrained(inputs, target, found.gone))


def test_what_is_uncoupled_may_stand_in_matrices_of_its_own(problem):
    _, _, weights, curvature = problem
    blocked = curvature.clone()
    blocked[:5, 5:], blocked[5:, :5] = 0, 0
    inverse = torch.linalg.inv(blocked)
    parts = [torch.arange(5), torch.arange(5, N)]
    groups = [Group(part, inverse[part][:, part]) for part in parts]
    all_of = [Portion(torch.ones(N, dtype=torch.bool), 7)]
    apart = surgeon.operate(weights, groups, all_of, surgeon.plain(N, 2))
    together = operate(weights, blocked, 7, block=2)
    assert (apart.gone == together.gone).all()
    torch.testing.assert_close(apart.weights, together.weights)
    assert apart.gone[:5].any() and apart.gone[5:].any()


def test_partners_leave_together_at_what_both_cost(problem):
    inputs, target, weights, curvature = problem
    partner = torch.arange(N) ^ 1
    found = operate(weights, curvature, 2, partner=partner, block=2)
    pair = found.gone.nonzero().flatten().tolist()
    assert pair[0] % 2 == 0 and pair[1] == pair[0] + 1
    costs = []
    for first in range(0, N, 2):
        gone = (torch.arange(N) // 2) == first // 2
        costs.append(loss(inputs, target, constrained(inputs, target, gone)))
    assert pair[0] == 2 * costs.index(min(costs))
    halved = operate(weights, curvature, 5, partner=partner, block=2)
    singles = [n for n in range(0, N, 2) if halved.gone[n] != halved.gone[n + 1]]
    assert int(halved.gone.sum()) == 5 and len(singles) == 1


def test_a_price_is_paid_and_a_cost_changes_the_order(problem):
    _, _, weights, curvature = problem
    prices = torch.where(torch.arange(N) < 6, 10.0, 1.0).double()
    found = operate(weights, curvature, 25, prices=prices, costs=prices)
    paid = float(prices[found.gone].sum())
    assert 25 <= paid < 35
    assert (found.gone != operate(weights, curvature, int(found.gone.sum())).gone).any()


def test_nothing_that_is_given_changes(problem):
    _, _, weights, curvature = problem
    group = Group(torch.arange(N), torch.linalg.inv(curvature))
    before = weights.clone(), group.inverse.clone()
    everything = torch.ones(N, dtype=torch.bool)
    surgeon.operate(weights, [group], [Portion(everything, 4)], surgeon.plain(N, 2))
    assert torch.equal(before[0], weights) and torch.equal(before[1], group.inverse)


def test_damping_is_in_units_of_the_mean_diagonal():
    matrices = [torch.diag(torch.tensor([1.0, 3.0])).double(), torch.full((1, 1), 5.0).double()]
    first, second = surgeon.inverted(matrices, 0.1)
    torch.testing.assert_close(first.diagonal(), 1 / torch.tensor([1.3, 3.3]).double())
    torch.testing.assert_close(second.diagonal(), 1 / torch.tensor([5.3]).double())


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        ([[1.0, float("nan")], [0.0, 1.0]], "not finite.*learning_rate"),
        ([[1.0, 2.0], [2.0, 1.0]], "not positive definite.*raise frontier.surgeon.damping"),
        ([[0.0, 0.0], [0.0, 0.0]], "not positive definite.*raise frontier.surgeon.damping"),
    ],
)
def test_a_matrix_that_cannot_be_inverted_says_what_to_do(matrix, says):
    with pytest.raises(CurvatureError, match=says):
        surgeon.inverted([torch.tensor(matrix, dtype=torch.float64)], 0.01)


def test_an_inverse_that_is_none_says_what_to_do(problem):
    _, _, weights, _ = problem
    group = Group(torch.arange(N), -torch.eye(N, dtype=torch.float64))
    everything = Portion(torch.ones(N, dtype=torch.bool), 1)
    with pytest.raises(CurvatureError, match="raise frontier.surgeon.damping"):
        surgeon.operate(weights, [group], [everything], surgeon.plain(N, 1))


def test_an_inverse_that_is_singular_in_a_block_says_what_to_do(problem):
    _, _, weights, _ = problem
    group = Group(torch.arange(N), torch.ones(N, N, dtype=torch.float64))
    everything = Portion(torch.ones(N, dtype=torch.bool), 2)
    with pytest.raises(CurvatureError, match="lost its rank: raise frontier.surgeon.damping"):
        surgeon.operate(weights, [group], [everything], surgeon.plain(N, 2))


def test_an_inverse_that_is_indefinite_among_a_block_or_a_pair_is_told():
    """Its diagonal is positive, so that no weight alone shows it."""
    inverse = torch.eye(4, dtype=torch.float64)
    inverse[:2, :2] = torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    weights = torch.tensor([1.0, -1.0, 9.0, 9.0], dtype=torch.float64)
    group = Group(torch.arange(4), inverse)
    portion = Portion(torch.ones(4, dtype=torch.bool), 2)
    block = surgeon.plain(4, 2)
    with pytest.raises(CurvatureError, match="definiteness in a block"):
        surgeon.operate(weights, [group], [portion], block)
    pairs = block._replace(partner=torch.tensor([1, 0, 3, 2]))
    with pytest.raises(CurvatureError, match="determinant of a pair"):
        surgeon.operate(weights, [group], [portion], pairs)
