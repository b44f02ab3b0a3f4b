"""PSO-GA with what it lacks: starts and moves that know that a cut between layers costs.

Layers are taken along the networks, one application after another; a run is some that follow one
another there. Half of the evaluations fly as the publication's swarm does, the rest climbs: from
the best that was found, a swarm of neighbours at a time.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.lines import Line, lines_of
from ecglib.offloading.problem import Instance
from ecglib.offloading.pso_ga import SWARM, Mutation, fly, moved_one
from ecglib.offloading.solvers import SOLVERS, Search

CUTS = 4  # at most in a start, of each application
ITERATIONS = 25  # of a flight, at least; else as many as there are layers
SHORT = 0.3  # how often a cut that moves stops after each layer
KINDS = 5  # of moves
TICKS = 1_000_000  # of the longest upward rank: genes are whole numbers
HURRIED = 0.3  # how often an application moves in the order
CLIMBING = 0.5  # of the evaluations


@dataclass(frozen=True)
class Parts:
    """What the solver has; the ablation switches off one at a time.

    runs: starts of few runs, else random ones. moves: of runs, else of one layer. known: HEFT and
    the cheapest steps are in the start. climbs: else all evaluations fly.
    """

    runs: bool = True
    moves: bool = True
    known: bool = True
    climbs: bool = True


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
    application has a time by which all its layers are moved forwards, for half of the particles
    none.
    """
    instance, p = search.instance, placement.shape[1]
    if len(instance.deadline_s) == 1:
        return placement[None]
    wishes = np.repeat(-_ticks(instance)[:, None], p, axis=1)
    later = search.generator.integers(0, TICKS, (len(instance.deadline_s), p))
    later *= search.generator.random(p) < 0.5
    return np.stack([placement, wishes + later[instance.layers.application]])


def _ticks(instance: Instance) -> np.ndarray:
    """(n) upward ranks as whole numbers, the largest TICKS."""
    return np.round(instance.upward_s / instance.upward_s.max() * TICKS).astype(int)


def hurried(search: Search, genes: np.ndarray) -> np.ndarray:
    """For some particles one application is moved to another place in the order."""
    if len(genes) == 1:
        return genes
    instance, draw, p = search.instance, search.generator, genes.shape[2]
    which = draw.integers(0, len(instance.deadline_s), p)
    by = draw.integers(-TICKS, TICKS, p) * (draw.random(p) < HURRIED)
    shifted = genes[1] + by * (instance.layers.application[:, None] == which)
    return np.stack([genes[0], shifted])


def climb(search: Search, mutated: Mutation) -> None:
    """From the best so far, to the best of a swarm of its neighbours, unless that is worse."""
    here, scores = search.genes, search.scores
    while search.left >= SWARM:
        near = mutated(search, np.repeat(here[:, :, None], SWARM, axis=2))
        found = search(near)
        best = found.ranking()[:1]
        if not scores.beats(found.pick(best))[0]:
            here, scores = near[:, :, best[0]], found.pick(best)


def improved(search: Search, parts: Parts) -> None:
    """The solver with these parts.

    A swarm that has gathered in the wrong place stays there, so several fly after one another.
    """
    known = np.stack([simple.heft(search.instance), simple.cheapest(search.instance)], axis=1)
    if len(search.free) == 0:
        search(known[None])
        return
    known = with_wishes(search, known if parts.known else known[:, :0])
    lines = lines_of(search.instance, search.generator)
    mutated = moved_runs(lines) if parts.moves else moved_one
    flying = int(search.budget * (1 - CLIMBING * parts.climbs))
    flights = max(1, flying // (SWARM * max(ITERATIONS, search.instance.shape[0])))
    for flight in range(flights):
        p = SWARM - known.shape[2]
        fresh = starts(search, lines, p) if parts.runs else search.anywhere(p)
        start = np.concatenate([known, with_wishes(search, fresh)], axis=2)
        fly(search, start, mutated, max(SWARM, flying // flights))
        if flight == flights - 2:  # the last starts from the best of the others, too
            known = np.concatenate([known, search.genes[:, :, None]], axis=2)
    climb(search, mutated)


ABLATION = {
    "pso_ga_improved": ("PSO-GA, improved", Parts()),
    "without_runs": ("without starts of few runs", Parts(runs=False)),
    "without_moves": ("without moves of runs", Parts(moves=False)),
    "without_known": ("without HEFT in the start", Parts(known=False)),
    "without_climbing": ("without climbing", Parts(climbs=False)),
}
for _name, (_label, _parts) in ABLATION.items():
    SOLVERS.register(_label, name=_name)(partial(improved, parts=_parts))
