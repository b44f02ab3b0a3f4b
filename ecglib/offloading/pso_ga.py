"""PSO-GA as published: a discrete particle swarm that moves by mutation and crossover.

Lin, Huang, Zhang, Hu, Chen and Li, Cost-driven offloading for DNN-based applications over cloud,
edge and end devices, IEEE Trans. Ind. Inform. 16(8):5456-5466, 2020, arXiv:1907.13306. A particle
has a server and a place in the order for each layer. Its prices, bandwidths and tables are not
public; what the text leaves open is chosen here: genes of the first swarm are uniform, mutation
moves one layer to another server and leaves the order alone, crossover swaps both of a layer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecglib.offloading.evaluate import Scores
from ecglib.offloading.solvers import SOLVERS, Search

SWARM = 100
W_MAX, W_MIN = 0.9, 0.4
C1, C2 = (0.9, 0.2), (0.4, 0.9)  # of the own and of the global best: at the start, at the end
Mutation = Callable[[Search, np.ndarray], np.ndarray]  # genes (g, n, p) -> all p of them mutated


@dataclass(frozen=True, eq=False)
class Swarm:
    """genes and own (g, n, p): where the particles are, and where each was best, with scores."""

    genes: np.ndarray
    scores: Scores
    own: np.ndarray
    own_scores: Scores

    @property
    def best(self) -> np.ndarray:
        """(g, n, 1) the global best: that of all particles so far."""
        return self.own[:, :, self.own_scores.ranking()[:1]]


def inertia(differing: np.ndarray) -> np.ndarray:
    """The inertia w, from the fraction of genes that differ from the global best.

    The farther a particle is from it, the more likely it mutates.
    """
    return W_MAX - (W_MAX - W_MIN) * np.exp(differing / (differing - 1.01))


def moved_one(search: Search, genes: np.ndarray) -> np.ndarray:
    """One random free layer of each particle goes to another server."""
    p, m = genes.shape[2], search.instance.shape[1]
    found = genes.copy()
    layer, column = search.generator.choice(search.free, p), np.arange(p)
    step = search.generator.integers(1, m, p)
    found[0, layer, column] = (found[0, layer, column] + step) % m
    return found


def crossed(search: Search, genes: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two-point crossover: each particle takes a random run of genes from the other (g, n, p)."""
    n, p = genes.shape[1:]
    first, last = np.sort(search.generator.integers(0, n, (2, p)), axis=0)
    inside = (first <= np.arange(n)[:, None]) & (np.arange(n)[:, None] <= last)
    return np.where(inside, other, genes)


def swarm_of(search: Search, genes: np.ndarray) -> Swarm:
    """The first swarm."""
    scores = search(genes)
    return Swarm(genes, scores, genes.copy(), scores)


def step(search: Search, swarm: Swarm, done: float, mutated: Mutation) -> Swarm:
    """One iteration; done: from 0 at the first to 1 at the last."""
    best = swarm.best
    genes, draw = swarm.genes, search.generator.random
    w = inertia((genes[0] != best[0])[search.free].mean(axis=0))
    c1, c2 = (start + (end - start) * done for start, end in (C1, C2))
    p = genes.shape[2]
    genes = np.where(draw(p) < w, mutated(search, genes), genes)
    genes = np.where(draw(p) < c1, crossed(search, genes, swarm.own), genes)
    genes = np.where(draw(p) < c2, crossed(search, genes, best), genes)
    scores = search(genes)
    better = scores.beats(swarm.own_scores)
    return Swarm(
        genes,
        scores,
        np.where(better, genes, swarm.own),
        Scores(
            *(
                np.where(better, getattr(scores, name), getattr(swarm.own_scores, name))
                for name in ("cost", "completion_s", "late")
            )
        ),
    )


def fly(search: Search, genes: np.ndarray, mutated: Mutation, budget: int) -> np.ndarray:
    """From the first swarm (g, n, p) until the budget is spent; the (g, n, 1) best of it."""
    swarm = swarm_of(search, genes)
    iterations = budget // genes.shape[2] - 1
    for iteration in range(iterations):
        swarm = step(search, swarm, iteration / max(1, iterations - 1), mutated)
    return swarm.best


@SOLVERS.register("PSO-GA, as published")
def pso_ga(search: Search) -> None:
    """100 particles from random places, 1000 iterations in the publication."""
    if len(search.free) == 0:
        search(search.anywhere(1)[None])
        return
    order = np.argsort(search.generator.random((search.instance.shape[0], SWARM)), axis=0)
    fly(search, np.stack([search.anywhere(SWARM), order]), moved_one, search.budget)


@SOLVERS.register("PSO-GA, HEFT's order")
def pso_ga_heft_order(search: Search) -> None:
    """As published, but all layers run by their upward rank, as those of the other solvers do."""
    if len(search.free) == 0:
        search(search.anywhere(1)[None])
        return
    fly(search, search.anywhere(SWARM)[None], moved_one, search.budget)
