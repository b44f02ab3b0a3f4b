"""Whole placements of one application, from a dynamic program along a line.

Along a line layers run one after another, and where the server changes all that crosses is sent.
With seconds in whole steps the program has the cheapest placement for each time of the end, as
Joksch's for paths (J. Math. Anal. Appl. 14:191-197, 1966). It leaves out that branches may run at
once, that other applications share the servers, and that an output that crosses two cuts is sent
once. What a placement really costs, and when it ends, `evaluate` says.

Rounding hides placements: one that just meets the deadline shares its step with a cheaper one that
is just late. So where several applications take placements from their fronts, steps are finer, each
pass has its own, and what is late even alone is left out.
"""

from dataclasses import dataclass

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.exact import alone
from ecglib.offloading.lines import EACH, Line
from ecglib.offloading.moves import with_wishes
from ecglib.offloading.problem import Instance
from ecglib.offloading.pso_ga import SWARM, Mutation
from ecglib.offloading.solvers import Search

STEPS, FINE = 64, 256  # of time: of one application, of several
BEYOND = 1.25  # deadlines that they span: branches may run at once
SPANS = (1.0, 1.5)  # the same, drawn for each pass of several applications
SCORED = 0.2  # of the evaluations, at most, to see which placements of a front are late alone
PASSES = 8  # of each application, half of them along the narrowest lines
CLOSED = 0.3  # how often a pass may not use a server
REPLACED = 0.3  # how often a particle takes whole applications from their fronts
MANY = 20  # sums of costs for each placement that is kept


@dataclass(frozen=True, eq=False)
class Front:
    """Of one application: layers (a), placements (a, some) of them, each once, and their cost.

    late (a, few): those that are late even alone.
    """

    layers: np.ndarray
    placements: np.ndarray
    cost: np.ndarray
    late: np.ndarray


def fronts_of(search: Search, lines: list[Line]) -> list[Front]:
    """For each application the placements that its passes found, HEFT's, and the cheapest steps.

    The first pass may use all servers, the others some, as on these other applications may be.
    """
    instance, draw, found = search.instance, search.generator, []
    several = len(instance.deadline_s) > 1
    known = np.stack([simple.heft(instance), simple.cheapest(instance)], axis=1)
    for application in range(len(instance.deadline_s)):
        layers, placements = np.flatnonzero(instance.layers.application == application), [known]
        for k in range(PASSES):
            some = lines[-EACH:] if k % 2 else lines
            line = some[draw.integers(0, len(some))]
            closed = (draw.random(instance.shape[1]) < CLOSED) & (k > 0)
            steps, beyond = (FINE, draw.uniform(*SPANS)) if several else (STEPS, BEYOND)
            placements.append(front(instance, line, application, closed, steps, beyond))
        some = np.unique(np.concatenate(placements, axis=1)[layers], axis=1)
        late = _late(search, application, some)
        kept = some[:, ~late]
        found.append(Front(layers, kept, _cost(instance, layers, kept), some[:, late]))
    return found


def _late(search: Search, application: int, some: np.ndarray) -> np.ndarray:
    """(some) which are late alone; none if all are, or if scoring them takes too many evaluations.

    One of an application alone counts as a whole evaluation. A single one is not scored.
    """
    several, late = len(search.instance.deadline_s), np.zeros(some.shape[1], bool)
    if several > 1 and some.shape[1] <= SCORED * (search.left - SWARM) / several:
        late = evaluate(alone(search.instance, application), some).late
        search.used += some.shape[1]
    return late & ~late.all()


def drawn(search: Search, fronts: list[Front], p: int) -> np.ndarray:
    """(n, p) placements, each application's a random one of its front."""
    return _placed(search, fronts, [_any(search, front, p) for front in fronts])


def cheaper(search: Search, fronts: list[Front], p: int) -> np.ndarray:
    """(n, p) as `drawn`, of many those that cost less than the best so far, as far as there are.

    Applications share time, but costs add up: a sum of the fronts' is known before an evaluation.
    """
    which = [_any(search, front, MANY * p) for front in fronts]
    cost = sum(front.cost[of] for front, of in zip(fronts, which, strict=True))
    dear = cost >= search.scores.cost[0]
    kept = np.argsort(dear, kind="stable")[:p]
    return _placed(search, fronts, [of[kept] for of in which])


def replaced(fronts: list[Front], search: Search, genes: np.ndarray) -> np.ndarray:
    """One application of each particle, or two, as another of its front; with other wishes."""
    return with_wishes(search, _replaced(fronts, search, genes[0]))


