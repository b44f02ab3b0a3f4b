"""How a network is best laid out for an aim: each layer's kernel, and what a value takes in RAM."""

from typing import NamedTuple

import numpy as np

from ecglib.device import firmware
from ecglib.device.integer import IntegerNetwork
from ecglib.device.kernels import kernels_for
from ecglib.device.measure import measure

# A kernel may save flash only if it takes no more than so many times the layer's fewest cycles.
SLOWEST = 2.0


class Layout(NamedTuple):
    """kernels: layer name -> kernel. value_bits: of a value in RAM. See `plan`."""

    kernels: dict[str, str]
    value_bits: int


class _Tried(NamedTuple):
    kernel: str
    cycles: float
    flash: int


def fastest(tried: list[_Tried]) -> _Tried:
    """The kernel of fewest cycles."""
    return min(tried, key=lambda one: (one.cycles, one.kernel))


def smallest(tried: list[_Tried]) -> _Tried:
    """The kernel of fewest bytes of flash, of those that are not too slow."""
    limit = SLOWEST * fastest(tried).cycles
    quick = [one for one in tried if one.cycles <= limit]
    return min(quick, key=lambda one: (one.flash, one.cycles, one.kernel))


# aim -> bits of a value in RAM, and which kernel each layer takes
AIMS = {
    "cycles": (16, fastest),
    "ram": (8, fastest),
    "flash": (16, smallest),
    "memory": (8, smallest),  # both
}


def laid_out(network: IntegerNetwork, beat: np.ndarray, aim: str) -> Layout:
    """The layout that serves the aim best, every kernel tried on one beat (samples,).

    `cycles` and `flash` keep values in 16 bits, as kernels multiply them, `ram` and `memory` in 8;
    `cycles` and `ram` take the fastest kernels, `flash` and `memory` the smallest.

    Raises:
        KeyError: another aim. For the rest see `measure`.
    """
    value_bits, choose = AIMS[aim]
    choices = {layer.name: kernels_for(network, layer, value_bits) for layer in network.layers}
    found: dict[str, list[_Tried]] = {name: [] for name in choices}
    for number in range(max(map(len, choices.values()))):  # as few programs as there can be
        tried = {name: of[number] for name, of in choices.items() if number < len(of)}
        # Words that are not aligned cost all kernels of a layer alike, and to find them takes as
        # long as all else.
        costs = measure(network, beat[None], tried, value_bits, whole=False)
        for name, kernel in tried.items():
            function = firmware.function_of(name)
            cycles, flash = costs.by_function[function], costs.flash_by_layer[function]
            found[name].append(_Tried(kernel, cycles, flash))
    return Layout({name: choose(tried).kernel for name, tried in found.items()}, value_bits)
