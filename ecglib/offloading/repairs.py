"""Placements that cost less than the best but are late, made less late while they still cost less.

A climb that takes only what is in time and no dearer stops where the cheap server is a little too
late, unless one branch's layer runs on a third one at once, and what it reads goes ahead. So the
search also walks on the other side of the deadline, as strategic oscillation does (Glover, Decis.
Sci. 8:156-166, 1977).
"""

from collections.abc import Callable

import numpy as np

from ecglib.offloading.evaluate import Scores
from ecglib.offloading.fronts import Front
from ecglib.offloading.moves import ticks
from ecglib.offloading.problem import SLACK, Instance
from ecglib.offloading.pso_ga import SWARM, Mutation
from ecglib.offloading.solvers import Search

TRIED = 3  # late placements of a swarm, the nearest to the deadline first
WAITS = 8  # swarms of neighbours of which none is less late, before the next is tried
NEAR = 8  # places in the order
AHEAD = 0.7  # how often a layer goes ahead
Repair = Callable[[Search, Mutation], bool]


def repair(search: Search, mutated: Mutation, fronts: list[Front]) -> bool:
    """Whether the search has a new best: a late placement that cost less, and is now in time."""
    least = search.scores.cost[0]
    if search.scores.late[0] or not len(search.instance.layers.edges):
        return False
    near = _neighbours(search, mutated, search.genes)
    for one in range(SWARM // 2 if fronts else 0):
        _replace(search, fronts, near[0, :, one])
    for here, late in _cheaper(search, near, least)[:TRIED]:
        waited = 0
        while search.left >= SWARM and waited < WAITS and search.scores.cost[0] >= least:
            found = _cheaper(search, _neighbours(search, mutated, here), least)
            waited = 0 if found and found[0][1] < late else waited + 1
            if found and found[0][1] <= late:
                here, late = found[0]
    return search.scores.cost[0] < least


def lateness(instance: Instance, scores: Scores) -> np.ndarray:
    """(p) by how many deadlines the applications are late, all together."""
    return np.maximum(scores.completion_s / instance.deadline_s[:, None] - 1, 0).sum(axis=0)


def urgent(instance: Instance, placement: np.ndarray) -> np.ndarray:
    """(n, p) wishes: when a layer must start at the latest, if its server were always free."""
    rest_s, after_s = np.zeros(placement.shape), np.zeros(placement.shape)
    for layer in instance.order[::-1]:
        rest_s[layer] = after_s[layer] + instance.execution_s[layer, placement[layer]]
        for edge in instance.into[layer]:
            source = instance.layers.edges[edge, 0]
            moves_s = instance.transfer_s[edge][placement[source], placement[layer]]
            np.maximum(after_s[source], rest_s[layer] + moves_s, out=after_s[source])
    due = ticks(instance, instance.deadline_s)[instance.layers.application]
    return due[:, None] - ticks(instance, rest_s)


def _cheaper(search: Search, genes: np.ndarray, least: float) -> list[tuple[np.ndarray, float]]:
    """Of genes (g, n, p) those that cost less, each with how late it is, the least late first."""
    scores = search(genes)
    late = lateness(search.instance, scores)
    order = np.argsort(late, kind="stable")
    return [(genes[:, :, k], late[k]) for k in order if scores.cost[k] < least * (1 - SLACK)]


def _neighbours(search: Search, mutated: Mutation, here: np.ndarray) -> np.ndarray:
    """(2, n, SWARM) of genes (g, n), all with an order of layers.

    Half are as `mutated`, half have one layer moved that is near a cut. Half keep their order, half
    run first what is urgent. In most a layer goes ahead: the one that moved, or what it reads.
    """
    genes, draw = np.repeat(here[:, :, None], SWARM, axis=2), search.generator
    one, moved = _near_cuts(search, genes[0]), genes[0].copy()
    moved[one, np.arange(SWARM)] = draw.integers(0, search.instance.shape[1], SWARM)
    further = draw.random(SWARM) < 0.5
    placement = np.where(further, mutated(search, genes)[0], search.kept(moved))
    wish = urgent(search.instance, placement)
    if len(genes) == 2:
        wish = np.where(draw.random(SWARM) < 0.5, wish, genes[1])
    reads = np.arange(len(here[0]))
    source, reader = search.instance.layers.edges.T
    reads[reader] = source
    kind = draw.integers(0, 4, SWARM)
    first = np.choose(kind, [one, reads[one], reads[one], _near_cuts(search, placement)])
    return np.stack([placement, _ahead(search, wish, first)])


def _ahead(search: Search, wish: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Wishes (n, p), in most of which a layer (p) passes the few before it."""
    order, draw, (_, p) = search.instance.order, search.generator, wish.shape
    place = np.argsort(order)[first] - draw.integers(0, NEAR + 1, p)
    before = wish[order[np.maximum(place, 0)], np.arange(p)] - 1
    now, found = wish[first, np.arange(p)], wish.copy()
    found[first, np.arange(p)] = np.where(draw.random(p) < AHEAD, np.minimum(before, now), now)
    return found


def _near_cuts(search: Search, placement: np.ndarray) -> np.ndarray:
    """(p) of each placement a layer that in the order is near an edge from server to server."""
    instance, draw, (n, p) = search.instance, search.generator, placement.shape
    apart = np.not_equal(*placement[instance.layers.edges.T])
    edge = (draw.random(apart.shape) + apart).argmax(axis=0)
    place = np.argsort(instance.order)[instance.layers.edges[edge, draw.integers(0, 2, p)]]
    return instance.order[np.clip(place + draw.integers(-NEAR, NEAR + 1, p), 0, n - 1)]


def _replace(search: Search, fronts: list[Front], placement: np.ndarray) -> None:
    """One application (n) in place as another of its front, those that are late alone included."""
    front = fronts[search.generator.integers(0, len(fronts))]
    both = np.concatenate([front.placements, front.late], axis=1)
    placement[front.layers] = both[:, search.generator.integers(0, both.shape[1])]
