"""A plain genetic algorithm, to see what the swarm adds."""

import numpy as np

from ecglib.offloading.pso_ga import SWARM, crossed, moved_one
from ecglib.offloading.solvers import SOLVERS, Search

CROSSOVER, MUTATION = 0.9, 0.5  # how often a child is crossed, and mutated


@SOLVERS.register("plain GA")
def plain_ga(search: Search) -> None:
    """Tournaments of two, two-point crossover, one gene mutated; the best of all stays."""
    genes = search.anywhere(SWARM)[None]
    scores, draw = search(genes), search.generator
    while search.left >= SWARM and len(search.free):
        place = np.argsort(scores.ranking())  # how good each is, 0 the best
        pairs = draw.integers(0, SWARM, (2, 2, SWARM))
        mother, father = np.where(place[pairs[0]] < place[pairs[1]], *pairs)
        child = genes[:, :, mother]
        mixed = crossed(search, child, genes[:, :, father])
        child = np.where(draw.random(SWARM) < CROSSOVER, mixed, child)
        child = np.where(draw.random(SWARM) < MUTATION, moved_one(search, child), child)
        child[:, :, 0] = search.genes
        genes, scores = child, search(child)
