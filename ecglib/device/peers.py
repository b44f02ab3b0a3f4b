"""What others' code takes for the networks of this study, and this code under other compilers.

Measured once, in the same meter as this study's C: arm-none-eabi-gcc 12.2.1, refills of 2 cycles,
no wait states. The peers' rows have normalisation and leaky ReLU in them, which not all of that
code brings. Weights are in 8 bits, unless `code` says float32. The meter has since come to price
wide targets across two words and jumps through memory: less than 1 % more in this study's networks.
"""

from typing import NamedTuple


class Peer(NamedTuple):
    """One network in others' code: which, whose, with which flags; what is None is not known."""

    model: str
    series: str
    target_sparsity: float
    code: str
    flags: str
    cycles: int
    flash_bytes: int | None
    ram_bytes: int | None


class Build(NamedTuple):
    """This study's C otherwise compiled: times the cycles of gcc -O2, from fewest to most."""

    compiler: str
    flags: str
    fewest: float
    most: float


ACHARYA, KACHUEE = ("acharya2017", "dense", 0.0), ("kachuee2018", "dense", 0.0)
PRUNED = ("acharya2017", "AOFP, MACs budget", 0.8)
# github.com: ARM-software/CMSIS-NN, tensorflow/tflite-micro, kraiskil/onnx2c, majianjia/nnom
CMSIS, ONNX2C = "CMSIS-NN 99f736a", "onnx2c ea045cc, float32"
TFLM, NNOM = "TensorFlow Lite Micro 90b983c with CMSIS-NN", "NNoM 4d1d8fc"
FAST, FAST3 = "-Ofast", "-O3 -ffast-math"
PEERS = (
    Peer(*ACHARYA, f"{CMSIS}, best use of its kernels", FAST, 486_097, 38_052, 2_568),
    Peer(*ACHARYA, f"{CMSIS}, its convolution wrapper", FAST, 700_029, 43_512, 2_908),
    Peer(*ACHARYA, TFLM, FAST, 829_837, 92_764, 7_400),  # of RAM about so much
    Peer(*ACHARYA, ONNX2C, FAST3, 822_228, 83_408, 11_444),
    Peer(*ACHARYA, NNOM, "-O2", 1_523_052, None, 4_176),
    Peer(*PRUNED, CMSIS, "-O3", 367_727, None, None),
    Peer(*PRUNED, ONNX2C, "not kept", 189_972, None, None),
    Peer(*KACHUEE, CMSIS, FAST, 10_743_303, 84_600, 18_996),
    Peer(*KACHUEE, ONNX2C, FAST3, 61_542_439, 229_032, 71_120),
)

# The three networks of reports/firmware, a beat of each.
BUILDS = (
    Build("gcc 12.2", "-O3", 1.0, 1.0),
    Build("gcc 12.2", "-O1", 1.03, 1.08),
    Build("gcc 12.2", "-Os", 1.09, 1.19),
    Build("clang 16 and 18", "-O2", 1.79, 2.04),
    Build("clang 16 and 18", "-Os", 1.83, 2.24),
    Build("gcc 12.2", "-O2 -DECG_PORTABLE", 1.81, 2.37),
    Build("gcc 12.2", "-Og", 4.36, 5.8),
    Build("gcc 12.2", "-O0", 26.5, 32.5),
)
