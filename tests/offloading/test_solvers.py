from dataclasses import replace

import numpy as np
import pytest
from made_instances import made

from ecglib.offloading import fronts, genetic, improved, lines, moves, pso_ga, simple  # noqa: F401
from ecglib.offloading.chains import chain_optimum
from ecglib.offloading.errors import SmallBudget
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.problem import Links
from ecglib.offloading.solvers import SOLVERS, Search, solve
from ecglib.settings.registry import UnknownName

NAMES = list(SOLVERS)


def chain(n=14, m=4, times=1.5):
    instance = made(1, n=n, m=m, chain=True)
    return instance.due(
        times * evaluate(instance, simple.heft(instance)[:, None]).completion_s[:, 0]
    )


def search_of(instance, budget=2000):
    return Search(instance, budget, np.random.default_rng(0))


@pytest.mark.parametrize("name", NAMES)
def test_a_solver_keeps_to_its_budget_and_says_what_its_placement_scores(name):
    instance = made(2, n=9, m=3, applications=2)
    found = solve(name, instance, 730, seed=1)
    assert 0 < found.used <= 730
    scores = evaluate(instance, *found.genes[:, :, None])
    assert scores.cost == found.scores.cost and (scores.late == found.scores.late).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_global_best_never_worsens_and_a_seed_reproduces(name):
    instance = made(1, n=20, m=5, applications=3)
    instance = instance.due(1.5 * instance.least_s)
    one, again, other = (solve(name, instance, 1500, seed) for seed in (3, 3, 4))
    assert one.history == again.history and (one.genes == again.genes).all()
    assert all(b[1:] <= a[1:] for a, b in zip(one.history, one.history[1:], strict=False))
    assert name in ("heft", "greedy") or one.history != other.history


@pytest.mark.parametrize("name", NAMES)
def test_where_every_layer_is_pinned_there_is_one_placement(name):
    instance = made(2)
    pinned = replace(instance, layers=replace(instance.layers, pinned=np.array([0, 1, 2, 1, 0])))
    assert solve(name, pinned, 300, 0).genes[0].tolist() == [0, 1, 2, 1, 0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 4])
def test_on_one_server_everything_runs_there(name, n):
    assert solve(name, made(0, n=n, m=1), 300, 0).genes[0].tolist() == [0] * n


def test_an_unknown_solver_names_the_known():
    with pytest.raises(UnknownName, match="pso_ga_improved"):
        solve("ant_colony", made(0), 100, 0)


@pytest.mark.parametrize("budget", [0, 50])
def test_fewer_evaluations_than_a_swarm_has_particles_are_refused(budget):
    with pytest.raises(SmallBudget, match=f"{budget} evaluations are too few; at least 100"):
        solve("pso_ga", made(0), budget, 0)


def test_with_hefts_order_the_swarm_searches_servers_alone():
    instance = made(2, n=9, m=3, applications=2)
    found = solve("pso_ga_heft_order", instance, 1000, 0)
    assert len(found.genes) == 1 and found.used == 1000
    assert evaluate(instance, found.genes.T).cost[0] == found.scores.cost[0]


def test_the_improved_one_is_near_the_optimum_where_the_published_one_is_not():
    instance = chain(n=24, m=8)
    least = evaluate(instance, chain_optimum(instance)[:, None]).cost[0]
    gaps = {}
    for name in ("pso_ga", "pso_ga_improved"):
        found = solve(name, instance, 20_000, 0)
        assert not found.scores.late[0]
        gaps[name] = found.scores.cost[0] / least - 1
    assert -1e-9 <= gaps["pso_ga_improved"] <= 0.01 < gaps["pso_ga"]


# What public code of the method has wrong.
def test_far_from_the_global_best_a_particle_mutates_more():
    w = pso_ga.inertia(np.linspace(0, 1, 11))
    assert (np.diff(w) >= 0).all() and w[0] == pytest.approx(0.4) and w[-1] == pytest.approx(0.9)


