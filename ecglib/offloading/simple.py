"""Solvers that know nothing of swarms: HEFT, greedy, local search and chance."""

import numpy as np

from ecglib.offloading.problem import Instance
from ecglib.offloading.solvers import SOLVERS, Search

BATCH = 100


def heft(instance: Instance) -> np.ndarray:
    """(n) a placement that ends early, whatever it costs.

    Heterogeneous Earliest Finish Time (Topcuoglu, Hariri and Wu 2002): the most urgent layer first,
    each on the server where it ends first. Here a layer never slips into a gap before another one
    of its server, so that `evaluate` plays the same schedule.
    """
    n, m = instance.shape
    free, ends, found = np.zeros(m), np.zeros(n), np.zeros(n, int)
    for layer in instance.order:
        starts = free.copy()
        for edge in instance.into[layer]:
            source = instance.layers.edges[edge, 0]
            starts = np.maximum(starts, ends[source] + instance.transfer_s[edge][found[source]])
        done = np.where(instance.allowed[layer], starts + instance.execution_s[layer], np.inf)
        found[layer] = done.argmin()
        ends[layer] = free[found[layer]] = done.min()
    return found


def cheapest(instance: Instance) -> np.ndarray:
    """(n) each layer where it, and the messages to it, cost least."""
    found = np.zeros(instance.shape[0], int)
    for layer in instance.order:
        price = np.where(instance.allowed[layer], instance.execution_price[layer], np.inf)
        for edge in instance.into[layer]:
            price = price + instance.transfer_price[edge][found[instance.layers.edges[edge, 0]]]
        found[layer] = price.argmin()
    return found


@SOLVERS.register("HEFT", name="heft")
def as_heft(search: Search) -> None:
    """HEFT alone."""
    search(heft(search.instance)[None, :, None])


@SOLVERS.register("greedy, else HEFT")
def greedy(search: Search) -> None:
    """The cheapest step after step; if that is late, HEFT."""
    both = np.stack([cheapest(search.instance), heft(search.instance)], axis=1)
    search(both[None])


@SOLVERS.register("random")
def chance(search: Search) -> None:
    """Random placements until the budget is spent."""
    while search.left > 0:
        search(search.anywhere(min(search.left, BATCH))[None])


@SOLVERS.register("local search")
def local_search(search: Search) -> None:
    """The best move of one layer, from the greedy start, until none helps; then from chance."""
    greedy(search)
    here, scores = search.genes[0], search.scores
    while len(search.free) and search.left >= len(search.free):
        near = _moves(search, here)[:, : search.left]
        found = search(near[None])
        best = found.ranking()[:1]
        if found.pick(best).beats(scores)[0]:
            here, scores = near[:, best[0]], found.pick(best)
        elif search.left:
            here = search.anywhere(1)[:, 0]
            scores = search(here[None, :, None])


def _moves(search: Search, here: np.ndarray) -> np.ndarray:
    """(n, moves) the placement with one free layer elsewhere, in random order."""
    layers, servers = np.nonzero(
        search.instance.allowed & (here[:, None] != np.arange(search.instance.shape[1]))
    )
    which = search.generator.permutation(len(layers))
    found = np.repeat(here[:, None], len(layers), axis=1)
    found[layers[which], np.arange(len(layers))] = servers[which]
    return found
