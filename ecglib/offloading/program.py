"""The mixed-integer program of an instance, its columns and rows, for `integer`.

x: a layer on a server. z: an edge from one server to another, a flow from its source's x to its
reader's, which makes the program tight. start: of each layer, in seconds. y: which of two layers
comes first, for pairs that no path orders; it counts if `same` says that both are on one server.
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array

from ecglib.offloading.branches import blocks, unordered
from ecglib.offloading.problem import SLACK, Instance

TOGETHER = 1e-4  # of 1e3, the last deadline: what HiGHS's tolerances may let two layers overlap


class Program:
    """Columns x (n, m), start (n), z (e, m, m), y and same (pairs); rows of constraints.

    pairs: of layers that are kept from running at once on one server.

    Costs and seconds are scaled, as HiGHS has absolute tolerances: see `unit_cost` and `unit_s`.
    """

    def __init__(self, instance: Instance, at_most: float, pairs: list[tuple[int, int]]) -> None:
        self.instance, (n, m) = instance, instance.shape
        horizon_s = instance.execution_s.max(1).sum() + instance.transfer_s.max((1, 2)).sum()
        due = instance.deadline_s[instance.layers.application] * (1 + SLACK / 2)
        self.unit_s = np.minimum(due, horizon_s).max() / 1e3 or 1.0  # 0: nothing takes time
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
        self.pairs = pairs
        self._columns(n, m, len(instance.layers.edges), len(self.pairs))
        self.rows: list[tuple] = []
        if at_most < np.inf:
            priced = np.flatnonzero(self.cost)
            most = at_most / self.unit_cost * (1 + SLACK)
            self._row(-np.inf, most, (priced, self.cost[priced]))

    def solved(self, limit_s: float) -> OptimizeResult:
        """What HiGHS says within so many seconds."""
        return milp(
            self.cost,
            constraints=self.constraints(),
            integrality=self.integrality,
            bounds=Bounds(self.low, self.high),
            options={"time_limit": limit_s, "mip_rel_gap": 0.0},
        )

    def meeting(self, found: np.ndarray) -> list[tuple[int, int]]:
        """Further pairs that a solution runs at once on one server."""
        server, start = found[self.x].argmax(axis=1), found[self.start]
        end = start + self.runs[np.arange(len(server)), server] - TOGETHER
        return [
            (i, j)
            for i, j in unordered(self.instance)
            if server[i] == server[j] and start[i] < end[j] and start[j] < end[i]
            if (i, j) not in self.pairs
        ]

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
        for fork, join, between in blocks(self.instance):
            self._block(fork, join, between)
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

    def _block(self, fork: int, join: int, between: np.ndarray) -> None:
        """Between fork and join a server runs its layers one after another; implied, but tight."""
        for server in range(self.instance.shape[1]):
            self._row(
                0,
                np.inf,
                (self.start[[join]], 1),
                (self.start[[fork]], -1),
                (self.x[fork], -self.runs[fork]),
                (self.x[between, server], -self.runs[between, server]),
            )

    def genes(self, found: np.ndarray) -> np.ndarray:
        """(2, n) placement, and the order of the middles as priorities.

        Not of the starts: what takes no time may start with, yet must go before, what takes some.
        """
        order, server = self.instance.order, found[self.x].argmax(axis=1)
        middles = 2 * found[self.start] + self.runs[np.arange(len(order)), server]
        rank = np.empty(len(order), int)
        rank[order[np.argsort(middles[order], kind="stable")]] = np.arange(len(order))
        return np.stack([server, rank])