def test_the_own_best_is_kept_apart_from_the_swarm_and_the_new_particles_are_scored():
    search = search_of(chain())
    genes = np.stack([search.anywhere(50), np.tile(np.arange(14)[:, None], 50)])
    swarm = pso_ga.swarm_of(search, genes)
    kept = swarm.own.copy()
    assert not np.shares_memory(swarm.own, swarm.genes)
    for done in (0.0, 0.5, 1.0):
        after = pso_ga.step(search, swarm, done, pso_ga.moved_one)
        assert (swarm.own == kept).all() and not np.shares_memory(after.own, after.genes)
        assert (after.genes != swarm.genes).any()
        assert (evaluate(search.instance, *after.genes).cost == after.scores.cost).all()
        assert (evaluate(search.instance, *after.own).cost == after.own_scores.cost).all()
        assert not swarm.own_scores.beats(after.own_scores).any()
        swarm, kept = after, after.own.copy()


def test_mutation_moves_one_free_layer_of_each_and_no_place_in_the_order():
    search = search_of(made(0, n=8, m=4))
    genes = np.stack([search.anywhere(200), np.tile(np.arange(8)[:, None], 200)])
    differ = pso_ga.moved_one(search, genes) != genes
    assert (differ[0].sum(axis=0) == 1).all() and not differ[1].any() and not differ[0, 0].any()
    assert differ[0, 1:].any(axis=1).all()


def test_crossover_takes_one_run_of_servers_and_places_alike():
    search = search_of(made(0, n=8))
    taken = pso_ga.crossed(search, np.zeros((2, 8, 300), int), np.ones((2, 8, 300), int))
    assert (taken[0] == taken[1]).all()
    starts = (np.diff(taken[0], axis=0, prepend=0) == 1).sum(axis=0)
    assert (starts == 1).all() and len(set(taken[0].sum(axis=0))) == 8


def line(instance):
    return lines.lines_of(instance, np.random.default_rng(0))[0]


def test_starts_and_moves_of_the_improved_one_are_runs():
    search = search_of(made(0, n=20, m=5, chain=True))
    start = moves.contiguous(search, line(search.instance), 300)
    cuts = (np.diff(start[1:], axis=0) != 0).sum(axis=0)
    assert cuts.max() <= moves.CUTS and len(set(cuts)) == moves.CUTS + 1
    moved = moves.moved_run(search, line(search.instance), start[None])[0]
    assert (moved[0] == 0).all()
    lengths = (moved != start).sum(axis=0)
    assert (lengths == 1).any() and (lengths > 4).any()


def test_a_cut_falls_where_the_network_is_narrow():
    instance = made(0, n=4, chain=True)
    sizes = np.array([10.0, 1.0, 5.0, 1.0])
    instance = replace(instance, layers=replace(instance.layers, output_bytes=sizes))
    chances = line(instance).chances
    assert chances.sum() == pytest.approx(1)
    assert chances[[0, -1]] == pytest.approx(lines.AT_END)
    narrow = np.array([0.1, 1, 0.2])
    middle = (1 - 2 * lines.AT_END) * (narrow / narrow.sum() + 1 / 3) / 2
    assert chances[1:-1] == pytest.approx(middle)


def test_lines_keep_precedence_and_one_application_follows_another():
    instance = made(4, n=12, applications=2)
    found = lines.lines_of(instance, np.random.default_rng(0))
    assert len({tuple(line.layers) for line in found}) > 3
    for each in found:
        place = np.argsort(each.layers)
        source, reader = instance.layers.edges.T
        assert (place[source] < place[reader]).all()
        assert each.application.tolist() == sorted(instance.layers.application)
        assert each.chances.sum() == pytest.approx(1) and each.chances.min() > 0


def front_of_chain(times):
    """The cost of a chain's optimum, and the scores of what the dynamic program finds."""
    instance = chain(n=12, m=4, times=times)
    search = search_of(instance)
    (found,) = fronts.fronts_of(search, [line(instance)])
    scores = search(found.placements[None])
    assert scores.cost == pytest.approx(found.cost)
    best = evaluate(instance, chain_optimum(instance)[:, None]).cost[0]
    return best, scores


def test_the_dynamic_program_is_near_a_chains_optimum():
    for times in (1.2, 1.5, 3.0):
        best, scores = front_of_chain(times)
        assert best * (1 - 1e-9) <= scores.cost[~scores.late].min() <= 1.05 * best


