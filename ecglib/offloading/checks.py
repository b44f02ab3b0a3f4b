"""What an instance is checked for when it is made."""

from graphlib import CycleError, TopologicalSorter

import numpy as np

from ecglib.offloading.errors import (
    AcrossApplications,
    Cycle,
    NegativePrice,
    NegativeSpeed,
    NoSize,
    NotNumbers,
    OffloadingError,
    PinnedMoved,
    Unreachable,
    WrongShape,
)

WHOLE = ("edges", "application", "pinned")


def topological(n: int, edges: np.ndarray) -> np.ndarray:
    """(n) layers in an order of their edges, by number where edges leave it open.

    Raises:
        Cycle: there is none; the message names the ring.
    """
    before = {layer: set() for layer in range(n)}
    for source, reader in edges:
        before[int(reader)].add(int(source))
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError as error:
        raise Cycle(f"layers wait for one another: {error.args[1]}") from None
    found, ready = [], []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        found.append(ready.pop(0))
        sorter.done(found[-1])
    return np.array(found)


def check(instance) -> None:
    """Raise by its name what is wrong with an `Instance`."""
    n, m = len(instance.layers.names), len(instance.servers.names)
    _shapes(instance, n, m)
    _layers(instance, n, m)
    _prices(instance)
    _links(instance)
    if instance.paid not in ("busy", "span"):
        raise OffloadingError(f"{instance.name}: paid is {instance.paid!r}; one of busy, span")
    topological(n, instance.layers.edges)


def _shapes(instance, n: int, m: int) -> None:
    layers, links, applications = instance.layers, instance.links, len(instance.deadline_s)
    wanted = {
        "price_per_s": (instance.servers.price_per_s, (m,)),
        **{name: (value, (m, m)) for name, value in vars(links).items()},
        "output_bytes": (layers.output_bytes, (n,)),
        "edges": (layers.edges, (len(layers.edges), 2)),
        "application": (layers.application, (n,)),
        "pinned": (layers.pinned, (n,)),
        "execution_s": (instance.execution_s, (n, m)),
    }
    for name, (value, shape) in wanted.items():
        if np.shape(value) != shape:
            raise WrongShape(f"{instance.name}: {name} is {np.shape(value)}, not {shape}")
        _numbers(instance, name, np.asarray(value))
    if set(layers.application.tolist()) != set(range(applications)):
        raise WrongShape(f"{instance.name}: {applications} deadlines do not fit its applications")
    _edges(instance, n)


def _numbers(instance, name: str, value: np.ndarray) -> None:
    kinds, what = ("iu", "whole numbers") if name in WHOLE else ("iuf", "numbers")
    if value.dtype.kind not in kinds:
        raise NotNumbers(f"{instance.name}: {name} is {value.tolist()}; {what} are wanted")


def _edges(instance, n: int) -> None:
    layers, edges = instance.layers, instance.layers.edges
    if len(edges) and not (0 <= edges.min() <= edges.max() < n):
        raise WrongShape(f"{instance.name}: an edge leads to no layer; there are {n}")
    seen = set()
    for source, reader in edges.tolist():
        pair = f"{layers.names[reader]} reads from {layers.names[source]}"
        if layers.application[source] != layers.application[reader]:
            raise AcrossApplications(f"{instance.name}: {pair}, of another application")
        if (source, reader) in seen:
            raise WrongShape(f"{instance.name}: {pair} by two edges; one is wanted")
        seen.add((source, reader))


def _layers(instance, n: int, m: int) -> None:
    layers = instance.layers
    read = np.isin(np.arange(n), layers.edges[:, 0])
    for layer, name in enumerate(layers.names):
        size, pinned = layers.output_bytes[layer], layers.pinned[layer]
        if not (np.isfinite(size) and size >= 0) or (read[layer] and size == 0):
            raise NoSize(f"{instance.name}: layer {name} puts out {size} bytes")
        times = instance.execution_s[layer]
        wrong = np.flatnonzero(~(np.isfinite(times) & (times >= 0)))
        if len(wrong):
            where = instance.servers.names[wrong[0]]
            raise NoSize(f"{instance.name}: layer {name} takes {times[wrong[0]]} s on {where}")
        if not -1 <= pinned < m:
            raise PinnedMoved(f"{instance.name}: layer {name} is pinned to server {pinned} of {m}")


def _prices(instance) -> None:
    priced = {
        "price_per_s": instance.servers.price_per_s,
        "price_per_byte": instance.links.price_per_byte,
        "price_per_message": instance.links.price_per_message,
    }
    for name, value in priced.items():
        wrong = ~(np.isfinite(value) & (value >= 0))
        if value.ndim == 2:
            wrong &= _off_diagonal(instance)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0])
            where = " to ".join(instance.servers.names[i] for i in at)
            raise NegativePrice(f"{instance.name}: {name} of {where} is {value[at]}")
    if not (instance.deadline_s > 0).all():  # inf is none
        raise OffloadingError(f"{instance.name}: deadlines are {instance.deadline_s} s")


def _links(instance) -> None:
    names, off = instance.servers.names, _off_diagonal(instance)
    for field in ("s_per_byte", "delay_s"):
        value = getattr(instance.links, field)
        for source, target in np.argwhere(off & (np.isnan(value) | (value < 0))):
            where = f"{names[source]} to {names[target]} is {value[source, target]}"
            raise NegativeSpeed(f"{instance.name}: {field} of {where}")
        for source, target in np.argwhere(off & np.isinf(value)):
            raise Unreachable(f"{instance.name}: {names[source]} cannot reach {names[target]}")


def _off_diagonal(instance) -> np.ndarray:
    """(m, m) where a link counts."""
    return ~np.eye(len(instance.servers.names), dtype=bool)
