from dataclasses import replace

import numpy as np
import pytest
from made_instances import made

from ecglib.offloading import fronts, improved, lines  # noqa: F401  (solvers register)
from ecglib.offloading.chains import chain_optimum
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.exact import alone
from ecglib.offloading.solvers import Search, solve


def apart(seed, n=40, each=4, times=1.5):
    """Two chains that do not want each other's servers, of which the faster are the dearer."""
    draw, instance = (
        np.random.default_rng(seed),
        made(seed, n, 2 * each, chain=True, applications=2),
    )
    speed, work = np.tile(2.0 ** np.arange(each), 2), draw.uniform(0.5, 2, (n, 1))
    far = (instance.layers.application[:, None] == 1) != (np.arange(2 * each) >= each)
    seconds = np.where(instance.layers.pinned[:, None] == 0, 0, work / speed * np.where(far, 50, 1))
    links = replace(
        instance.links,
        s_per_byte=0.1 * instance.links.s_per_byte,
        delay_s=0.1 * instance.links.delay_s,
        price_per_byte=0.5 * instance.links.price_per_byte,
    )
    servers = replace(instance.servers, price_per_s=speed**2 * draw.uniform(0.8, 1.2, len(speed)))
    instance = replace(instance, execution_s=seconds, links=links, servers=servers)
    return instance.due(times * instance.least_s)


def optimum_of(instance):
    """As the chains do not meet: of each alone, together."""
    found = np.concatenate([chain_optimum(alone(instance, a)) for a in range(2)])
    scores = evaluate(instance, found[:, None])
    assert not scores.late[0]
    return scores.cost[0]


def as_coarse_as_for_one_application(monkeypatch):
    monkeypatch.setattr(fronts, "FINE", fronts.STEPS)
    monkeypatch.setattr(fronts, "SPANS", (fronts.BEYOND, fronts.BEYOND))
    monkeypatch.setattr(fronts, "SCORED", 0)


def gaps(instance, budget=3000):
    found = [solve("pso_ga_improved", instance, budget, seed).scores for seed in range(3)]
    assert not any(scores.late[0] for scores in found)
    return np.array([scores.cost[0] for scores in found]) / optimum_of(instance) - 1


def test_what_rounded_seconds_hide_of_two_applications_is_found(monkeypatch):
    """A placement that just meets the deadline shares a coarse step with a cheaper, late one."""
    instance = apart(0)
    assert gaps(instance) == pytest.approx(0, abs=1e-9)
    as_coarse_as_for_one_application(monkeypatch)
    assert (gaps(instance) > 0.005).all()


def test_a_front_of_several_applications_holds_what_is_in_time_alone_and_each_counts():
    instance = apart(0)
    search = Search(instance, 20_000, np.random.default_rng(0))
    found = fronts.fronts_of(search, lines.lines_of(instance, search.generator))
    for application, front in enumerate(found):
        scores = evaluate(alone(instance, application), front.placements)
        assert not scores.late.any() and scores.cost == pytest.approx(front.cost)
    kept = sum(len(front.cost) for front in found)
    assert kept < search.used < 0.05 * search.budget


@pytest.mark.parametrize("budget", [100, 101, 130, 333, 700])
def test_scoring_fronts_keeps_to_a_small_budget(budget):
    found = solve("pso_ga_improved", apart(0), budget, 0)
    assert found.used <= budget and found.history[-1][0] == found.used
