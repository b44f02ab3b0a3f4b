"""What the short network is worth and costs on the device: 8 bits, C, the emulated Cortex-M4."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ecglib.data.datamodule import HeartbeatData
from ecglib.data.splits import split_indices
from ecglib.deployment import aware, integers
from ecglib.deployment.survey import costs_of
from ecglib.device import firmware, integer
from ecglib.device.boards import energy_uj
from ecglib.device.integer import IntegerNetwork
from ecglib.device.measure import TYPICAL, Measured
from ecglib.device.quantize import quantize
from ecglib.frontier import fits, on_device, short_beats, sums, taught
from ecglib.frontier.confusion import by_record
from ecglib.frontier.taught import Listening, TaughtData
from ecglib.pruning import masks as mask_values
from ecglib.settings.config import settings


def assessed(network: nn.Module, data: TaughtData, seed: int) -> dict[str, Any]:
    """Scores in 8 bits, and costs as a row of device.csv has them, see `_with_sums`.

    `confusion`: of the test beats in 8 bits, as a kept cell has it. Without a cross compiler costs
    are absent.

    Raises:
        NotExact: C and reference differ, on this computer or on the emulated core.
    """
    parts = {part: _part(data, part, seed) for part in ("validation", "test")}
    validation, test = parts.values()
    whole, epochs = _in_integers(network.eval(), integers.Source(data, parts, raw=True), seed)
    said = _said(whole, test.samples)
    found = {
        "widths": [len(layer.weight) for layer in whole.layers[:-1]],
        "aware_epochs": epochs,
        "validation": _scores(_said(whole, validation.samples), validation.label),
        **_scores(said, test.label),
        "confusion": by_record(data.test_record, test.label, said),
    }
    costed = on_device.costs(whole, test.samples, test.label, seed)
    return found | _with_sums(costed) if costed else found


def _part(data: HeartbeatData, part: str, seed: int) -> integers.Part:
    beats = short_beats.all_beats()
    rows = split_indices(beats, fits.SPLIT, seed)[part]
    windows, labels = data.tensors(part)
    return integers.Part(windows, beats.adc[rows], labels)


def _in_integers(network: nn.Module, of: integers.Source, seed: int) -> tuple[IntegerNetwork, int]:
    """The network in integers, and the epochs of training with their rounding, if these help.

    They are tried where 8 bits cost more macro-F1 on validation beats than the study accepts.
    """
    chosen, validation = settings().on_device_estimate, of.parts["validation"]
    windows = integers.calibration_windows(of, seed, chosen.calibration_beats)

    def reached(whole: IntegerNetwork) -> float:
        return integers.scores(whole, validation, raw=True)["f1_macro"]

    plain = quantize(network, windows)
    floats = integers.scores_of(integers.predicted(network, validation.windows), validation.label)
    if reached(plain) >= floats["f1_macro"] - chosen.aware_beyond:
        return plain, 0

    def fit(rounding: nn.Module, epochs: int, callbacks: object) -> None:
        """Nothing is masked here: the callbacks that would hold a mask are left out."""
        told = taught.distillation()
        fits.fit(Listening(rounding), of.data, "short", epochs, distillation=told)

    masks = mask_values.ones(network)
    tuned = aware.fine_tuned(network, masks, windows, fit, chosen.aware_epochs)
    better = quantize(tuned.eval(), windows)
    return (better, chosen.aware_epochs) if reached(better) > reached(plain) else (plain, 0)


def _said(network: IntegerNetwork, samples: np.ndarray) -> Tensor:
    """The classes (n,) of beats of int16 sums."""
    tensors = firmware.input_tensors(network, samples)
    return torch.from_numpy(integer.logits(network, tensors).argmax(1))


def _scores(said: Tensor, label: Tensor) -> dict[str, float]:
    scores = integers.scores_of(said, label)
    return {name: scores[name] for name in on_device.SCORES}


def _with_sums(costed: Measured) -> dict[str, Any]:
    """Costs; `cycles` and energy are with the sums, `cycles_p2` without."""
    before = sums.cycles(short_beats.some_windows(settings().on_device_estimate.emulated_beats))
    cycles = costed.cycles[TYPICAL] + before
    low, high = energy_uj(cycles)
    found = costs_of(costed) | {"cycles_of_sums": before, "cycles": cycles}
    by_layer = {name: round(of) for name, of in costed.by_function.items()}
    return found | {"energy_uj_low": low, "energy_uj_high": high, "by_function": by_layer}
