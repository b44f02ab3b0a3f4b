"""Small random instances, solved by trying everything: what the exact solvers are held against."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from ecglib.offloading.chains import chain_optimum
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.integer import integer_optimum
from ecglib.offloading.problem import BUSY, FREE, Instance, Layers, Links, Servers
from ecglib.systems import pool

COUNT = 200  # random instances on which all solvers must agree
LIMIT_S = 30.0


def made(
    seed: int = 0,
    n: int = 5,
    m: int = 3,
    *,
    chain: bool = False,
    paid: str = BUSY,
    deadline_s: float = np.inf,
    applications: int = 1,
) -> Instance:
    """A random instance, the first layer of each application pinned to server 0."""
    generator = np.random.default_rng(seed)
    application = np.sort(np.arange(n) % applications)
    edges = [
        (i, j)
        for j in range(n)
        for i in range(j)
        if application[i] == application[j] and (i == j - 1 if chain else generator.random() < 0.5)
    ]
    pinned = np.full(n, FREE)
    pinned[np.unique(application, return_index=True)[1]] = 0
    return Instance(
        name=f"made {seed}",
        servers=Servers(tuple("abcdefghijklmnop"[:m]), generator.uniform(0, 5, m)),
        links=_links(generator, m),
        layers=Layers(
            tuple(f"layer {i}" for i in range(n)),
            generator.uniform(0.1, 4, n),
            np.array(edges, int).reshape(-1, 2),
            application,
            pinned,
        ),
        execution_s=generator.uniform(0.1, 2, (n, m)),
        deadline_s=np.full(applications, float(deadline_s)),
        paid=paid,
    )


def _links(generator: np.random.Generator, m: int) -> Links:
    """Random links, with nonsense on their diagonals, which do not count."""
    return Links(
        s_per_byte=generator.uniform(0.01, 0.5, (m, m)),
        delay_s=generator.uniform(0, 0.3, (m, m)),
        price_per_byte=generator.uniform(0, 2, (m, m)),
        price_per_message=generator.uniform(0, 1, (m, m)),
    )


def everywhere(instance: Instance) -> np.ndarray:
    """(n, p) all placements that leave pinned layers where they are."""
    return np.array(list(product(*[np.flatnonzero(row) for row in instance.allowed]))).T


def orders(instance: Instance) -> list[np.ndarray]:
    """All orders that keep precedence, as priorities (n)."""

    def grow(done: list[int]) -> Iterator[np.ndarray]:
        if len(done) == instance.shape[0]:
            yield np.argsort(done)
        for layer in range(instance.shape[0]):
            before = [instance.layers.edges[edge, 0] for edge in instance.into[layer]]
            if layer not in done and set(before) <= set(done):
                yield from grow([*done, layer])

    return list(grow([]))


def brute_force(instance: Instance) -> float | None:
    """The least cost over all placements and orders, or None if all are late."""
    placements, best = everywhere(instance), None
    for priority in orders(instance):
        wish = np.broadcast_to(priority[:, None], placements.shape)
        scores = evaluate(instance, placements, wish)
        if not scores.late.all():
            cost = scores.cost[~scores.late].min()
            best = cost if best is None else min(best, cost)
    return best


def tight(instance: Instance, share: float) -> Instance:
    """A deadline between the least possible time (share 0) and that of the cheapest placement."""
    scores = evaluate(instance, everywhere(instance))
    ends = scores.completion_s.max(axis=0)
    least, cheapest = ends.min(), ends[scores.cost.argmin()]
    return instance.due(least + share * (cheapest - least))


def agreement(count: int, processes: int) -> pd.DataFrame:
    """So many chains of four layers on three servers: seed, labels, brute, highs (the least costs).

    One in ten deadlines is the least possible time.
    """
    jobs = [partial(agreement_of, seeds.tolist()) for seeds in np.array_split(range(count), 2)]
    return pd.concat(pool.run_all(jobs, processes)[0], ignore_index=True)


def agreement_of(seeds: Iterable[int]) -> pd.DataFrame:
    """The rows of these seeds."""
    rows = []
    for seed in seeds:
        instance = tight(made(seed, n=4, chain=True), seed % 10 / 10)
        labels = chain_optimum(instance)[None]
        highs = integer_optimum(instance, LIMIT_S).genes
        rows.append((seed, *(_cost(instance, of) for of in (labels, highs)), brute_force(instance)))
    return pd.DataFrame(rows, columns=["seed", "labels", "highs", "brute"])


def _cost(instance: Instance, genes: np.ndarray | None) -> float:
    """Of a placement in time; nan of one that is late, and of none."""
    scores = None if genes is None else evaluate(instance, *genes[:, :, None])
    return float("nan") if scores is None or scores.late[0] else float(scores.cost[0])
