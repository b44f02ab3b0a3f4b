from dataclasses import replace

import numpy as np
import pytest
from made_instances import everywhere, made

from ecglib.offloading import branches, improved, repairs
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.problem import FREE, Instance, Layers, Links, Servers
from ecglib.offloading.pso_ga import moved_one
from ecglib.offloading.solvers import Search

HOME, CHEAP, THIRD = range(3)


def trap():
    """Two branches at home, then a long layer that is in time on the cheap server only if they
    run at once: to let one run elsewhere is dearer, to let the long one is late."""
    never = np.zeros((3, 3))
    return Instance(
        "trap",
        Servers(("home", "cheap", "third"), np.array([10.0, 1.0, 12.0])),
        Links(never, never + 0.2, never, never),
        Layers(
            ("input", "one", "other", "long"),
            np.ones(4),
            np.array([[0, 1], [0, 2], [1, 3], [2, 3]]),
            np.zeros(4, int),
            np.array([HOME, FREE, FREE, FREE]),
        ),
        np.array([[0, 0, 0], [1, 5, 1], [1, 5, 1], [2, 2.5, 2]]),
        np.array([4.0]),
    )


def climbed(instance, repaired):
    """All at home, and from there by single layers, without going elsewhere."""
    search = Search(instance, 5000, np.random.default_rng(0))
    search(np.zeros((1, 4, 1), int))
    improved.climb(search, moved_one, lambda _, genes: genes, repaired)
    assert search.used <= search.budget and not search.scores.late[0]
    return search


def test_what_is_in_time_only_as_a_branch_runs_elsewhere_is_found_by_repair_and_else_missed():
    instance = trap()
    scores = evaluate(instance, everywhere(instance))
    least = scores.cost[~scores.late].min()
    stuck = climbed(instance, lambda *_: False)
    assert (stuck.genes == HOME).all() and stuck.scores.cost[0] > 1.5 * least
    found = climbed(instance, lambda search, mutated: repairs.repair(search, mutated, []))
    assert found.scores.cost[0] == pytest.approx(least)
    assert sorted(found.genes[0]) == [HOME, HOME, CHEAP, THIRD] and found.genes[0, 3] == CHEAP


@pytest.mark.parametrize("left", [0, 1, 99, 100, 101, 250])
def test_a_repair_keeps_to_what_is_left_and_counts_it(left):
    search = climbed(trap(), lambda *_: False)
    search.budget = search.used + 100 + left
    repairs.repair(search, moved_one, [])
    assert search.used <= search.budget and search.history[-1][0] == search.used


def test_nothing_is_repaired_where_the_best_is_late_or_nothing_is_sent():
    search = Search(trap().due(np.array([3.5])), 1000, np.random.default_rng(0))
    search(np.zeros((1, 4, 1), int))
    assert not repairs.repair(search, moved_one, []) and search.used == 1
    alone = Search(made(0, n=1), 1000, np.random.default_rng(0))
    alone(np.zeros((1, 1, 1), int))
    assert not repairs.repair(alone, moved_one, []) and alone.used == 1


def test_layers_are_as_urgent_as_what_is_left_behind_them_on_their_servers():
    instance = trap()
    placement = np.array([[HOME, HOME], [HOME, HOME], [HOME, THIRD], [HOME, CHEAP]])
    wish = repairs.urgent(instance, placement) / repairs.ticks(instance, np.ones(1))
    assert wish[:, 0] == pytest.approx([1, 1, 1, 2], abs=1e-5)
    assert wish[:, 1] == pytest.approx([0.1, 0.3, 0.3, 1.5], abs=1e-5)


def test_lateness_is_in_deadlines_and_nothing_where_there_is_none():
    instance = trap()
    scores = evaluate(instance, np.array([[HOME, HOME, HOME, CHEAP]]).T)
    assert repairs.lateness(instance, scores) == pytest.approx([0.7 / 4])
    assert repairs.lateness(instance.due(np.array([np.inf])), scores) == [0]


def test_a_block_is_cut_where_least_crosses_and_nothing_is_sent_back():
    """Before the fork's large output is free both branches must have read it."""
    layers = trap().layers
    for sizes, early in (([9, 1, 1, 1], [1, 1, 1, 0]), ([1, 9, 9, 1], [1, 0, 0, 0])):
        instance = replace(trap(), layers=replace(layers, output_bytes=np.array(sizes, float)))
        for seed in range(5):
            found = branches.narrowest(instance, np.random.default_rng(seed))
            assert found.tolist() == np.array(early, bool).tolist()
