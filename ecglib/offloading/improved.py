"""PSO-GA with what it lacks: starts and moves that know that a cut between layers costs.

Layers are taken along the networks, one application after another; a run is some that follow one
another there. Half of the evaluations fly as the publication's swarm does, the rest climbs: from the
best that was found, a swarm of neighbours at a time.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.problem import Instance
from ecglib.offloading.pso_ga import SWARM, Mutation, fly, moved_one
from ecglib.offloading.solvers import SOLVERS, Search

CUTS = 4  # at most in a start, of each application
ITERATIONS = 25  # of a flight, at least; else as many as there are layers
AT_END = 0.15  # how often a cut is before the first layer, and how often behind the last
SHORT = 0.3  # how often a cut that moves stops after each layer
LINES = 16  # orders of the layers
KINDS = 5  # of moves
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


@dataclass(frozen=True, eq=False)
class Line:
    """An instance's layers along the networks. layers, application (n); chances (n + 1) of cuts."""

    layers: np.ndarray
    application: np.ndarray
    chances: np.ndarray


def lines_of(search: Search) -> list[Line]:
    """The instance's order, and further ones: where a network branches, many are possible.

    Branches stand one behind the other in some, so that a run is a branch, and mixed in others, so
    that a cut goes through all of them. In each, one application follows another.
    """
    instance, draw = search.instance, search.generator
    orders = [instance.order, *(_order(instance, draw, deep=k % 2 == 0) for k in range(LINES - 1))]
    return [_line(instance, order) for order in orders]


def _order(instance: Instance, draw: np.random.Generator, deep: bool) -> np.ndarray:
    """(n) layers, none before what it reads: of those that may come the latest found, or any."""
    waits = [len(into) for into in instance.into]
    readers = [[] for _ in waits]
    for source, reader in instance.layers.edges.tolist():
        readers[source].append(reader)
    ready, found = [layer for layer, of in enumerate(waits) if not of], []
    while ready:
        found.append(ready.pop(-1 if deep else draw.integers(len(ready))))
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
    return Line(layers, of, chances / chances.sum())


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
        return np.where(again, moved_run(search, twice, found), found)

    return mutated


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
    known = known if parts.known else known[:, :0]
    lines = lines_of(search)
    mutated = moved_runs(lines) if parts.moves else moved_one
    flying = int(search.budget * (1 - CLIMBING * parts.climbs))
    flights = max(1, flying // (SWARM * max(ITERATIONS, search.instance.shape[0])))
    for flight in range(flights):
        p = SWARM - known.shape[1]
        fresh = contiguous(search, lines[0], p) if parts.runs else search.anywhere(p)
        start = np.concatenate([known, fresh], axis=1)
        fly(search, start[None], mutated, max(SWARM, flying // flights))
        if flight == flights - 2:  # the last starts from the best of the others, too
            known = np.concatenate([known, search.genes[0][:, None]], axis=1)
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
