"""Where a network branches: which layers no path orders, and from where to where branches run."""

from itertools import combinations

import numpy as np

from ecglib.offloading.problem import Instance


def _before(instance: Instance) -> np.ndarray:
    """(n, n) bool: whether layer i reads from j, or from what does."""
    n = instance.shape[0]
    before = np.zeros((n, n), bool)
    for layer in instance.order:
        for edge in instance.into[layer]:
            source = instance.layers.edges[edge, 0]
            before[layer] |= before[source]
            before[layer, source] = True
    return before


def unordered(instance: Instance) -> list[tuple[int, int]]:
    """Pairs of layers that no path orders, the first earlier in the instance's order."""
    before = _before(instance)
    pairs = combinations(instance.order.tolist(), 2)
    return [(i, j) for i, j in pairs if not before[j, i]]


def blocks(instance: Instance) -> list[tuple[int, int, np.ndarray]]:
    """Every join of branches with the last layer before them all, and the layers in between."""
    before, found = _before(instance), []
    for join in instance.order:
        into = instance.layers.edges[instance.into[join], 0]
        if len(into) > 1:
            common = np.flatnonzero(
                (before[into] | np.eye(len(before), dtype=bool)[into]).all(axis=0)
            )
            if len(common):
                fork = max(common, key=lambda layer: before[layer].sum())
                found.append((fork, join, np.flatnonzero(before[join] & before[:, fork])))
    return found
