"""What calls on the emulated Cortex-M4 cost, from how often execution went from block to block."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ecglib.device.cortex_m4 import refill_cycles
from ecglib.device.hooks import Edge
from ecglib.device.meter import Machine


@dataclass(frozen=True)
class Cost:
    """Estimated cycles, executed instructions, and cycles by function without those it calls."""

    cycles: int
    instructions: int
    by_function: dict[str, int]


def price(machine: Machine, edges: Mapping[Edge, int], refill: int) -> Cost:
    """Cycles of all edges of calls on the machine, if a taken branch costs `refill` cycles more.

    A block's cycles count for the function that its address lies in (inlined code: the caller),
    a refill for the function that branches. Code is priced as if memory had no wait states.
    """
    cycles: Counter[str] = Counter()
    instructions = 0
    for (before, block), times in edges.items():
        falls_through = before and block and sum(before) == block[0]
        if before and not falls_through:
            target = machine.block(block)[0] if block else None
            after = refill_cycles(machine.block(before)[-1], target, refill)
            cycles[machine.function_at(before[0])] += times * after
        if block:
            block_cycles, length = machine.price(block, before if falls_through else None)
            cycles[machine.function_at(block[0])] += times * block_cycles
            instructions += times * length
    return Cost(cycles.total(), instructions, dict(sorted(cycles.items())))