def with_fronts(fronts: list[Front], mutated: Mutation) -> Mutation:
    """A mutation that, of several applications, also takes whole ones from their fronts."""
    if len(fronts) < 2:
        return mutated

    def further(search: Search, genes: np.ndarray) -> np.ndarray:
        found, p = mutated(search, genes), genes.shape[2]
        some = search.generator.random(p) < REPLACED
        placement = np.where(some, _replaced(fronts, search, found[0]), found[0])
        if not search.scores.late[0]:
            all_ = search.generator.random(p) < REPLACED
            placement = np.where(all_, cheaper(search, fronts, p), placement)
        return np.concatenate([placement[None], found[1:]])

    return further


def _replaced(fronts: list[Front], search: Search, placement: np.ndarray) -> np.ndarray:
    p, application = placement.shape[1], search.instance.layers.application[:, None]
    one, other = search.generator.integers(0, len(fronts), (2, p))
    both = search.generator.random(p) < 0.5
    changed = (application == one) | (application == other) & both
    return np.where(changed, drawn(search, fronts, p), placement)


def _any(search: Search, front: Front, p: int) -> np.ndarray:
    return search.generator.integers(0, len(front.cost), p)


def _placed(search: Search, fronts: list[Front], which: list[np.ndarray]) -> np.ndarray:
    found = np.empty((search.instance.shape[0], len(which[0])), int)
    for front, of in zip(fronts, which, strict=True):
        found[front.layers] = front.placements[:, of]
    return found


def _cost(instance: Instance, layers: np.ndarray, placements: np.ndarray) -> np.ndarray:
    """(some) what an application costs at (a, some) placements, if servers are paid while busy."""
    cost = instance.execution_price[layers[:, None], placements].sum(axis=0)
    for edge in np.flatnonzero(np.isin(instance.layers.edges[:, 1], layers)):
        source, reader = placements[np.searchsorted(layers, instance.layers.edges[edge])]
        cost += instance.transfer_price[edge][source, reader]
    return cost


def front(
    instance: Instance, line: Line, application: int, closed, steps=STEPS, beyond=BEYOND
) -> np.ndarray:
    """(n, some) the cheapest placements of an application along a line, the fastest first.

    closed (m): where only pinned layers run. steps, and how many deadlines they span. Rows of other
    applications are 0.
    """
    (n, m), here = instance.shape, np.flatnonzero(line.application == application)
    layers, crossing = line.layers[here], line.crossing[here]
    step_s = (beyond * _due_s(instance, application) or 1.0) / steps
    ends = np.round(instance.execution_s[layers].cumsum(axis=0) / step_s)  # no error adds up
    runs = np.diff(ends, axis=0, prepend=0)
    shut = ~instance.allowed[layers] | (closed & (instance.layers.pinned[layers] < 0)[:, None])
    price = np.where(shut, np.inf, instance.execution_price[layers])
    links, apart = instance.links, ~np.eye(m, dtype=bool)
    bins, start = np.arange(steps), np.arange(m)[:, None, None] * (steps + 1)
    value = np.full((m, steps + 1), np.inf)  # before the first step: nowhere
    value[:, 1] = 0
    came, shifts = np.empty((len(here), m, steps), int), np.empty((len(here), m, m), int)
    for k, (size, count, most) in enumerate(crossing):
        sends = apart * (size * links.price_per_byte + count * links.price_per_message)
        late = apart * (most * links.s_per_byte + (count > 0) * links.delay_s) / step_s
        shifts[k] = np.minimum(np.round(late) + runs[k], steps)
        before = np.maximum(bins - shifts[k][:, :, None], -1) + 1
        costs = value.ravel().take(start + before) + (sends + price[k])[:, :, None]
        came[k] = costs.argmin(axis=0)
        value[:, 1:] = costs.min(axis=0)
    return _traced(value[:, 1:], came, shifts, layers, n)


def _traced(value, came, shifts, layers, n: int) -> np.ndarray:
    """(n, some) the placements that end in the steps before which nothing is as cheap."""
    best = value.min(axis=0)
    at = np.flatnonzero(best < np.concatenate([[np.inf], np.minimum.accumulate(best)[:-1]]))
    server, found = value[:, at].argmin(axis=0), np.zeros((n, len(at)), int)
    for k in range(len(layers) - 1, -1, -1):
        found[layers[k]] = server
        before = came[k, server, at]
        at, server = at - shifts[k, before, server], before
    return found


def _due_s(instance: Instance, application: int) -> float:
    """The deadline; where there is none, what all layers could take."""
    here = instance.layers.application == application
    most = instance.execution_s[here].max(axis=1).sum()
    most += instance.transfer_s.max(initial=0)
    return min(instance.deadline_s[application], most)
