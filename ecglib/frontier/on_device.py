"""A pruned network on the device: in 8 bits as rounded, without training on, and what it costs."""

from typing import Any

from torch import nn

from ecglib.deployment import integers
from ecglib.deployment.compact import compact
from ecglib.deployment.survey import costs_of, measured
from ecglib.device import compiler, firmware, integer
from ecglib.device.compiler import CompilerMissing
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
    found = {"validation": validation, **test}
    try:
        compiler.device_compiler(), compiler.host_compiler()
    except CompilerMissing:
        return found
    part = of.parts["test"]
    drawn = integers.of_every_class(part.label, chosen.host_beats, seed)
    beats = integers.inputs(whole, part, raw=of.raw)[drawn]
    expected = integer.logits(whole, firmware.input_tensors(whole, beats))
    costs = costs_of(measured(whole, beats, expected, chosen.emulated_beats, "cycles"))
    return found | costs | {"cycles": costs["cycles_p2"], "cycles_of_sums": 0}
