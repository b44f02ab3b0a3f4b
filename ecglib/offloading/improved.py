"""PSO-GA with what it lacks: starts and moves that know that a cut between layers costs."""

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.pso_ga import SWARM, fly
from ecglib.offloading.solvers import SOLVERS, Search

CUTS = 4  # at most, in a start


def contiguous(search: Search, p: int) -> np.ndarray:
    """(n, p) placements of a few runs of layers each, the run in the instance's order."""
    n, m = search.instance.shape
    cuts = search.generator.integers(0, n, (CUTS, p))
    cuts[search.generator.integers(0, CUTS + 1, p) <= np.arange(CUTS)[:, None]] = (
        n  # some have fewer
    )
    run = (cuts <= np.arange(n)[:, None, None]).sum(axis=1)
    servers = search.generator.integers(0, m, (CUTS + 1, p))
    found = np.empty((n, p), int)
    found[search.instance.order] = np.take_along_axis(servers, run, axis=0)
    return search.kept(found)


def moved_run(search: Search, genes: np.ndarray) -> np.ndarray:
    """A run of layers of each particle goes to one server: random, or that of a neighbour.

    Half of the runs are single layers or pairs, the others as long as chance has it.
    """
    order, (n, m) = search.instance.order, search.instance.shape
    p, draw = genes.shape[2], search.generator
    placement = genes[0][order]
    first = draw.integers(0, n, p)
    length = np.where(draw.random(p) < 0.5, draw.integers(1, 3, p), draw.integers(1, n + 1, p))
    beside = placement[
        np.where(draw.random(p) < 0.5, first - 1, (first + length) % n), np.arange(p)
    ]
    target = np.where(draw.random(p) < 0.5, beside, draw.integers(0, m, p))
    at = np.arange(n)[:, None]
    found = np.empty_like(placement)
    found[order] = np.where((first <= at) & (at < first + length), target, placement)
    return np.concatenate([search.kept(found)[None], genes[1:]])


def moved_runs(search: Search, genes: np.ndarray) -> np.ndarray:
    """One run of layers moves, for half of the particles a second: some cuts help only in pairs."""
    once = moved_run(search, genes)
    again = search.generator.random(genes.shape[2]) < 0.5
    return np.where(again, moved_run(search, once), once)


@SOLVERS.register("PSO-GA, improved")
def pso_ga_improved(search: Search) -> None:
    """Contiguous starts, HEFT and the greedy one among them; runs of layers move."""
    known = np.stack([simple.heft(search.instance), simple.cheapest(search.instance)], axis=1)
    if len(search.free) == 0:
        search(known[None])
        return
    start = np.concatenate([known, contiguous(search, SWARM - 2)], axis=1)
    fly(search, start[None], moved_runs)
