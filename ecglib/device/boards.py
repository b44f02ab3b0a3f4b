"""What devices cost and offer, as data with its source."""

# MLPerf Tiny v1.1, STMicroelectronics' submission on a NUCLEO-L4R5ZI (Cortex-M4) at 1.8 V: energy
# over cycles of an inference, the lowest and the highest of its benchmarks.
PICOJOULES_PER_CYCLE = (273.0, 394.0)

# CMSIS-NN's arm_convolve_s8 on one layer of 32 -> 32 channels, 5 taps, 187 steps: 2,411 k cycles
# for 957,440 MACs, estimated by the same method. Other layers are taken to cost as much per MAC.
STANDARD_CYCLES_PER_MAC = 2.52

# The smallest part that a network is to fit, of the size of an entry-level microcontroller.
SMALL_FLASH_BYTES, SMALL_RAM_BYTES = 32 * 1024, 8 * 1024


def energy_uj(cycles: float) -> tuple[float, float]:
    """The band of energy of so many cycles, in microjoules; sleep between beats is not in it.

    >>> energy_uj(1e6)
    (273.0, 394.0)
    """
    low, high = PICOJOULES_PER_CYCLE
    return cycles * low / 1e6, cycles * high / 1e6
