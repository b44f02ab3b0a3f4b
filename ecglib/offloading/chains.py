"""The exact optimum of a chain of layers with a deadline, by dynamic programming on labels.

A label is one way to have run the layers so far: the server of the last, seconds and cost. Of two
on a server, one that is neither faster nor cheaper never helps. Nor does one that cannot become
cheaper than what is known: a Lagrangian bound (a price on seconds, Handler and Zang, Networks
10:293-309, 1980) says so for most, and gives the first placement in time.
"""

import numpy as np

from ecglib.offloading.errors import NotExact
from ecglib.offloading.problem import BUSY, SLACK, Instance

ROUNDS = 40  # of the search for the price of a second
MARGIN = 1e-9  # of the cost: what rounding may take from a bound


def is_chain(instance: Instance) -> bool:
    """Whether one application's layers follow one another, each reading the one before."""
    order = instance.order
    wanted = np.stack([order[:-1], order[1:]], axis=1)
    edges = instance.layers.edges
    one = len(instance.deadline_s) == 1
    return (
        one
        and len(edges) == len(wanted)
        and {*map(tuple, edges.tolist())} == {*map(tuple, wanted.tolist())}
    )


def chain_optimum(instance: Instance) -> np.ndarray | None:
    """(n) the cheapest placement in time, None if there is none.

    Raises:
        NotExact: no chain, or servers are paid by their span, which labels do not know.
    """
    if instance.paid != BUSY or not is_chain(instance):
        raise NotExact(f"{instance.name} is no chain whose servers are paid while busy")
    chain = _Chain(instance)
    bound, price, known, placement = chain.relaxed()
    if placement is None or known <= bound * (1 + MARGIN):
        return placement
    return chain.labelled(price, known, placement)


class _Chain:
    """seconds and cost (n, m) of each layer; (n, m, m) of the message before it, by its place."""

    def __init__(self, instance: Instance) -> None:
        order, edges = instance.order, instance.layers.edges
        edge = np.argsort([order.tolist().index(reader) for reader in edges[:, 1]])
        closed = np.where(instance.allowed, 0, np.inf)
        self.order, self.deadline_s = order, float(instance.deadline_s[0] * (1 + SLACK))
        self.runs = (instance.execution_s[order], (instance.execution_price + closed)[order])
        self.moves = (instance.transfer_s[edge], instance.transfer_price[edge])

    def _total(self, at: np.ndarray) -> tuple[float, float]:
        """Seconds and cost of servers (n) by place."""
        place = np.arange(len(at))
        return tuple(
            float(run[place, at].sum() + move[place[:-1], at[:-1], at[1:]].sum())
            for run, move in zip(self.runs, self.moves, strict=True)
        )

    def remaining(self, price: float, cost: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """(n, m) the least of cost x cost + price x seconds after each layer, and the next server.

        Infinite costs close a server, so cost 0 with price 1 ignores pins; that is still a bound.
        """
        run = cost * self.runs[1] + price * self.runs[0] if cost else price * self.runs[0]
        least = np.zeros(run.shape)
        follow = np.zeros(run.shape, int)
        for k in range(len(run) - 2, -1, -1):
            move = cost * self.moves[1][k] + price * self.moves[0][k]
            onwards = move + run[k + 1] + least[k + 1]
            follow[k], least[k] = onwards.argmin(axis=1), onwards.min(axis=1)
        return least, follow

    def _cheapest(self, price: float) -> tuple[float, np.ndarray]:
        """The least cost + price x seconds of a whole placement, and its servers by place."""
        least, follow = self.remaining(price)
        whole = self.runs[1][0] + price * self.runs[0][0] + least[0]
        at = [int(whole.argmin())]
        for k in range(len(follow) - 1):
            at.append(int(follow[k, at[-1]]))
        return float(whole.min()), np.array(at)

    def relaxed(self) -> tuple[float, float, float, np.ndarray | None]:
        """The best bound found, its price of a second, the best cost in time, its placement."""
        value, at = self._cheapest(0)
        seconds, cost = self._total(at)
        if seconds <= self.deadline_s:
            return value, 0.0, cost, self._placed(at)
        low, high = (seconds, cost), None
        best = (value, 0.0)
        known, found, price = np.inf, None, 1.0
        for _ in range(ROUNDS):
            if high is None:  # until some price makes it hurry enough
                price *= 32
            else:
                price = (high[1] - low[1]) / (low[0] - high[0])
            value, at = self._cheapest(price)
            best = max(best, (value - price * self.deadline_s, price))
            seconds, cost = self._total(at)
            if seconds <= self.deadline_s:
                if cost < known:
                    known, found = cost, self._placed(at)
                if (seconds, cost) == high:
                    break
                high = (seconds, cost)
            elif (seconds, cost) == low and high is not None:
                break
            else:
                low = (seconds, cost)
        return *best, known, found

    def _placed(self, at: np.ndarray) -> np.ndarray:
        found = np.empty(len(at), int)
        found[self.order] = at
        return found

    def labelled(self, price: float, known: float, placement: np.ndarray) -> np.ndarray:
        """The optimum, given a placement in time of cost `known` and a good price of a second."""
        least_s, least, bounded = (
            self.remaining(1, 0)[0],
            self.remaining(0)[0],
            self.remaining(price)[0],
        )
        server = np.flatnonzero(np.isfinite(self.runs[1][0]))
        seconds, cost = self.runs[0][0, server], self.runs[1][0, server]
        trail = []
        for k in range(len(self.order)):
            if k:
                seconds, cost, server, origin = self._onwards(k, seconds, cost, server)
            late = seconds + least_s[k, server] > self.deadline_s
            lagrange = cost + bounded[k, server] + price * (seconds - self.deadline_s)
            dear = np.maximum(cost + least[k, server], lagrange) >= known * (1 - MARGIN)
            kept = np.flatnonzero(~late & ~dear)
            kept = kept[_undominated(seconds[kept], cost[kept], server[kept])]
            trail.append((server[kept], origin[kept] if k else None))
            seconds, cost, server = seconds[kept], cost[kept], server[kept]
        if not len(cost):
            return placement
        label, at = int(cost.argmin()), []
        for servers, origin in trail[::-1]:
            at.append(servers[label])
            label = label if origin is None else origin[label]
        return self._placed(np.array(at[::-1]))

    def _onwards(self, k: int, seconds, cost, server) -> tuple[np.ndarray, ...]:
        """Each label on every server that layer k may have; and from which label it came."""
        after = [
            (old[:, None] + self.moves[of][k - 1][server] + self.runs[of][k]).ravel()
            for of, old in enumerate((seconds, cost))
        ]
        m = self.runs[0].shape[1]
        open_ = np.flatnonzero(np.isfinite(after[1]))
        return after[0][open_], after[1][open_], open_ % m, open_ // m


def _undominated(seconds, cost, server) -> np.ndarray:
    """Numbers of the labels for which no other of their server is as fast and as cheap."""
    order = np.lexsort((cost, seconds, server))
    kept, best, last = [], np.inf, -1
    for label in order.tolist():
        if server[label] != last:
            best, last = np.inf, server[label]
        if cost[label] < best:
            kept.append(label)
            best = cost[label]
    return np.array(kept, int)
