"""The sums that the short network reads, as C on the emulated device: what they cost a beat."""

import tempfile
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib.device import program
from ecglib.device.compiler import build_for_device
from ecglib.device.measure import TYPICAL, NotExact
from ecglib.device.meter import Machine
from ecglib.device.pricing import price
from ecglib.frontier.short import SAMPLES
from ecglib.frontier.short_beats import SUMMED, summed

HEADER = "ecg_sums.h"
PROGRAM = f"""/* SPDX-License-Identifier: MIT */
#include "{HEADER}"

void sums_of_beat(const int16_t *samples, int16_t *sums);
void sums_of_beat(const int16_t *samples, int16_t *sums) {{
    ecg_sums(samples, {SUMMED}, {SAMPLES}, sums);
}}
"""
MISPLACED = 2  # bytes: a beat may begin between two words, which is dearer


def cycles(windows: np.ndarray) -> int:
    """Cycles of the sums of one beat, on windows (n, SAMPLES x SUMMED) int16 that lie unaligned.

    Raises:
        NotExact: C gives another sum than `summed`.
        CompilerMissing: there is no cross compiler.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for package, name in (("ecglib.device", program.KERNELS), ("ecglib.frontier", HEADER)):
            (folder / name).write_text((resources.files(package) / "c" / name).read_text())
        (folder / "sums.c").write_text(PROGRAM)
        build_for_device([folder / "sums.c"], folder / "sums.elf", [folder])
        machine = Machine(folder / "sums.elf")
    at = machine.symbol("__free_ram_start") + MISPLACED
    out = at + MISPLACED + 2 * SAMPLES * SUMMED
    for window, expected in zip(windows, summed(windows), strict=True):
        machine.write(at, window.astype("<i2").tobytes())
        call = machine.call("sums_of_beat", at, out, check_alignment=True)
        found = np.frombuffer(machine.read(out, 2 * SAMPLES), "<i2")
        if not np.array_equal(found, expected):
            raise NotExact(f"sums {found} in C, {expected} in the reference")
    return price(machine, call.edges, TYPICAL).cycles + sum(call.unaligned.values())
