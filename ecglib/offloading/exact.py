"""The optimum of an instance, or a bound below it, by what suits it."""

from dataclasses import dataclass, replace

import numpy as np

from ecglib.offloading.chains import chain_optimum, is_chain
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.integer import integer_optimum
from ecglib.offloading.problem import SLACK, Instance, Layers


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


def exact(instance: Instance, limit_s: float = 30.0, known: np.ndarray | None = None) -> Optimum:
    """The optimum: a chain's by dynamic programming, any other's by HiGHS within the limit.

    Of several applications, what each costs alone is a bound, too; it takes as long again.
    known: genes (g, n) in time that a search has found. HiGHS then looks for nothing dearer, and
    they are given back if it finds nothing at all.

    Raises:
        NotExact: servers are paid by their span.
        TooTight: proven that no placement is in time.
    """
    if is_chain(instance):
        placement = chain_optimum(instance)
        if placement is None:
            raise instance.too_tight()
        return Optimum(cost := _cost(instance, placement[None]), placement[None], cost, True)
    apart = apart_bound(instance, limit_s) if len(instance.deadline_s) > 1 else -np.inf
    at_most = np.inf if known is None else _cost(instance, known)
    solved = integer_optimum(instance, limit_s, at_most)
    genes = known if solved.genes is None else solved.genes
    bound = max(solved.bound, apart)
    if genes is None:
        return Optimum(np.inf, None, bound, False)
    cost = _cost(instance, genes)
    proven = solved.proven or cost <= bound * (1 + SLACK)
    return Optimum(cost, genes, cost if proven else bound, proven)


def apart_bound(instance: Instance, limit_s: float) -> float:
    """What the applications would cost if each had all servers to itself: a bound below."""
    applications = range(len(instance.deadline_s))
    each = limit_s / len(applications)
    return sum(exact(alone(instance, application), each).bound for application in applications)


def alone(instance: Instance, application: int) -> Instance:
    """One application of several, with its deadline."""
    layers = instance.layers
    here = layers.application == application
    edges = layers.edges[here[layers.edges].all(axis=1)]
    place = np.cumsum(here) - 1
    return replace(
        instance,
        layers=Layers(
            tuple(name for name, kept in zip(layers.names, here, strict=True) if kept),
            layers.output_bytes[here],
            place[edges],
            np.zeros(here.sum(), int),
            layers.pinned[here],
        ),
        execution_s=instance.execution_s[here],
        deadline_s=instance.deadline_s[[application]],
    )


def _cost(instance: Instance, genes: np.ndarray) -> float:
    """What a placement costs, inf if it is late."""
    scores = evaluate(instance, *genes[:, :, None])
    return np.inf if scores.late[0] else float(scores.cost[0])
