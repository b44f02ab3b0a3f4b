"""PSO-GA with what it lacks: starts and moves that know that a cut between layers costs.

Some of the evaluations fly as the publication's swarm does, the rest climbs: from the best that was
found, a swarm of neighbours at a time, and from another place once that helps no more.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ecglib.offloading import simple
from ecglib.offloading.fronts import drawn, fronts_of, replaced, with_fronts
from ecglib.offloading.lines import lines_of
from ecglib.offloading.moves import moved_runs, starts, with_wishes
from ecglib.offloading.pso_ga import SWARM, Mutation, fly, moved_one
from ecglib.offloading.repairs import Repair, repair
from ecglib.offloading.solvers import SOLVERS, Search

ITERATIONS = 25  # of a flight, at least; else as many as there are layers
CLIMBING = 0.7  # of the evaluations
PATIENCE = 10  # swarms of neighbours of which none is better, before the climb goes elsewhere


@dataclass(frozen=True)
class Parts:
    """What the solver has; the ablation switches off one at a time.

    fronts: placements of a dynamic program are in the starts and, of several applications, among
    the moves. runs: the other starts are of few runs, else random. moves: of runs, else of one
    layer. known: HEFT and the cheapest steps are in the start. climbs: else all evaluations fly.
    repairs: what is cheaper but late is made less late, where climbing helps no more.
    """

    fronts: bool = True
    runs: bool = True
    moves: bool = True
    known: bool = True
    climbs: bool = True
    repairs: bool = True


def climb(search: Search, mutated: Mutation, elsewhere: Mutation, repaired: Repair) -> None:
    """From the best so far, to the best of a swarm of its neighbours, unless that is worse.

    Where PATIENCE swarms held nothing better, what is late is repaired. If that gives no new best,
    to the best of a swarm that is elsewhere.
    """
    here, scores, waited = search.genes, search.scores, 0
    while search.left >= SWARM:
        leaving = waited == PATIENCE
        if leaving and repaired(search, mutated):
            here, scores, waited = search.genes, search.scores, 0
            continue
        if search.left < SWARM:
            return
        genes = np.repeat(here[:, :, None], SWARM, axis=2)
        near = (elsewhere if leaving else mutated)(search, genes)
        found = search(near)
        best = found.ranking()[:1]
        waited = 0 if leaving or found.pick(best).beats(scores)[0] else waited + 1
        if leaving or not scores.beats(found.pick(best))[0]:
            here, scores = near[:, :, best[0]], found.pick(best)


def improved(search: Search, parts: Parts) -> None:
    """The solver with these parts.

    A swarm that has gathered in the wrong place stays there, so several fly after one another.
    What counts as an evaluation is a placement that `evaluate` has scored. The dynamic program
    behind the fronts is none: it takes as long as a few thousand on 81 layers and 15 servers. To
    see which of its placements are in time alone takes one each.
    """
    known = np.stack([simple.heft(search.instance), simple.cheapest(search.instance)], axis=1)
    if len(search.free) == 0:
        search(known[None])
        return
    known = with_wishes(search, known if parts.known else known[:, :0])
    lines = lines_of(search.instance, search.generator)
    fronts = fronts_of(search, lines) if parts.fronts else []
    mutated = with_fronts(fronts, moved_runs(lines) if parts.moves else moved_one)

    def fresh(p: int) -> np.ndarray:
        more = p // 2 if fronts else 0
        few = starts(search, lines, p - more) if parts.runs else search.anywhere(p - more)
        found = np.concatenate([drawn(search, fronts, more), few], axis=1) if fronts else few
        return with_wishes(search, found)

    flying = int(search.budget * (1 - CLIMBING * parts.climbs))
    flights = max(1, flying // (SWARM * max(ITERATIONS, search.instance.shape[0])))
    for flight in range(flights):
        start = np.concatenate([known, fresh(SWARM - known.shape[2])], axis=2)
        fly(search, start, mutated, max(SWARM, flying // flights))
        if flight == flights - 2:  # the last starts from the best of the others, too
            known = np.concatenate([known, search.genes[:, :, None]], axis=2)
    elsewhere = partial(replaced, fronts) if fronts else lambda _, genes: fresh(SWARM)
    repaired = partial(repair, fronts=fronts) if parts.repairs else lambda *_: False
    climb(search, mutated, elsewhere, repaired)


ABLATION = {
    "pso_ga_improved": ("PSO-GA, improved", Parts()),
    "without_fronts": ("without the dynamic program", Parts(fronts=False)),
    "without_runs": ("without starts of few runs", Parts(runs=False)),
    "without_moves": ("without moves of runs", Parts(moves=False)),
    "without_known": ("without HEFT in the start", Parts(known=False)),
    "without_climbing": ("without climbing", Parts(climbs=False)),
    "without_repairs": ("without repairs", Parts(repairs=False)),
}
for _name, (_label, _parts) in ABLATION.items():
    SOLVERS.register(_label, name=_name)(partial(improved, parts=_parts))
