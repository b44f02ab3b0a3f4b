"""The optimum of an instance, or a bound below it, by what suits it."""

from dataclasses import dataclass

import numpy as np

from ecglib.offloading.chains import chain_optimum, is_chain
from ecglib.offloading.errors import TooTight
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.integer import integer_optimum
from ecglib.offloading.problem import Instance


@dataclass(frozen=True, eq=False)
class Optimum:
    """cost of the best placement found (inf if none), genes (g, n) that have it, a bound below.

    gap: by how much of the bound the cost is above it; 0 if proven.
    """

    cost: float
    genes: np.ndarray | None
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """0 for what is proven; inf if nothing was found, or the bound is 0."""
        if self.proven:
            return 0.0
        return self.cost / self.bound - 1 if self.bound > 0 else np.inf


def exact(instance: Instance, limit_s: float = 30.0) -> Optimum:
    """The optimum: a chain's by dynamic programming, any other's by HiGHS within the limit.

    Raises:
        NotExact: servers are paid by their span.
        TooTight: proven that no placement is in time.
    """
    if is_chain(instance):
        placement = chain_optimum(instance)
        if placement is None:
            raise TooTight(f"{instance.name}: proven, no placement is in time")
        cost = float(evaluate(instance, placement[:, None]).cost[0])
        return Optimum(cost, placement[None], cost, True)
    solved = integer_optimum(instance, limit_s)
    if solved.genes is None:
        return Optimum(np.inf, None, solved.bound, False)
    placement, priority = solved.genes
    genes = np.stack([placement.astype(int), priority.argsort(kind="stable").argsort()])
    scores = evaluate(instance, *genes[:, :, None])
    if scores.late[0]:  # by more than the tolerance: a bound all the same
        return Optimum(np.inf, None, solved.bound, False)
    cost = float(scores.cost[0])
    return Optimum(cost, genes, cost if solved.proven else solved.bound, solved.proven)
