"""What tests of offloading share."""

import numpy as np

from ecglib.offloading.small import brute_force, everywhere, made, tight  # noqa: F401


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
