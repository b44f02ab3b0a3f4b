"""Starts and moves that know that a cut between layers costs, and that applications wait.

Layers are taken along the networks, one application after another; a run is some that follow one
another there.
"""

import numpy as np

from ecglib.offloading.lines import Line
from ecglib.offloading.problem import Instance
from ecglib.offloading.pso_ga import Mutation
from ecglib.offloading.solvers import Search

CUTS = 4  # at most in a start, of each application
SHORT = 0.3  # how often a cut that moves stops after each layer
KINDS = 5  # of moves
TICKS = 1_000_000  # of the longest upward rank: genes are whole numbers
FAR = 1000  # upward ranks: a deadline beyond, or none, is taken for it
HURRIED = 0.3  # how often an application moves in the order


def starts(search: Search, lines: list[Line], p: int) -> np.ndarray:
    """(n, p) placements of few runs, along each line."""
    parts = np.array_split(np.arange(p), len(lines))
    return np.concatenate(
        [contiguous(search, line, len(of)) for line, of in zip(lines, parts, strict=True)], axis=1
    )


def contiguous(search: Search, line: Line, p: int) -> np.ndarray:
    """(n, p) placements, each application's of at most CUTS + 1 runs or a few more."""
    n, m = search.instance.shape
    count = CUTS * (line.application[-1] + 1)
    cuts = search.generator.choice(n + 1, (count, p), p=line.chances)
    run = (cuts <= np.arange(n)[:, None, None]).sum(axis=1) + line.application[:, None]
    servers = search.generator.integers(0, m, (count + line.application[-1] + 1, p))
    found = np.empty((n, p), int)
    found[line.layers] = np.take_along_axis(servers, run, axis=0)
    return search.kept(found)


def moved_run(search: Search, line: Line, genes: np.ndarray) -> np.ndarray:
    """A run of layers of each particle goes to one server: random, or that of a neighbour.

    The run is one of four: a layer or two, what lies between two likely cuts, all that follow one
    another on their server, or the few that a cut passes when it moves. Or two servers swap all
    that they run.
    """
    (n, m), p, draw = search.instance.shape, genes.shape[2], search.generator
    placement = genes[0][line.layers]
    at, column = np.arange(n)[:, None], np.arange(p)
    changes = np.vstack([np.ones((1, p), bool), placement[1:] != placement[:-1]])
    begins = np.maximum.accumulate(np.where(changes, at, 0))
    ends = np.minimum.accumulate(np.where(changes, at, n)[::-1])[::-1]
    ends = np.vstack([ends[1:], np.full((1, p), n)])
    first, kind, before = draw.integers(0, n, p), draw.integers(0, KINDS, p), draw.random(p) < 0.5
    steps = draw.geometric(SHORT, p)
    begin, end = begins[first, column], ends[first, column]
    likely = np.sort(draw.choice(n + 1, (2, p), p=line.chances), axis=0)
    low = np.choose(kind, [first, likely[0], begin, np.where(before, begin, end - steps), n])
    high = np.choose(
        kind,
        [first + draw.integers(1, 3, p), likely[1], end, np.where(before, begin + steps, end), 0],
    )
    beside = placement[np.where(before, low - 1, high) % n, column]
    anywhere = (kind < 3) & (draw.random(p) < 0.5)
    target = np.where(anywhere, draw.integers(0, m, p), beside)
    moved = np.where((low <= at) & (at < high), target, placement)
    one, other = placement[first, column], draw.integers(0, m, p)
    swapped = np.where(placement == one, other, np.where(placement == other, one, placement))
    found = np.empty_like(placement)
    found[line.layers] = np.where(kind == KINDS - 1, swapped, moved)
    return np.concatenate([search.kept(found)[None], genes[1:]])


def moved_runs(lines: list[Line]) -> Mutation:
    """One run of layers moves, for half of the particles a second: some cuts help only in pairs."""

    def mutated(search: Search, genes: np.ndarray) -> np.ndarray:
        draw = search.generator
        once, twice = (lines[k] for k in draw.integers(0, len(lines), 2))
        found, again = moved_run(search, once, genes), draw.random(genes.shape[2]) < 0.5
        return hurried(search, np.where(again, moved_run(search, twice, found), found))

    return mutated


def with_wishes(search: Search, placement: np.ndarray) -> np.ndarray:
    """(g, n, p) genes; where several applications share servers, with the order that they wish.

    Upward rank knows nothing of deadlines: a long network would let a short one wait. So each
    application has a time by which all its layers are moved: for a third of the particles none,
    for a third its deadline, so that what must start first does, and random ones for the others.
    """
    instance, p = search.instance, placement.shape[1]
    if len(instance.deadline_s) == 1:
        return placement[None]
    due = ticks(instance, instance.deadline_s)[:, None]
    chance = search.generator.integers(0, TICKS, (len(instance.deadline_s), p))
    later = np.choose(search.generator.integers(0, 3, p), [0, due, chance])
    upward = ticks(instance, instance.upward_s)[:, None]
    return np.stack([placement, later[instance.layers.application] - upward])


def ticks(instance: Instance, seconds: np.ndarray) -> np.ndarray:
    """As whole numbers, the longest upward rank TICKS."""
    return np.round(np.minimum(seconds / instance.upward_s.max(), FAR) * TICKS).astype(int)


def hurried(search: Search, genes: np.ndarray) -> np.ndarray:
    """For some particles one application is moved to another place in the order."""
    if len(genes) == 1:
        return genes
    instance, draw, p = search.instance, search.generator, genes.shape[2]
    which = draw.integers(0, len(instance.deadline_s), p)
    by = draw.integers(-TICKS, TICKS, p) * (draw.random(p) < HURRIED)
    shifted = genes[1] + by * (instance.layers.application[:, None] == which)
    return np.stack([genes[0], shifted])
