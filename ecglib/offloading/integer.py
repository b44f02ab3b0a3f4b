"""The exact optimum of any network, as a mixed-integer program for HiGHS.

x: a layer on a server. z: an edge from one server to another, a flow from its source's x to its
reader's, which makes the program tight. start: of each layer, in seconds. y: which of two layers
comes first, for those that no path orders; it counts if `same` says that both are on one server.
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


def integer_optimum(instance: Instance, limit_s: float, at_most: float = np.inf) -> Solved:
    """What HiGHS finds and proves within so many seconds; at_most: a cost that is known in time.

    Raises:
        NotExact: servers are paid by their span; the optimum of the same instance with `paid`
            busy is a bound below.
        TooTight: it is proven that no placement is in time.
    """
    if instance.paid != BUSY:
        raise NotExact(f"{instance.name}: what a server's span costs is no part of the program")
    program = _Program(instance, at_most)
    options = {"time_limit": limit_s, "mip_rel_gap": 0.0}
    found = milp(
        program.cost,
        constraints=program.constraints(),
        integrality=program.integrality,
        bounds=Bounds(program.low, program.high),
        options=options,
    )
    if found.status == 2 and at_most == np.inf:
        raise TooTight(f"{instance.name}: proven, no placement is in time")
    bound = -np.inf if found.mip_dual_bound is None else found.mip_dual_bound * program.unit_cost
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
    """Columns x (n, m), start (n), z (e, m, m), y and same (pairs); rows of constraints.

    Costs and seconds are scaled, as HiGHS has absolute tolerances: see `unit_cost` and `unit_s`.
    """

    def __init__(self, instance: Instance, at_most: float) -> None:
        self.instance, (n, m) = instance, instance.shape
        horizon_s = instance.execution_s.max(1).sum() + instance.transfer_s.max((1, 2)).sum()
        due = instance.deadline_s[instance.layers.application] * (1 + SLACK / 2)
        self.unit_s = np.minimum(due, horizon_s).max() / 1e3
        self.unit_cost = (
            max(instance.execution_price.max(), instance.transfer_price.max(initial=0)) or 1.0
        )
        self.unit_cost /= 1e4
        self.runs, self.moves = (
            instance.execution_s / self.unit_s,
            instance.transfer_s / self.unit_s,
        )
        ends = np.minimum(due, horizon_s)[:, None] / self.unit_s - instance.after_s / self.unit_s
        early = instance.earliest_s / self.unit_s
        self.open = instance.allowed & (early <= ends * (1 + SLACK))
        self.earliest = np.where(self.open, early - self.runs, np.inf).min(1, initial=1e9)
        self.latest = np.where(self.open, ends, 0).max(1)
        self.pairs = [pair for pair in unordered(instance) if self._may_meet(*pair)]
        self._columns(n, m, len(instance.layers.edges), len(self.pairs))
        self.rows: list[tuple] = []
        if at_most < np.inf:
            priced = np.flatnonzero(self.cost)
            most = at_most / self.unit_cost * (1 + SLACK)
            self._row(-np.inf, most, (priced, self.cost[priced]))

    def _may_meet(self, i: int, j: int) -> bool:
        """Whether two layers may stand on one server at once."""
        apart = self.latest[i] <= self.earliest[j] or self.latest[j] <= self.earliest[i]
        return not apart and bool((self.open[i] & self.open[j]).any())

    def _columns(self, n: int, m: int, edges: int, pairs: int) -> None:
        sizes = np.cumsum([0, n * m, n, edges * m * m, pairs, pairs])
        self.x = np.arange(n * m).reshape(n, m)
        self.start = sizes[1] + np.arange(n)
        self.z = sizes[2] + np.arange(edges * m * m).reshape(edges, m, m)
        self.y, self.same = (sizes[k] + np.arange(pairs) for k in (3, 4))
        self.low, self.high = np.zeros(sizes[5]), np.ones(sizes[5])
        self.high[self.x] = self.open
        self.low[self.start], self.high[self.start] = (
            np.minimum(self.earliest, self.latest),
            self.latest,
        )
        self.cost, self.integrality = np.zeros(sizes[5]), np.zeros(sizes[5])
        self.cost[self.x] = self.instance.execution_price / self.unit_cost
        self.cost[self.z] = self.instance.transfer_price / self.unit_cost
        self.integrality[self.x] = self.integrality[self.y] = 1

    def _row(self, low: float, high: float, *terms: tuple) -> None:
        """Between low and high: the sum of values x columns; terms: (columns, values)."""
        columns = np.concatenate([np.ravel(columns) for columns, _ in terms])
        values = [np.broadcast_to(value, np.shape(column)).ravel() for column, value in terms]
        self.rows.append((low, high, columns, np.concatenate(values)))

    def constraints(self) -> LinearConstraint:
        """All rows."""
        for layer in range(self.instance.shape[0]):
            self._row(1, 1, (self.x[layer], 1))
            ends = [(self.start[[layer]], 1), (self.x[layer], self.runs[layer])]
            self._row(-np.inf, self.latest[layer], *ends)
        for edge, (source, reader) in enumerate(self.instance.layers.edges):
            self._edge(edge, source, reader)
        for pair, (i, j) in enumerate(self.pairs):
            self._pair(pair, i, j)
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
            (self.x[source], -self.runs[source]),
            (z, -self.moves[edge]),
        )

    def _pair(self, pair: int, i: int, j: int) -> None:
        """On one server j starts after i's end if y is 1, i after j's if it is 0."""
        y, same = self.y[[pair]], self.same[[pair]]
        for server in np.flatnonzero(self.open[i] & self.open[j]):
            self._row(-np.inf, 1, (self.x[[i, j], server], 1), (same, -1))
        for first, second, sign, constant in ((i, j, 1, 0), (j, i, -1, 1)):
            wide = self.latest[first] - self.earliest[second]
            # second's start >= first's end - wide (2 - [same server] - [first goes first])
            self._row(
                -wide * (2 - constant),
                np.inf,
                (self.start[[second]], 1),
                (self.start[[first]], -1),
                (self.x[first], -self.runs[first]),
                (same, -wide),
                (y, -wide * sign),
            )

    def genes(self, found: np.ndarray) -> np.ndarray:
        """(2, n) placement, and the order of the starts as priorities."""
        return np.stack([found[self.x].argmax(axis=1), found[self.start]])
