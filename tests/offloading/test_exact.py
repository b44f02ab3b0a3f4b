import numpy as np
import pytest
from made_instances import brute_force, made, tight

from ecglib.offloading import errors, exact, simple
from ecglib.offloading.chains import chain_optimum
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.integer import integer_optimum


def cost_of(instance, *genes):
    scores = evaluate(instance, *[np.asarray(one)[:, None] for one in genes])
    assert not scores.late[0]
    return float(scores.cost[0])


@pytest.mark.parametrize("seed", range(200))
def test_labels_brute_force_and_highs_agree_on_chains(seed):
    instance = tight(made(seed, n=4, m=3, chain=True), seed % 10 / 10)
    least = brute_force(instance)
    assert cost_of(instance, chain_optimum(instance)) == pytest.approx(least, rel=1e-9)
    assert cost_of(instance, *integer_optimum(instance, 30).genes) == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_brute_force_and_highs_agree_on_graphs_where_layers_wait_for_a_server(seed):
    instance = tight(made(seed, n=5, m=2, applications=1 + seed % 2), 0.3)
    found = exact.exact(instance)
    assert found.proven and found.gap == 0
    assert found.cost == pytest.approx(brute_force(instance), rel=1e-9)
    assert cost_of(instance, *found.genes) == found.cost


def test_a_long_chain_is_quick_and_no_placement_found_otherwise_is_cheaper():
    instance = made(0, n=25, m=15, chain=True)
    late = evaluate(instance, simple.cheapest(instance)[:, None]).completion_s[0, 0]
    instance = instance.due(0.5 * instance.least_s[0] + 0.5 * late)
    found = exact.exact(instance)
    assert cost_of(instance, found.genes[0]) == found.cost


def test_what_is_paid_by_its_span_is_no_part_of_either():
    for solver in (chain_optimum, lambda instance: integer_optimum(instance, 1)):
        with pytest.raises(errors.NotExact):
            solver(made(0, chain=True, paid="span"))


def test_a_deadline_beyond_reach_is_proven_where_branches_compete():
    instance = made(3, n=6, m=1)
    with pytest.raises(errors.TooTight, match="proven"):
        exact.exact(instance.due(instance.execution_s.sum() * 0.99))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_known_changes_no_optimum(seed):
    instance = tight(made(seed, n=6, m=3), 0.3)
    known = simple.heft(instance)
    if evaluate(instance, known[:, None]).late[0]:
        known = exact.exact(instance).genes[0]
    found = exact.exact(instance, known=known[None])
    assert found.proven and found.cost == pytest.approx(exact.exact(instance).cost, rel=1e-9)


def test_without_time_the_known_placement_stands_with_a_bound_that_is_none():
    instance = made(1, n=12, m=6)
    known = simple.cheapest(instance)[None]
    found = exact.exact(instance, limit_s=0.0, known=known)
    assert found.cost <= cost_of(instance, known[0]) and found.bound <= found.cost


@pytest.mark.parametrize("seed", range(6))
def test_applications_cost_no_less_together_than_each_alone(seed):
    together = made(seed, n=6, m=2, applications=2)
    assert exact.apart_bound(together, 30) == pytest.approx(brute_force(together), rel=1e-9)
    together = tight(together, 0.1)
    assert exact.apart_bound(together, 30) <= brute_force(together) * (1 + 1e-9)
