"""The solvers by name, and the search that they share: it counts, and keeps the best."""

from dataclasses import dataclass, field

import numpy as np

from ecglib.offloading.errors import SmallBudget
from ecglib.offloading.evaluate import Scores, evaluate
from ecglib.offloading.problem import FREE, Instance
from ecglib.settings.registry import Registry

SOLVERS = Registry("solver")
LEAST = 100  # evaluations that a search may take: a swarm's first


@dataclass(eq=False)
class Search:
    """One search: the instance, how many evaluations it may take, and what it has found so far.

    genes (g, n): the best placement, and its priority if g is 2. history: a row (evaluations, late,
    key of the best) after each batch; `key` as `Scores` has it.
    """

    instance: Instance
    budget: int
    generator: np.random.Generator
    used: int = 0
    genes: np.ndarray | None = None
    scores: Scores | None = None
    history: list[tuple[int, bool, float]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Evaluations that may still be taken."""
        return self.budget - self.used

    @property
    def free(self) -> np.ndarray:
        """Numbers of the layers that may run on more than one server."""
        return np.flatnonzero(self.instance.allowed.sum(axis=1) > 1)

    def __call__(self, genes: np.ndarray) -> Scores:
        """Scores of p placements (g, n, p), g 1 without priorities and 2 with them."""
        scores = evaluate(self.instance, *genes)
        first = scores.ranking()[:1]
        best = scores.pick(first)
        if self.scores is None or best.beats(self.scores)[0]:
            self.genes, self.scores = genes[:, :, first[0]].copy(), best
        self.used += genes.shape[2]
        self.history.append((self.used, bool(self.scores.late[0]), float(self.scores.key[0])))
        return scores

    def anywhere(self, p: int) -> np.ndarray:
        """(n, p) random placements."""
        n, m = self.instance.shape
        return self.kept(self.generator.integers(0, m, (n, p)))

    def kept(self, placement: np.ndarray) -> np.ndarray:
        """Placements (n, p), with pinned layers where they must be."""
        pinned = self.instance.layers.pinned[:, None]
        return np.where(pinned == FREE, placement, pinned)


def solve(name: str, instance: Instance, budget: int, seed: int) -> Search:
    """The finished search of a solver, of at most so many evaluations (at least LEAST).

    Raises:
        UnknownName: no such solver.
        SmallBudget: fewer than LEAST.
    """
    if budget < LEAST:
        raise SmallBudget(f"{name}: {budget} evaluations are too few; at least {LEAST}")
    search = Search(instance, budget, np.random.default_rng(seed))
    SOLVERS[name](search)
    return search
