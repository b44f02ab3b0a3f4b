"""When a placement ends and what it costs, for many placements at once."""

from dataclasses import dataclass

import numpy as np

from ecglib.offloading.errors import NotNumbers, PinnedMoved, WrongShape
from ecglib.offloading.problem import BUSY, SLACK, Instance


@dataclass(frozen=True, eq=False)
class Scores:
    """Of p placements: cost (p), completion_s (applications, p), late (p).

    By the published rules an in-time placement beats a late one, of two in time the cheaper one
    wins, of two late ones the earlier one; with several applications by the sum of their ends.
    """

    cost: np.ndarray
    completion_s: np.ndarray
    late: np.ndarray

    @property
    def key(self) -> np.ndarray:
        """(p) what those that are equally in time or late are compared by; less is better."""
        return np.where(self.late, self.completion_s.sum(axis=0), self.cost)

    def beats(self, other: "Scores") -> np.ndarray:
        """(p) where each is strictly better than the other."""
        return np.where(self.late == other.late, self.key < other.key, ~self.late)

    def ranking(self) -> np.ndarray:
        """(p) numbers of the placements, the best first; of equal ones the first."""
        return np.lexsort((self.key, self.late))

    def pick(self, which: np.ndarray) -> "Scores":
        """Those of some placements."""
        return Scores(self.cost[which], self.completion_s[:, which], self.late[which])


def evaluate(
    instance: Instance, placement: np.ndarray, priority: np.ndarray | None = None
) -> Scores:
    """Scores of p placements (n, p): layer after layer, each as early as it can.

    A layer starts when its inputs have arrived and its server is free; a server takes one at a
    time, in the order of `priority` (n, p), lowest first, yet never before its inputs' layers.
    Without it the instance's own order counts, which is twice as fast.

    Raises:
        PinnedMoved: a pinned layer on another server.
        WrongShape: placements of other layers, or on servers that there are not; a priority of
            other placements.
        NotNumbers: placements that are no array of whole numbers, or priorities of none.
    """
    _check(instance, placement)
    if priority is not None:
        _check_priority(instance, priority, placement.shape)
    n, m = instance.shape
    layer, source, reader = np.arange(n)[:, None], *instance.layers.edges.T
    runs_s = instance.execution_s[layer, placement]
    pairs = placement[source] * m + placement[reader]
    offset = np.arange(len(source))[:, None] * m * m
    moves_s = instance.transfer_s.ravel().take(pairs + offset)
    cost = instance.transfer_price.ravel().take(pairs + offset).sum(axis=0)
    if priority is None:
        ends_s = _in_order(instance, placement, runs_s, moves_s)
    else:
        ends_s = _by_priority(instance, placement, priority, runs_s, moves_s)
    if instance.paid == BUSY:
        cost = cost + instance.execution_price[layer, placement].sum(axis=0)
    else:
        cost = cost + instance.servers.price_per_s @ _spans(placement, ends_s - runs_s, ends_s, m)
    completion = np.array(
        [ends_s[instance.layers.application == a].max(0) for a in range(len(instance.deadline_s))]
    )
    late = (completion > instance.deadline_s[:, None] * (1 + SLACK)).any(axis=0)
    return Scores(cost, completion, late)


def _check(instance: Instance, placement: np.ndarray) -> None:
    n, m = instance.shape
    if not isinstance(placement, np.ndarray) or placement.dtype.kind not in "iu":
        raise NotNumbers(f"{instance.name}: a placement is an array of servers' whole numbers")
    if placement.ndim != 2 or len(placement) != n or not placement.size:
        raise WrongShape(f"{instance.name}: placements are {placement.shape}, not ({n}, p)")
    if placement.min() < 0 or placement.max() >= m:
        raise WrongShape(f"{instance.name}: a layer stands on a server that is none of {m}")
    pinned = np.flatnonzero(instance.layers.pinned >= 0)
    moved = (placement[pinned] != instance.layers.pinned[pinned, None]).any(axis=1)
    if moved.any():
        raise PinnedMoved(f"{instance.name}: {instance.layers.names[pinned[moved][0]]} was moved")


def _check_priority(instance: Instance, priority: np.ndarray, shape: tuple[int, int]) -> None:
    if np.shape(priority) != shape:
        raise WrongShape(f"{instance.name}: priorities are {np.shape(priority)}, not {shape}")
    if np.isnan(priority).any():
        raise NotNumbers(f"{instance.name}: a priority is nan")


def _in_order(instance, placement, runs_s, moves_s) -> np.ndarray:
    """(n, p) ends, if every placement runs its layers in the instance's order."""
    (n, m), p = instance.shape, placement.shape[1]
    free, ends_s = np.zeros(m * p), np.empty((n, p))
    seat = placement * p + np.arange(p)
    for layer in instance.order.tolist():
        starts = free.take(seat[layer])
        for edge in instance.into[layer]:
            arrives = ends_s[instance.layers.edges[edge, 0]] + moves_s[edge]
            np.maximum(starts, arrives, out=starts)
        np.add(starts, runs_s[layer], out=ends_s[layer])
        free[seat[layer]] = ends_s[layer]
    return ends_s


def _by_priority(instance, placement, priority, runs_s, moves_s) -> np.ndarray:
    """(n, p) ends, if every placement has its own order; as `_in_order` for one of them."""
    (n, m), p = instance.shape, placement.shape[1]
    at = _sequences(instance, priority)
    sources, edges = _padded(instance)
    column, moves_s = np.arange(p), np.vstack([moves_s, np.zeros(p)])
    sources = np.moveaxis(sources[at], 2, 1) * p + column  # (n, inputs, p)
    edges = np.moveaxis(edges[at], 2, 1) * p + column
    moves_s = moves_s.ravel().take(edges)
    here = at * p + column
    seat = placement.ravel().take(here) * p + column
    runs_s = runs_s.ravel().take(here)
    free, ends_s = np.zeros(m * p), np.zeros((n + 1) * p)  # the last row: of no layer
    for k in range(n):
        arrives = (ends_s.take(sources[k]) + moves_s[k]).max(axis=0)
        now = np.maximum(arrives, free.take(seat[k])) + runs_s[k]
        ends_s[here[k]] = now
        free[seat[k]] = now
    return ends_s[: n * p].reshape(n, p)


def _sequences(instance: Instance, priority: np.ndarray) -> np.ndarray:
    """(n, p) layers in the order in which each placement runs them."""
    wish = np.array(priority, float)
    for layer in instance.order:
        for edge in instance.into[layer]:
            np.maximum(wish[layer], wish[instance.layers.edges[edge, 0]], out=wish[layer])
    return instance.order[np.argsort(wish[instance.order], axis=0, kind="stable")]


def _padded(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
    """(n, most inputs) of each layer: whom it reads from, by which edge; else one past the end."""
    n, most = len(instance.into), max(1, *map(len, instance.into))
    sources = np.full((n, most), n)
    edges = np.full((n, most), len(instance.layers.edges))
    for layer, into in enumerate(instance.into):
        sources[layer, : len(into)] = instance.layers.edges[into, 0]
        edges[layer, : len(into)] = into
    return sources, edges


def _spans(placement, starts_s, ends_s, m: int) -> np.ndarray:
    """(m, p) seconds from the first start to the last end on each server; 0 on an idle one."""
    found = np.zeros((m, placement.shape[1]))
    for server in range(m):
        here = placement == server
        first = np.where(here, starts_s, np.inf).min(axis=0)
        last = np.where(here, ends_s, -np.inf).max(axis=0)
        found[server] = np.where(here.any(axis=0), last - first, 0)
    return found
