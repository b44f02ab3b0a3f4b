"""A pruned network on the device: in 8 bits as rounded, without training on, and what it costs."""

from typing import Any

import numpy as np
from torch import Tensor, nn

from ecglib.deployment import integers
from ecglib.deployment.compact import compact
from ecglib.deployment.survey import costs_of, measured
from ecglib.device import compiler, firmware, integer
from ecglib.device.compiler import CompilerMissing
from ecglib.device.integer import IntegerNetwork
from ecglib.device.measure import TYPICAL, Measured
from ecglib.device.quantize import quantize
from ecglib.frontier import fits
from ecglib.settings.config import settings

SCORES = ("f1_macro", "accuracy")


def assessed(network: nn.Module, model: str, seed: int) -> dict[str, Any]:
    """Scores in 8 bits, and costs as a row of device.csv has them with the fastest kernels.

    Without a cross compiler costs are absent.

    Raises:
        NotExact: C and reference differ, on this computer or on the emulated core.
    """
    chosen, of = settings().on_device_estimate, integers.source(model, fits.SPLIT, seed)
    calibration = integers.calibration_windows(of, seed, chosen.calibration_beats)
    whole = quantize(compact(network.eval()), calibration)
    validation, test = (
        {name: scores[name] for name in SCORES}
        for scores in (integers.scores(whole, part, raw=of.raw) for part in of.parts.values())
    )
    found, part = {"validation": validation, **test}, of.parts["test"]
    costed = costs(whole, integers.inputs(whole, part, raw=of.raw), part.label, seed)
    if costed is None:
        return found
    return found | costs_of(costed) | {"cycles": costed.cycles[TYPICAL], "cycles_of_sums": 0}


def costs(network: IntegerNetwork, beats: np.ndarray, label: Tensor, seed: int) -> Measured | None:
    """What some of the beats take with the fastest kernels; None without a cross compiler.

    beats: (n, values) as `ecg_classify` takes them; some of all classes are drawn by the seed.

    Raises:
        NotExact: C and reference differ, on this computer or on the emulated core.
    """
    try:
        compiler.device_compiler(), compiler.host_compiler()
    except CompilerMissing:
        return None
    chosen = settings().on_device_estimate
    drawn = beats[integers.of_every_class(label, chosen.host_beats, seed)]
    expected = integer.logits(network, firmware.input_tensors(network, drawn))
    return measured(network, drawn, expected, chosen.emulated_beats, "cycles")
