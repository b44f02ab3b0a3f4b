"""What a network costs on the emulated Cortex-M4: cycles, flash, RAM, energy.

A measurement is of the C that a user would flash, on real beats, and counts only if every logit
equals the integer reference.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecglib.device import firmware, integer
from ecglib.device.compiler import build_for_device
from ecglib.device.cortex_m4 import REFILL_CYCLES
from ecglib.device.flash import WAIT_STATES
from ecglib.device.integer import IntegerNetwork
from ecglib.device.meter import Call, Machine
from ecglib.device.pricing import price

# Cycles of a refill in what is told by function. With it, a prototype with these timings, but for
# wide targets and jumps by address, lay 0.5 to 4.3 % below published silicon on 19 functions (pqm4,
# NUCLEO-L4R5ZI), about 12 % below on two that move memory.
TYPICAL = 2


CONSTANTS = ("_table", "_weights", "_first", "_stream")  # what a layer's arrays are called


class NotExact(RuntimeError):
    """C differs from the reference: a fault, never to be reported as a cost."""


@dataclass(frozen=True)
class Measured:
    """Costs of one inference, raw samples to class, mean over the beats; memory in bytes.

    cycles: refill -> cycles. waits: cycles more with WAIT_STATES of the flash, see `flash`, of the
    first beat. by_function: function -> cycles at the typical refill. What unaligned
    loads and stores cost is in both; where they are depends on no value, so one beat tells of all.
    flash_by_layer: function of a layer -> bytes of its code and constants.
    constant_bytes are the weights and other read-only data, ram_bytes static data and the deepest
    stack seen.
    """

    kernels: Mapping[str, str]
    cycles: Mapping[int, float]
    waits: int
    by_function: Mapping[str, float]
    flash_by_layer: Mapping[str, int]
    instructions: float
    code_bytes: int
    constant_bytes: int
    ram_bytes: int
    beats: int


def measure(
    network: IntegerNetwork,
    beats: np.ndarray,
    kernels: Mapping[str, str],
    value_bits: int = 16,
    *,
    whole: bool = True,
) -> Measured:
    """Emulate the network on beats (see `firmware.write`), so laid out (see `plan`).

    whole: check the alignment of every load and store, and count waits; without it the first beat
    takes half the time, cycles lack those of unaligned ones, and waits are 0.

    Raises:
        NotExact: a logit differs from the reference's.
        CompilerMissing: no cross compiler is here.
        IntegerError: what C cannot do with this network.
    """
    classes = firmware.numbered_classes(network)
    layout = {"kernels": kernels, "value_bits": value_bits, "classes": classes}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "firmware"
        firmware.write(network, folder, beats[:1], title="measured", **layout)
        build_for_device([folder / "ecg_model.c"], folder / "model.elf", [folder])
        machine = Machine(folder / "model.elf")
    calls = [
        _classify(machine, beat, len(classes), whole=whole and i == 0)
        for i, beat in enumerate(beats)
    ]
    expected = integer.logits(network, firmware.input_tensors(network, beats))
    for i, (_, found) in enumerate(calls):
        if not np.array_equal(found, expected[i]):
            raise NotExact(f"beat {i}: logits {found} in C, {expected[i]} in the reference")
    return _mean(machine, [call for call, _ in calls], kernels)


def _classify(
    machine: Machine, beat: np.ndarray, classes: int, *, whole: bool
) -> tuple[Call, np.ndarray]:
    address = machine.symbol("__free_ram_start")
    machine.write(address, beat.tobytes())
    asked = {"check_alignment": True, "wait_states": WAIT_STATES} if whole else {}
    call = machine.call("ecg_classify", address, **asked)
    logits = machine.read(machine.symbol("ecg_logits"), 4 * classes)
    return call, np.frombuffer(logits, "<i4")


def _mean(machine: Machine, calls: list[Call], kernels: Mapping[str, str]) -> Measured:
    edges = sum((call.edges for call in calls), Counter())  # prices add up
    costs = {p: price(machine, edges, p) for p in REFILL_CYCLES}
    typical, unaligned = costs[TYPICAL], calls[0].unaligned or {}
    return Measured(
        kernels=dict(kernels),
        cycles={p: of.cycles / len(calls) + sum(unaligned.values()) for p, of in costs.items()},
        waits=calls[0].waits or 0,
        by_function={
            name: cycles / len(calls) + unaligned.get(name, 0)
            for name, cycles in typical.by_function.items()
        },
        flash_by_layer=_flash_by_layer(machine),
        instructions=typical.instructions / len(calls),
        code_bytes=machine.code_bytes,
        constant_bytes=machine.constant_bytes,
        ram_bytes=machine.static_ram_bytes + max(call.stack_bytes for call in calls),
        beats=len(calls),
    )


def _flash_by_layer(machine: Machine) -> dict[str, int]:
    layers = [name for name in machine.symbols if name.startswith(firmware.function_of(""))]
    return {
        layer: sum(machine.sizes.get(layer + constants, 0) for constants in ("", *CONSTANTS))
        for layer in layers
    }
