"""The exact optimum of any network, as a mixed-integer program for HiGHS.

Layers that no path orders may meet on a server, which takes one at a time. Most such pairs never
do, so the first program knows of none, and what it finds is a bound below: pairs come in where
its solution runs two layers at once, until it does so nowhere.
"""

import time
from dataclasses import dataclass

import numpy as np

from ecglib.offloading.errors import NotExact
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.problem import BUSY, Instance
from ecglib.offloading.program import Program


@dataclass(frozen=True, eq=False)
class Solved:
    """genes (2, n): placement and priority, in time; None if none was found.

    bound: no cost is below it.
    """

    genes: np.ndarray | None
    bound: float
    proven: bool


def integer_optimum(instance: Instance, limit_s: float, at_most: float = np.inf) -> Solved:
    """What HiGHS finds and proves within so many seconds; at_most: a cost that is known in time.

    Raises:
        NotExact: servers are paid by their span; the optimum of the same instance with `paid`
            busy is a bound below.
        TooTight: it is proven that no placement is in time.
    """
    if instance.paid != BUSY:
        raise NotExact(f"{instance.name}: what a server's span costs is no part of the program")
    until, bound, meeting = time.monotonic() + limit_s, -np.inf, []
    while True:
        program = Program(instance, at_most, meeting)
        found = program.solved(max(0.0, until - time.monotonic()))
        if found.status == 2 and at_most == np.inf:
            raise instance.too_tight()
        if found.mip_dual_bound is not None:
            bound = max(bound, found.mip_dual_bound * program.unit_cost)
        genes = None if found.x is None else program.genes(found.x)
        in_time = genes is not None and _in_time(instance, genes)
        more = [] if found.status else program.meeting(found.x)
        if in_time or not more:
            return Solved(genes if in_time else None, bound, in_time and found.status == 0)
        meeting = meeting + more


def _in_time(instance: Instance, genes: np.ndarray) -> bool:
    """Whether they are, in their own order or the instance's, which then becomes theirs."""
    for priority in (genes[1].copy(), np.argsort(instance.order)):
        genes[1] = priority
        if not evaluate(instance, *genes[:, :, None]).late[0]:
            return True
    return False
