"""The rows of the study's two tables, `results.csv` and `wearable.csv`."""

import time
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ecglib.offloading import genetic, improved, pso_ga  # noqa: F401  (solvers register)
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.exact import Optimum, exact
from ecglib.offloading.problem import Instance
from ecglib.offloading.simple import heft
from ecglib.offloading.solvers import solve
from ecglib.offloading.wearable import Sending, placements

EXACT = "exact"
ONCE = ("heft", "greedy")  # draw nothing, and take an evaluation or two


def due(instance: Instance, factor: float) -> Instance:
    """The instance with each application due at a multiple of when HEFT ends it."""
    ends_s = evaluate(instance, heft(instance)[:, None]).completion_s[:, 0]
    return instance.due(factor * ends_s)


def results(
    instance: Instance,
    factor: float,
    methods: Iterable[str],
    budgets: Sequence[int],
    seeds: Iterable[int],
    limit_s: float,
) -> pd.DataFrame:
    """What each solver finds with each budget and seed, beside the exact optimum.

    Columns: instance, layers, servers, deadline_factor, method, evaluations, seed, cost, optimum
    (nan where it is not proven), gap (to the optimum, or else to the bound below it), late, seconds
    (of the processor; the exact row's include those of the improved swarm that HiGHS begins from).
    A late row has no cost and no gap: it is to be counted, not averaged.

    Raises:
        NotExact: servers are paid by their span.
    """
    wanted = due(instance, factor)
    started = time.process_time()
    best = exact(wanted, limit_s, _known(wanted, max(budgets)))
    took = time.process_time() - started
    rows = [
        {"method": EXACT, "evaluations": 0, "seed": 0, "seconds": took} | _found(best, best.cost)
    ]
    for method in methods:
        runs = [(0, 0)] if method in ONCE else [(b, s) for b in budgets for s in seeds]
        for budget, seed in runs:
            started = time.process_time()
            search = solve(method, wanted, budget, seed)
            took = time.process_time() - started
            cost = np.inf if search.scores.late[0] else float(search.scores.cost[0])
            row = {"method": method, "evaluations": search.used, "seed": seed, "seconds": took}
            rows.append(row | _found(best, cost))
    n, m = instance.shape
    of = {"instance": instance.name, "layers": n, "servers": m, "deadline_factor": factor}
    order = [*of, "method", "evaluations", "seed", "cost", "optimum", "gap", "late", "seconds"]
    return pd.DataFrame([of | row for row in rows])[order]


def _known(instance: Instance, budget: int) -> np.ndarray | None:
    """Genes in time, for HiGHS to begin from."""
    search = solve("pso_ga_improved", instance, budget, 0)
    return None if search.scores.late[0] else search.genes


def _found(best: Optimum, cost: float) -> dict:
    late = not np.isfinite(cost)
    return {
        "cost": np.nan if late else cost,
        "optimum": best.cost if best.proven else np.nan,
        "gap": np.nan if late or best.bound <= 0 else cost / best.bound - 1,
        "late": late,
    }


def wearable(
    network: str, f1_macro: float, table: pd.DataFrame, sendings: Iterable[Sending]
) -> pd.DataFrame:
    """Every cut of one network with every way to send; `table` as `wearable.stages` has it.

    Columns: network, placement, radio_uj_per_byte, energy_uj_low, energy_uj_high (a beat),
    latency_ms, f1_macro.
    """
    found = []
    for sending in sendings:
        rows = placements(table, sending)[
            ["placement", "energy_uj_low", "energy_uj_high", "latency_ms"]
        ]
        rows.insert(1, "radio_uj_per_byte", sending.radio.uj_per_byte)
        found.append(rows)
    whole = pd.concat(found, ignore_index=True).assign(f1_macro=f1_macro)
    whole.insert(0, "network", network)
    return whole
