"""Where a network branches: which layers no path orders, and from where to where branches run."""

from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from ecglib.offloading.problem import Instance

UNSURE = 1.5  # times: by how much the bytes of an output may be taken for more, or fewer
PARTS, WHOLE = 2**20, 2**29  # of the largest output, in whole numbers; more than all together


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


def narrowest(instance: Instance, draw: np.random.Generator) -> np.ndarray:
    """(n) bool: which layers of a block are before the cut through it that least crosses.

    A minimum cut, as Stone's between two processors (IEEE Trans. Softw. Eng. 3:85-93, 1977), with
    nothing sent back. Bytes are taken for up to UNSURE times as many or few, so draws differ.
    """
    source, reader = instance.layers.edges.T
    noise = np.exp(draw.uniform(-1, 1, len(source)) * np.log(UNSURE))
    sizes = instance.layers.output_bytes[source] * noise
    sizes = 1 + (sizes / max(sizes.max(initial=0), 1e-300) * PARTS).astype(np.int32)
    capacity = np.zeros((instance.shape[0],) * 2, np.int32)
    capacity[source, reader] = sizes
    capacity[reader, source] = WHOLE
    found = np.zeros(len(capacity), bool)
    for fork, join, between in blocks(instance):
        layers = np.array([fork, *between, join])
        graph = csr_array(capacity[np.ix_(layers, layers)])
        left = graph - maximum_flow(graph, 0, len(layers) - 1).flow
        left.data = np.where(left.data > 0, left.data, 0)
        left.eliminate_zeros()
        found[layers[breadth_first_order(left, 0, return_predecessors=False)]] = True
    return found
