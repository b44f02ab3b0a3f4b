"""What devices cost and offer, as data with its source."""

# MLPerf Tiny v1.1, STMicroelectronics' submission on a NUCLEO-L4R5ZI (Cortex-M4) at 1.8 V: energy
# over cycles of an inference, the lowest and the highest of its benchmarks.
PICOJOULES_PER_CYCLE = (273.0, 394.0)

# The smallest part that a network is to fit, of the size of an entry-level microcontroller.
SMALL_FLASH_BYTES, SMALL_RAM_BYTES = 32 * 1024, 8 * 1024


def energy_uj(cycles: float) -> tuple[float, float]:
    """The band of energy of so many cycles, in microjoules; sleep between beats is not in it.

    >>> energy_uj(1e6)
    (273.0, 394.0)
    """
    low, high = PICOJOULES_PER_CYCLE
    return cycles * low / 1e6, cycles * high / 1e6