def test_in_a_front_what_ends_later_is_cheaper_and_no_layer_is_where_it_may_not_be():
    instance = made(4, n=12, applications=2)
    instance = instance.due(1.5 * instance.least_s)
    closed = np.array([False, True] + [False] * (instance.shape[1] - 2))
    found = fronts.front(instance, line(instance), 1, closed)
    here = instance.layers.application == 1
    free = here & (instance.layers.pinned < 0)
    assert found.shape[1] > 1 and not (found[free] == 1).any()
    pinned = instance.layers.pinned[here & ~free]
    assert (found[here & ~free] == pinned[:, None]).all() and not found[~here].any()


def test_placements_that_are_drawn_as_cheaper_are_so_and_others_fill_up():
    search = search_of(made(4, n=12, applications=2))
    found = fronts.fronts_of(search, lines.lines_of(search.instance, search.generator))
    scores = search(moves.with_wishes(search, fronts.drawn(search, found, 200)))
    search.scores = scores.pick(np.array([np.argsort(scores.cost)[100]]))
    drawn = fronts.cheaper(search, found, 50)
    assert (evaluate(search.instance, drawn).cost < search.scores.cost[0]).all()
    search.scores = scores.pick(scores.cost.argmin()[None])
    assert fronts.cheaper(search, found, 50).shape == drawn.shape


def test_a_climb_that_is_stuck_goes_elsewhere_and_keeps_the_best():
    search, left = search_of(chain()), []
    search(search.anywhere(100)[None])

    def elsewhere(search, genes):
        left.append(search.used)
        return search.anywhere(genes.shape[2])[None]

    best = float(search.scores.key[0])
    improved.climb(search, lambda _, genes: genes, elsewhere, lambda *_: False)
    assert left == [1100] and search.scores.key[0] <= best


def test_a_chain_has_one_line():
    assert len(lines.lines_of(made(0, chain=True, n=6), np.random.default_rng(0))) == 1


def test_the_improved_one_moves_a_short_application_before_a_long_one():
    """By upward rank the long one comes first, and the short one would be late."""
    instance = made(5, n=8, m=1, chain=True, applications=2)
    sizes = np.where(instance.layers.application == 0, 1.0, 0.1)[:, None]
    instance = replace(instance, execution_s=sizes)
    ends = evaluate(instance, np.zeros((8, 1), int)).completion_s[:, 0]
    assert ends[1] > 0.5
    both = made(5, n=8, m=2, chain=True, applications=2)
    both = replace(both, execution_s=np.hstack([sizes, sizes * 50])).due(np.array([4.4, 0.5]))
    assert not solve("pso_ga_improved", both, 2000, 0).scores.late[0]


# Properties of an instance that a solver must not see.
def test_other_names_of_servers_change_nothing():
    instance = chain()
    renamed = replace(instance, servers=replace(instance.servers, names=tuple("zyxw")))
    assert solve("pso_ga", renamed, 900, 0).history == solve("pso_ga", instance, 900, 0).history
    turned = [2, 0, 3, 1]
    links = Links(*(value[np.ix_(turned, turned)] for value in vars(instance.links).values()))
    other = replace(
        instance,
        servers=replace(instance.servers, price_per_s=instance.servers.price_per_s[turned]),
        links=links,
        layers=replace(
            instance.layers,
            pinned=np.where(instance.layers.pinned == 0, turned.index(0), -1),
        ),
        execution_s=instance.execution_s[:, turned],
    )
    assert (np.array(turned)[chain_optimum(other)] == chain_optimum(instance)).all()


def test_a_looser_deadline_is_never_dearer_and_prices_scale():
    costs = []
    for times in (1.0, 1.2, 1.5, 2.0, 4.0):
        instance = chain(times=times)
        best = chain_optimum(instance)
        costs.append(evaluate(instance, best[:, None]).cost[0])
        links = replace(
            instance.links,
            price_per_byte=7 * instance.links.price_per_byte,
            price_per_message=7 * instance.links.price_per_message,
        )
        servers = replace(instance.servers, price_per_s=7 * instance.servers.price_per_s)
        assert (chain_optimum(replace(instance, servers=servers, links=links)) == best).all()
    assert costs == sorted(costs, reverse=True) and costs[0] > costs[-1]
