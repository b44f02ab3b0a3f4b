from dataclasses import replace

import numpy as np
import pytest
from made_instances import brute_force, made, tight

from ecglib.offloading import errors, exact, simple, small
from ecglib.offloading.chains import chain_optimum
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.integer import integer_optimum


def cost_of(instance, *genes):
    scores = evaluate(instance, *[np.asarray(one)[:, None] for one in genes])
    assert not scores.late[0]
    return float(scores.cost[0])


@pytest.mark.parametrize("first", range(0, small.COUNT, 50))
def test_labels_brute_force_and_highs_agree_on_the_chains_of_the_notebook(first):
    agreed = small.agreement_of(range(first, first + 50))
    for solver in ("labels", "highs"):
        np.testing.assert_allclose(agreed[solver], agreed["brute"], rtol=1e-9, err_msg=solver)


@pytest.mark.parametrize("seed", range(30))
def test_brute_force_and_highs_agree_on_graphs_where_layers_wait_for_a_server(seed):
    instance = tight(made(seed, n=5, m=2, applications=1 + seed % 2), 0.3)
    found = exact.exact(instance)
    assert found.proven and found.gap == 0
    assert found.cost == pytest.approx(brute_force(instance), rel=1e-9)
    assert cost_of(instance, *found.genes) == found.cost


@pytest.mark.parametrize("seed", range(6))
def test_branches_with_layers_that_take_no_time_are_proven(seed):
    instance = made(seed, n=6, m=2, applications=1 + seed % 2)
    none = np.arange(6) % 3 == seed % 3
    instance = replace(instance, execution_s=np.where(none[:, None], 0, instance.execution_s))
    instance = tight(instance, 0.1)
    found = exact.exact(instance)
    assert found.proven and found.cost == pytest.approx(brute_force(instance), rel=1e-9)


def test_what_takes_no_time_goes_before_a_long_layer_that_starts_with_it():
    """Layers 1 and 2 read the input on one server, and layer 3 on the other waits for 2."""
    instance = made(0, n=4, m=2)
    layers = replace(
        instance.layers,
        edges=np.array([(0, 1), (0, 2), (2, 3)]),
        pinned=np.array([0, 0, 0, 1]),
        output_bytes=np.ones(4),
    )
    links = replace(instance.links, s_per_byte=np.full((2, 2), 0.5), delay_s=np.zeros((2, 2)))
    execution_s = np.repeat([[0.0], [10.0], [0.0], [9.4]], 2, axis=1)
    instance = replace(instance, layers=layers, links=links, execution_s=execution_s)
    assert instance.order.tolist() == [0, 1, 2, 3]
    assert exact.exact(instance.due(10.0)).proven


def test_where_nothing_takes_time_the_cheapest_is_proven():
    instance = made(0, n=2, m=2)
    layers = replace(instance.layers, edges=np.zeros((0, 2), int))
    instance = replace(instance, layers=layers, execution_s=np.zeros((2, 2)))
    found = exact.exact(instance.due(1.0))
    assert found.proven and found.cost == 0


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
    with pytest.raises(errors.TooTight, match=f"proven.*above {instance.least_s[0]:g} s"):
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
