"""What the denoiser costs on the emulated Cortex-M4 in 8 bits, for each second of signal."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ecglib.denoising import c_program, eight_bits
from ecglib.denoising.compact import compact
from ecglib.denoising.eight_bits import EightBits
from ecglib.denoising.leads import FS_HZ
from ecglib.denoising.networks import UNet
from ecglib.denoising.steps import Move, steps_of
from ecglib.device.aims import AIMS
from ecglib.device.boards import energy_uj
from ecglib.device.c_text import function_of
from ecglib.device.compiler import CompilerMissing, build_for_device
from ecglib.device.flash import WAIT_STATES
from ecglib.device.measure import CONSTANTS, TYPICAL, NotExact
from ecglib.device.meter import Machine
from ecglib.device.pricing import price


class Costs(NamedTuple):
    """Of one window; cycles of each function at the typical refill, waits beside; in bytes: flash.

    flash_of: function -> its code and constants. flash: all code and constants. ram: static data
    and the deepest stack, without the window's uint8 values, which stand outside.
    """

    cycles: Mapping[str, float]
    waits: int
    flash_of: Mapping[str, int]
    flash: int
    ram: int


class _Tried(NamedTuple):
    """As `aims` chooses from."""

    kernel: str
    cycles: float
    flash: int


def assess(network: UNet, windows: Tensor, hop: int, aim: str = "cycles") -> dict:
    """MACs, cycles and energy for each second of signal, flash and RAM; the error of 8 bits.

    windows: (n, *input_shape) float32 to calibrate on; the first is run. hop: samples by which one
    window is later than the one before, so that each adds hop / FS_HZ seconds. aim: of
    `device.aims.AIMS`; "cycles" keeps values in 16 bits, "memory" in 8. int8_rmse: root of the
    mean squared difference from the float network on the windows, in its output's unit. What runs
    is the `compact` network; effective MACs are those of its weights that are not zero.
    Costs are without the channels' normalisation and the adding up of windows, and absent where
    there is no cross compiler. All values of the C were equal to the integer reference's.

    Raises:
        IntegerError, NotExact: see `eight_bits.quantized` and `measure`.
        KeyError: another aim.
        ValueError: a hop that is not from 1 to the window's samples.
    """
    if not 1 <= hop <= network.input_shape[1]:
        raise ValueError(f"a hop of {hop} samples: give 1 to {network.input_shape[1]}")
    small = compact(network)
    integers = eight_bits.quantized(small, windows)
    with torch.no_grad():
        floats = torch.cat([network(part) for part in windows.split(eight_bits.CHUNK)]).numpy()
    errors = (eight_bits.run(integers, windows) - floats).astype(float)
    second = FS_HZ / hop  # windows a second
    macs, effective = _macs(network)[0], _macs(small)[1]
    row = {
        "aim": aim,
        "hop": hop,
        "int8_rmse": float(np.sqrt((errors**2).mean())),
        "macs_per_s": round(macs * second),
        "macs_effective_per_s": round(effective * second),
    }
    values = eight_bits.taken(integers, windows[:1])
    try:
        kernels = laid_out(integers, values, aim)
        costs = measure(integers, values, kernels, AIMS[aim][0])
    except CompilerMissing:
        return row
    cycles = sum(costs.cycles.values())
    low, high = energy_uj(cycles * second)
    return row | {
        "kernel": " ".join(kernels.values()),
        f"cycles_p{TYPICAL}_per_s": round(cycles * second),
        f"cycles_p{TYPICAL}_ws{WAIT_STATES}_per_s": round((cycles + costs.waits) * second),
        "moves_share": _moves(costs) / cycles,
        "flash_total_bytes": costs.flash,
        "ram_bytes": costs.ram,
        "energy_uj_per_s_low": low,
        "energy_uj_per_s_high": high,
    }


def laid_out(network: EightBits, values: np.ndarray, aim: str) -> dict[str, str]:
    """Layer -> the kernel that serves the aim best, all tried on a window's values (1, ., .) uint8.

    KeyError: another aim. For the rest see `measure`.
    """
    value_bits, choose = AIMS[aim]
    choices = c_program.kernels_of(network, value_bits)
    found: dict[str, list[_Tried]] = {name: [] for name in choices}
    for number in range(max(map(len, choices.values()))):
        tried = {name: of[min(number, len(of) - 1)] for name, of in choices.items()}
        costs = measure(network, values, tried, value_bits, whole=False)
        for name, kernel in tried.items():
            function = function_of(name)
            found[name].append(_Tried(kernel, costs.cycles[function], costs.flash_of[function]))
    return {name: choose(tried).kernel for name, tried in found.items()}


def measure(
    network: EightBits,
    values: np.ndarray,
    kernels: Mapping[str, str],
    value_bits: int,
    *,
    whole: bool = True,
) -> Costs:
    """Costs of a window's values, (1, channels, steps) uint8, the C of `c_program.write` emulated.

    whole: check and price the alignment of every load and store, and count waits.

    Raises:
        NotExact: a value differs from the reference's.
        CompilerMissing: no cross compiler is here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        c_program.write(network, folder, kernels, value_bits)
        build_for_device([folder / c_program.MODEL], folder / "denoiser.elf", [folder])
        machine = Machine(folder / "denoiser.elf")
    address = machine.symbol("__free_ram_start")
    machine.write(address, values.tobytes())
    asked = {"check_alignment": True, "wait_states": WAIT_STATES} if whole else {}
    call = machine.call("denoise", address, **asked)
    expected = eight_bits.output(network, values).ravel()
    found = np.frombuffer(machine.read(machine.symbol("denoised"), 4 * expected.size), "<i4")
    if wrong := int((found != expected).sum()):
        raise NotExact(f"{wrong} of {expected.size} values differ between C and the reference")
    cycles = price(machine, call.edges, TYPICAL).by_function
    for name, more in (call.unaligned or {}).items():
        cycles[name] += more
    names = [function_of(layer.name) for layer in network.layers]
    flash_of = {n: sum(machine.sizes.get(n + part, 0) for part in ("", *CONSTANTS)) for n in names}
    return Costs(
        cycles=cycles,
        waits=call.waits or 0,
        flash_of=flash_of,
        flash=machine.code_bytes + machine.constant_bytes,
        ram=machine.static_ram_bytes + call.stack_bytes,
    )


def _moves(costs: Costs) -> float:
    """Cycles of what only moves values."""
    names = tuple(f"{move.value}_" for move in Move)
    return sum(cycles for name, cycles in costs.cycles.items() if name.startswith(names))


def _macs(network: UNet) -> tuple[int, int]:
    """MACs of a window, and those whose weight is not zero; padding counts."""
    steps = network.input_shape[1]
    macs = effective = 0
    for step in steps_of(network):
        if isinstance(step, Move):
            steps = steps // 2 if step is Move.DOWN else 2 * steps
            continue
        weight = step.module.weight
        macs += weight.numel() * steps
        effective += int(weight.count_nonzero()) * steps
    return macs, effective
