"""What a network of the study costs on the emulated Cortex-M4, and what 8 bits change."""

import numpy as np
import torch
from torch import Tensor

from ecglib.apnea.networks import Chain
from ecglib.apnea.nights import Night
from ecglib.deployment.compact import compact
from ecglib.device import aims, integer, measure
from ecglib.device.boards import energy_uj
from ecglib.device.compiler import CompilerMissing
from ecglib.device.flash import WAIT_STATES
from ecglib.device.folding import dealt, folded
from ecglib.device.quantize import quantize, quantize_input

AIM = ("cycles", "memory")  # the fastest layout, and the one of least flash and RAM
WINDOWS = 512  # to calibrate on, and as many to compare on


def assess(chain: Chain, training: Tensor, testing: Tensor) -> list[dict]:
    """One row an aim: agreement of 8-bit and float answers, cycles, flash and RAM of a window.

    training: (n, 1, WINDOW) to calibrate on; testing: (n, 1, WINDOW). Costs are absent where there
    is no cross compiler. Every logit of the C was equal to the integer reference's.

    Raises:
        NotExact, IntegerError: see `measure` and `quantize`.
    """
    plain = compact(folded(chain))
    integers = quantize(plain, dealt(training, plain.input_shape))
    inputs = quantize_input(integers, dealt(testing, plain.input_shape))
    with torch.no_grad():
        floats = chain.eval()(testing).argmax(1).numpy()
    agree = float((integer.logits(integers, inputs).argmax(1) == floats).mean())
    window = np.concatenate([part[:1].reshape(1, -1) for part in inputs], 1)
    rows = []
    for aim in AIM:
        row = {"aim": aim, "int8_agreement": agree}
        try:
            rows.append(row | _costs(integers, window, aim))
        except CompilerMissing:
            rows.append(row)
    return rows


def _costs(integers: integer.IntegerNetwork, window: np.ndarray, aim: str) -> dict:
    kernels, bits = aims.laid_out(integers, window[0], aim)
    found = measure.measure(integers, window, kernels, bits)
    cycles = found.cycles[measure.TYPICAL]
    low, high = energy_uj(cycles)
    return {
        "kernel": " ".join(kernels.values()),
        f"cycles_p{measure.TYPICAL}": round(cycles),
        f"cycles_p{measure.TYPICAL}_ws{WAIT_STATES}": round(cycles + found.waits),
        "flash_total_bytes": found.constant_bytes + found.code_bytes,
        "ram_bytes": found.ram_bytes,
        "energy_uj_low": low,
        "energy_uj_high": high,
    }


def windows_of(nights: list[Night], count: int, seed: int) -> Tensor:
    """(count, 1, WINDOW) windows drawn from these nights, each as likely as any other."""
    drawn = np.random.default_rng(seed)
    ends = np.cumsum([len(night.label) for night in nights])
    chosen = np.sort(drawn.choice(ends[-1], min(count, ends[-1]), replace=False))
    of = np.searchsorted(ends, chosen, side="right")
    starts = np.concatenate([[0], ends[:-1]])
    windows = [nights[n].windows[at - starts[n]] for n, at in zip(of, chosen, strict=True)]
    return torch.from_numpy(np.stack(windows))[:, None]
