"""PSO-GA with what it lacks: starts and moves that know that a cut between layers costs."""

from collections.abc import Callable

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.problem import Instance
from ecglib.offloading.pso_ga import SWARM, fly
from ecglib.offloading.solvers import SOLVERS, Search

CUTS = 4  # at most, in a start
ITERATIONS = 25  # of a flight, at least; else as many as there are layers
AT_END = 0.15  # how often a cut is before the first layer, and how often behind the last


def cut_chances(instance: Instance) -> np.ndarray:
    """(n + 1) how likely a cut falls before each place of the instance's order, and behind all.

    Half of the cuts in the middle fall anywhere, half in inverse proportion to the bytes that
    cross: a network is best cut where it is narrow.
    """
    n = instance.shape[0]
    place = np.empty(n, int)
    place[instance.order] = np.arange(n)
    last = np.zeros(n, int)
    source, reader = instance.layers.edges.T
    np.maximum.at(last, source, place[reader])
    cut = np.arange(1, n)[:, None]
    crossing = ((place < cut) & (cut <= last)) @ instance.layers.output_bytes
    narrow = 1 / np.maximum(crossing, 1)
    middle = (1 - 2 * AT_END) * (narrow / narrow.sum() + 1 / max(1, n - 1)) / 2
    chances = np.array([AT_END, *middle, AT_END])
    return chances / chances.sum()


def contiguous(search: Search, chances: np.ndarray, p: int) -> np.ndarray:
    """(n, p) placements of at most CUTS + 1 runs of layers, runs in the instance's order."""
    n, m = search.instance.shape
    cuts = search.generator.choice(n + 1, (CUTS, p), p=chances)
    run = (cuts <= np.arange(n)[:, None, None]).sum(axis=1)
    servers = search.generator.integers(0, m, (CUTS + 1, p))
    found = np.empty((n, p), int)
    found[search.instance.order] = np.take_along_axis(servers, run, axis=0)
    return search.kept(found)


def moved_run(search: Search, chances: np.ndarray, genes: np.ndarray) -> np.ndarray:
    """A run of layers of each particle goes to one server: random, or that of a neighbour.

    Half of the runs are single layers or pairs, the others lie between two likely cuts.
    """
    order, (n, m) = search.instance.order, search.instance.shape
    p, draw = genes.shape[2], search.generator
    placement = genes[0][order]
    short, first = draw.random(p) < 0.5, draw.integers(0, n, p)
    low, high = np.sort(draw.choice(n + 1, (2, p), p=chances), axis=0)
    low, high = np.where(short, first, low), np.where(short, first + draw.integers(1, 3, p), high)
    beside = placement[np.where(draw.random(p) < 0.5, low - 1, high % n), np.arange(p)]
    target = np.where(draw.random(p) < 0.5, beside, draw.integers(0, m, p))
    at = np.arange(n)[:, None]
    found = np.empty_like(placement)
    found[order] = np.where((low <= at) & (at < high), target, placement)
    return np.concatenate([search.kept(found)[None], genes[1:]])


def moved_runs(chances: np.ndarray) -> Callable[[Search, np.ndarray], np.ndarray]:
    """One run of layers moves, for half of the particles a second: some cuts help only in pairs."""

    def mutated(search: Search, genes: np.ndarray) -> np.ndarray:
        once = moved_run(search, chances, genes)
        again = search.generator.random(genes.shape[2]) < 0.5
        return np.where(again, moved_run(search, chances, once), once)

    return mutated


@SOLVERS.register("PSO-GA, improved")
def pso_ga_improved(search: Search) -> None:
    """Contiguous starts, HEFT and the cheapest steps among them; runs of layers move.

    A swarm that has gathered in the wrong place stays there, so several fly after one another.
    """
    known = np.stack([simple.heft(search.instance), simple.cheapest(search.instance)], axis=1)
    if len(search.free) == 0:
        search(known[None])
        return
    chances = cut_chances(search.instance)
    each = SWARM * max(ITERATIONS, search.instance.shape[0])
    flights = max(1, search.budget // each)
    for flight in range(flights):
        fresh = contiguous(search, chances, SWARM - known.shape[1])
        start = np.concatenate([known, fresh], axis=1)
        fly(search, start[None], moved_runs(chances), search.left // (flights - flight))
        if flight == flights - 2:  # the last starts from the best of the others, too
            known = np.concatenate([known, search.genes[0][:, None]], axis=1)
