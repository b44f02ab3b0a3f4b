"""Layers in lines: orders in which a run of layers, or a cut, is worth a move."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecglib.offloading.branches import narrowest
from ecglib.offloading.problem import Instance

AT_END = 0.15  # how often a cut is before the first layer, and how often behind the last
EACH = 5  # lines of a kind
Choice = Callable[[list[int], np.ndarray, np.random.Generator], int]


@dataclass(frozen=True, eq=False)
class Line:
    """An instance's layers along the networks. layers, application (n); chances (n + 1) of cuts.

    crossing (n, 3): of the edges that cross a cut before each place the bytes of all, how many they
    are, and the bytes of the largest.
    """

    layers: np.ndarray
    application: np.ndarray
    chances: np.ndarray
    crossing: np.ndarray


def lines_of(instance: Instance, draw: np.random.Generator) -> list[Line]:
    """The instance's order, and further ones: where a network branches, many are possible.

    Branches stand one behind the other in some, so that a run is a branch. They are mixed in
    others, so that a cut goes through all of them, at random or where little crosses: step by step,
    or (the last EACH) as a minimum cut has it. In each, one application follows another.
    """
    chains = len(instance.layers.edges) == len(instance.order) - len(instance.deadline_s)
    if chains:
        return [_line(instance, instance.order)]
    nothing = np.zeros(instance.shape[0], bool)
    orders = [
        _order(instance, draw, choice, nothing)
        for choice in (_latest, _any, _narrow)
        for _ in range(EACH)
    ]
    orders += [_order(instance, draw, _narrow, narrowest(instance, draw)) for _ in range(EACH)]
    return [_line(instance, order) for order in (instance.order, *orders)]


def _latest(ready: list[int], grows: np.ndarray, draw: np.random.Generator) -> int:
    return len(ready) - 1


def _any(ready: list[int], grows: np.ndarray, draw: np.random.Generator) -> int:
    return int(draw.integers(len(ready)))


def _narrow(ready: list[int], grows: np.ndarray, draw: np.random.Generator) -> int:
    """By how much more crosses a cut behind it, more or less."""
    return int((grows[ready] * draw.uniform(0.5, 2, len(ready))).argmin())


def _order(instance, draw: np.random.Generator, choice: Choice, early: np.ndarray) -> np.ndarray:
    """(n) layers, none before what it reads, by a choice among those that may come next.

    early (n): those that go before all others that may.
    """
    waits = [len(into) for into in instance.into]
    readers = [[] for _ in waits]
    for source, reader in instance.layers.edges.tolist():
        readers[source].append(reader)
    grows = instance.layers.output_bytes.copy()
    left = [len(of) for of in readers]
    ready, found = [layer for layer, of in enumerate(waits) if not of], []
    while ready:
        some = [layer for layer in ready if early[layer]] or ready
        found.append(some[choice(some, grows, draw)])
        ready.remove(found[-1])
        for edge in instance.into[found[-1]]:
            source = instance.layers.edges[edge, 0]
            left[source] -= 1
            if left[source] == 1:  # its last reader frees it
                last = [reader for reader in readers[source] if reader not in found]
                grows[last] -= instance.layers.output_bytes[source]
        for reader in draw.permutation(np.array(readers[found[-1]], int)).tolist():
            waits[reader] -= 1
            if not waits[reader]:
                ready.append(reader)
    return np.array(found)


def _line(instance: Instance, order: np.ndarray) -> Line:
    """With how likely a cut falls before each place of the line, and behind all.

    Half of the cuts in the middle fall anywhere, half in inverse proportion to the bytes that
    cross: a network is best cut where it is narrow.
    """
    n = instance.shape[0]
    layers = order[np.argsort(instance.layers.application[order], kind="stable")]
    of = instance.layers.application[layers]
    place = np.empty(n, int)
    place[layers] = np.arange(n)
    last = np.zeros(n, int)
    source, reader = instance.layers.edges.T
    np.maximum.at(last, source, place[reader])
    cut = np.arange(1, n)[:, None]
    crossing = ((place < cut) & (cut <= last)) @ instance.layers.output_bytes
    inside = of[1:] == of[:-1]
    narrow = np.where(inside, 1 / np.maximum(crossing, 1), 0)
    narrow, evenly = narrow / max(narrow.sum(), 1e-300), inside / max(1, inside.sum())
    middle = (of[-1] + 1) * (1 - 2 * AT_END) * (narrow + evenly) / 2
    middle[~inside] = 2 * AT_END
    chances = np.array([AT_END, *middle, AT_END])
    first, behind = np.arange(n)[:, None] > place[source], np.arange(n)[:, None] <= place[reader]
    sizes = (first & behind) * instance.layers.output_bytes[source]
    crossing = np.stack([sizes.sum(1), (first & behind).sum(1), sizes.max(1, initial=0)], axis=1)
    return Line(layers, of, chances / chances.sum(), crossing)
