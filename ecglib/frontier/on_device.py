"""Second-order networks on the device: 8 bits as rounded, without training on, and their costs."""

from typing import Any

import pandas as pd

from ecglib import models
from ecglib.deployment import integers
from ecglib.deployment.compact import compact
from ecglib.deployment.survey import costs_of, measured
from ecglib.device import compiler, firmware, integer
from ecglib.device.compiler import CompilerMissing
from ecglib.device.quantize import quantize
from ecglib.frontier import cells, fits
from ecglib.frontier.methods import METHODS, Cell
from ecglib.frontier.pareto import MEASURED, SECOND_ORDER, SHORT
from ecglib.frontier.shown import Found
from ecglib.settings.config import settings

SHOWN = ("obs", "obs_pairs", "obs_macs")  # single weights, and the shapes that the device likes


def table(found: Found, model: str) -> pd.DataFrame:
    """The columns of `pareto.short`, a row for each cell of a model and of SHOWN.

    No rows without a cross compiler.

    Raises:
        NotExact: C and reference differ, on this computer or on the emulated core.
    """
    wanted = [cell for cell in found if cell.model == model and cell.method in SHOWN]
    try:
        compiler.device_compiler(), compiler.host_compiler()
    except CompilerMissing:
        wanted = []
    return pd.DataFrame([_row(cell) for cell in wanted], columns=list(SHORT))


def _row(cell: Cell) -> dict[str, Any]:
    chosen = settings().on_device_estimate
    network = models.load(cell.model, cells.network_path(cell)).eval()
    of = integers.source(cell.model, fits.SPLIT, cell.seed)
    calibration = integers.calibration_windows(of, cell.seed, chosen.calibration_beats)
    whole = quantize(compact(network), calibration)
    scores = {part: integers.scores(whole, of.parts[part], raw=of.raw) for part in of.parts}
    test = of.parts["test"]
    drawn = integers.of_every_class(test.label, chosen.host_beats, cell.seed)
    beats = integers.inputs(whole, test, raw=of.raw)[drawn]
    expected = integer.logits(whole, firmware.input_tensors(whole, beats))
    costs = costs_of(measured(whole, beats, expected, chosen.emulated_beats, "cycles"))
    costs |= {"cycles": costs["cycles_p2"], "cycles_of_sums": 0} | scores["test"]
    return {
        **{"code": SECOND_ORDER, "model": cell.model, "method": cell.method},
        **{"label": METHODS[cell.method].label, "target": cell.target, "seed": cell.seed},
        **{"widths": "", "f1_macro_validation": scores["validation"]["f1_macro"]},
        **{"flash_bytes": costs["flash_total_bytes"]},
        **{name: costs[name] for name in MEASURED},
    }
