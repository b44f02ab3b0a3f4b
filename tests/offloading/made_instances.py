"""Small random instances that tests are checked on by hand."""

from itertools import product

import numpy as np

from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.problem import BUSY, FREE, Instance, Layers, Links, Servers


def links(generator, m):
    """Random links, with nonsense on their diagonals, which do not count."""
    return Links(
        s_per_byte=generator.uniform(0.01, 0.5, (m, m)),
        delay_s=generator.uniform(0, 0.3, (m, m)),
        price_per_byte=generator.uniform(0, 2, (m, m)),
        price_per_message=generator.uniform(0, 1, (m, m)),
    )


def made(
    seed=0, n=5, m=3, *, chain=False, paid=BUSY, deadline_s=np.inf, applications=1
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
        links=links(generator, m),
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


def everywhere(instance):
    """(n, p) all placements that leave pinned layers where they are."""
    return np.array(list(product(*[np.flatnonzero(row) for row in instance.allowed]))).T


def an_order(instance, generator):
    """One random order that keeps precedence, as priorities (n)."""
    before = {
        i: {int(instance.layers.edges[e, 0]) for e in into} for i, into in enumerate(instance.into)
    }
    done = []
    while len(done) < len(before):
        done.append(
            generator.choice([i for i in before if i not in done and before[i] <= set(done)])
        )
    return np.argsort(done)


def orders(instance):
    """All orders that keep precedence, as priorities (n)."""

    def grow(done):
        if len(done) == instance.shape[0]:
            yield np.argsort(done)
        for layer in range(instance.shape[0]):
            before = [instance.layers.edges[edge, 0] for edge in instance.into[layer]]
            if layer not in done and set(before) <= set(done):
                yield from grow([*done, layer])

    return list(grow([]))


def brute_force(instance):
    """The least cost over all placements and orders, or None if all are late."""
    placements, best = everywhere(instance), None
    for priority in orders(instance):
        wish = np.broadcast_to(priority[:, None], placements.shape)
        scores = evaluate(instance, placements, wish)
        if not scores.late.all():
            cost = scores.cost[~scores.late].min()
            best = cost if best is None else min(best, cost)
    return best
