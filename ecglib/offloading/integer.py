"""The exact optimum of any network, as a mixed-integer program for HiGHS.

x: a layer on a server. z: an edge from one server to another, a flow from its source's x to its
reader's, which makes the program tight. start: of each layer, in seconds. y: which of two layers
comes first, for those that no path orders; it counts where both stand on one server.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from ecglib.offloading.errors import NotExact, TooTight
from ecglib.offloading.problem import BUSY, SLACK, Instance


@dataclass(frozen=True, eq=False)
class Solved:
    """genes (2, n): placement and priority; None if none was found. bound: no cost is below it."""

    genes: np.ndarray | None
    bound: float
    proven: bool


def integer_optimum(instance: Instance, limit_s: float) -> Solved:
    """What HiGHS finds and proves within so many seconds.

    Raises:
        NotExact: servers are paid by their span; the optimum of the same instance with `paid`
            busy is a bound below.
        TooTight: it is proven that no placement is in time.
    """
    if instance.paid != BUSY:
        raise NotExact(f"{instance.name}: what a server's span costs is no part of the program")
    program = _Program(instance)
    options = {"time_limit": limit_s, "mip_rel_gap": 0.0}
    found = milp(
        program.cost,
        constraints=program.constraints(),
        integrality=program.integrality,
        bounds=Bounds(program.low, program.high),
        options=options,
    )
    if found.status == 2:
        raise TooTight(f"{instance.name}: proven, no placement is in time")
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
    genes = None if found.x is None else program.genes(found.x)
    return Solved(genes, bound, found.status == 0)


def unordered(instance: Instance) -> list[tuple[int, int]]:
    """Pairs of layers that no path orders, the first earlier in the instance's order."""
    n = instance.shape[0]
    before = np.zeros((n, n), bool)  # before[i, j]: i reads from j, or from what does
    for layer in instance.order:
        for edge in instance.into[layer]:
            source = instance.layers.edges[edge, 0]
            before[layer] |= before[source]
            before[layer, source] = True
    pairs = combinations(instance.order.tolist(), 2)
    return [(i, j) for i, j in pairs if not before[j, i]]


class _Program:
    """Columns x (n, m), start (n), z (e, m, m), y (pairs); rows of constraints, one by one."""

    def __init__(self, instance: Instance) -> None:
        self.instance, (n, m) = instance, instance.shape
        edges, self.pairs = len(instance.layers.edges), unordered(instance)
        sizes = np.cumsum([0, n * m, n, edges * m * m, len(self.pairs)])
        self.x = np.arange(n * m).reshape(n, m)
        self.start = sizes[1] + np.arange(n)
        self.z = sizes[2] + np.arange(edges * m * m).reshape(edges, m, m)
        self.y = sizes[3] + np.arange(len(self.pairs))
        self.low, self.high = np.zeros(sizes[4]), np.ones(sizes[4])
        self.high[self.x] = instance.allowed
        due = instance.deadline_s[instance.layers.application]
        self.due = np.minimum(due * (1 + SLACK / 10), self._horizon())
        self.high[self.start] = self.due
        self.cost, self.integrality = np.zeros(sizes[4]), np.zeros(sizes[4])
        self.cost[self.x], self.cost[self.z] = instance.execution_price, instance.transfer_price
        self.integrality[self.x] = self.integrality[self.y] = 1
        self.rows: list[tuple] = []

    def _horizon(self) -> float:
        """Seconds in which everything can be done one after another."""
        instance = self.instance
        return instance.execution_s.max(1).sum() + instance.transfer_s.max((1, 2)).sum()

    def _row(self, low: float, high: float, *terms: tuple) -> None:
        """Between low and high: the sum of values x columns; terms: (columns, values)."""
        columns = np.concatenate([np.ravel(columns) for columns, _ in terms])
        values = [np.broadcast_to(value, np.shape(column)).ravel() for column, value in terms]
        self.rows.append((low, high, columns, np.concatenate(values)))

    def constraints(self) -> LinearConstraint:
        """All rows."""
        for layer in range(self.instance.shape[0]):
            self._row(1, 1, (self.x[layer], 1))
            ends = [(self.start[[layer]], 1), (self.x[layer], self.instance.execution_s[layer])]
            self._row(-np.inf, self.due[layer], *ends)
        for edge, (source, reader) in enumerate(self.instance.layers.edges):
            self._edge(edge, source, reader)
        for pair, (i, j) in enumerate(self.pairs):
            self._pair(self.y[[pair]], i, j)
        at = np.repeat(np.arange(len(self.rows)), [len(row[2]) for row in self.rows])
        columns, values = (np.concatenate([row[k] for row in self.rows]) for k in (2, 3))
        matrix = coo_array((values, (at, columns)), shape=(len(self.rows), len(self.cost)))
        return LinearConstraint(matrix.tocsr(), *zip(*[row[:2] for row in self.rows], strict=True))

    def _edge(self, edge: int, source: int, reader: int) -> None:
        z, instance = self.z[edge], self.instance
        for server in range(instance.shape[1]):
            self._row(0, 0, (z[server], 1), (self.x[source, [server]], -1))
            self._row(0, 0, (z[:, server], 1), (self.x[reader, [server]], -1))
        self._row(
            0,
            np.inf,
            (self.start[[reader]], 1),
            (self.start[[source]], -1),
            (self.x[source], -instance.execution_s[source]),
            (z, -instance.transfer_s[edge]),
        )

    def _pair(self, y: np.ndarray, i: int, j: int) -> None:
        """On one server j starts after i's end if y is 1, i after j's if it is 0."""
        for first, second, sign, constant in ((i, j, 1, 0), (j, i, -1, 1)):
            wide = self.due[first]  # no start plus run is later
            runs = self.instance.execution_s[first]
            for server in range(self.instance.shape[1]):
                # second's start >= first's end - wide (3 - both here, each 1, - first goes first)
                both = (self.x[[first, second], server], -wide)
                self._row(
                    -wide * (3 - constant),
                    np.inf,
                    (self.start[[second]], 1),
                    (self.start[[first]], -1),
                    (self.x[first], -runs),
                    both,
                    (y, -wide * sign),
                )

    def genes(self, found: np.ndarray) -> np.ndarray:
        """(2, n) placement, and the order of the starts as priorities."""
        return np.stack([found[self.x].argmax(axis=1), found[self.start]])
