"""The rows of results.csv: what each solver finds, beside the exact optimum."""

import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ecglib.offloading import genetic, improved, pso_ga  # noqa: F401  (solvers register)
from ecglib.offloading.chains import is_chain
from ecglib.offloading.errors import BelowOptimum
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.exact import Optimum, exact
from ecglib.offloading.problem import SLACK, Instance
from ecglib.offloading.simple import heft
from ecglib.offloading.solvers import LEAST, solve

EXACT = "exact"
KNOWN_BUDGET, KNOWN_SEED = 100_000, 2**31  # of the search that HiGHS begins from
ONCE = ("heft", "greedy")  # draw nothing, and take an evaluation or two


def due(instance: Instance, factor: float) -> Instance:
    """The instance with each application due at a multiple of when HEFT ends it."""
    ends_s = evaluate(instance, heft(instance)[:, None]).completion_s[:, 0]
    return instance.due(factor * ends_s)


def results(
    instance: Instance,
    factor: float,
    methods: Mapping[str, Sequence[int]],
    seeds: Iterable[int],
    limit_s: float,
) -> pd.DataFrame:
    """What each solver finds with each of its budgets and each seed, beside the exact optimum.

    Columns: instance, layers (inputs apart), servers, deadline_factor, method, evaluations
    (allowed), seed, cost, optimum (nan where it is not proven), gap (to the optimum, or else to the
    bound below it), late, seconds (of the processor; the exact row's include those of the improved
    swarm that HiGHS begins from). A late row has no cost and no gap: it is to be counted, not
    averaged.

    Raises:
        NotExact: servers are paid by their span.
        BelowOptimum: a search found something cheaper than the proven optimum, or its bound.
    """
    wanted = due(instance, factor)
    started = time.process_time()
    known = None if is_chain(wanted) else _known(wanted)
    best = exact(wanted, limit_s, known)
    took = time.process_time() - started
    rows = [
        {"method": EXACT, "evaluations": 0, "seed": 0, "seconds": took} | _found(best, best.cost)
    ]
    for method, budgets in methods.items():
        runs = [(LEAST, 0)] if method in ONCE else [(b, s) for b in budgets for s in seeds]
        for budget, seed in runs:
            started = time.process_time()
            search = solve(method, wanted, budget, seed)
            took = time.process_time() - started
            cost = np.inf if search.scores.late[0] else float(search.scores.cost[0])
            allowed = search.used if method in ONCE else budget
            row = {"method": method, "evaluations": allowed, "seed": seed, "seconds": took}
            rows.append(row | _found(best, cost))
    n, m = instance.shape
    of = {"instance": instance.name, "layers": n - len(wanted.deadline_s), "servers": m}
    of["deadline_factor"] = factor
    order = [*of, "method", "evaluations", "seed", "cost", "optimum", "gap", "late", "seconds"]
    return pd.DataFrame([of | row for row in rows])[order]


def _known(instance: Instance) -> np.ndarray | None:
    """Genes in time, for HiGHS to begin from; of a seed that no table has."""
    search = solve("pso_ga_improved", instance, KNOWN_BUDGET, KNOWN_SEED)
    return None if search.scores.late[0] else search.genes


def _found(best: Optimum, cost: float) -> dict:
    late = not np.isfinite(cost)
    gap = np.nan if late or best.bound <= 0 else cost / best.bound - 1
    if gap < -2 * SLACK:  # more than a deadline's tolerance gives
        raise BelowOptimum(f"a search costs {cost}, yet {best.bound} was proven to be the least")
    return {
        "cost": np.nan if late else cost,
        "optimum": best.cost if best.proven else np.nan,
        "gap": gap,
        "late": late,
    }
