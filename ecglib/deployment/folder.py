"""A network as a folder of C, with what a firmware engineer needs beside it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ecglib import paths
from ecglib.deployment import beside, readme, steady
from ecglib.deployment.integers import BATCH, Part, inputs, of_every_class, source
from ecglib.deployment.survey import costs_of, measured
from ecglib.device import compiler, firmware, integer
from ecglib.device.exchange import ExportError, run_onnx, write_onnx
from ecglib.device.integer import IntegerNetwork
from ecglib.device.qdq import write_int8_onnx
from ecglib.results.runs import Key
from ecglib.settings.config import settings

AGREEMENT = 0.999  # of the test beats, that the quantised ONNX file must give the C's class for


def write_firmware(
    key: Key,
    path: Path,
    folder: Path,
    beats: int,
    device: pd.DataFrame,
    swept: pd.DataFrame,
    shifts: pd.DataFrame,
) -> dict:
    """One network, made steady, as C and ONNX, with its licence and a README; what it costs.

    beats: of the test part, of every class, on which the C must equal the reference on the emulated
    core, as it must on the settings' host beats on this computer; they are the folder's test
    vector, too. device, swept: what the README compares it with, see `beside`; shifts: its rows of
    `steady.compared`. The folder is whole or as it was.

    Raises:
        paths.FolderError: the folder holds files that were not written here, or changed ones.
        NotExact: it does not.
        ExportError: an ONNX file gives other answers.
        CompilerMissing: there is no cross compiler, or none for this computer.
    """
    paths.require_own(folder)  # said before the network is measured
    compiler.device_compiler(), compiler.host_compiler()
    torch.set_num_threads(1)  # as in the survey: more would add up in another order
    of = source(key.model, key.split, key.seed)
    integers, floats = steady.in_integers(key, path)
    test = of.parts["test"]
    drawn = of_every_class(test.label, settings().on_device_estimate.host_beats, key.seed)
    samples = inputs(integers, test, raw=of.raw)[drawn]
    expected = integer.logits(integers, firmware.input_tensors(integers, samples))
    costed = measured(integers, samples, expected, beats, "cycles")
    costs, kernels = costs_of(costed), costed.kernels
    with paths.whole_folder(folder) as temporary:
        c = temporary / "c"
        firmware.write(integers, c, samples[:beats], title=key.name, kernels=kernels)
        write_onnx(floats, temporary / "network.onnx")
        write_int8_onnx(integers, temporary / "network_int8.onnx")
        agreement = agreeing(integers, temporary / "network_int8.onnx", test, raw=of.raw)
        if agreement < AGREEMENT:
            raise ExportError(f"{key.name}: of the test beats only {agreement:.2%} are as in C")
        shutil.copy(paths.ROOT / "LICENSE", temporary / "LICENSE")
        kind, apart = beside.kind_of(key, device), beside.apart(key, swept)
        facts = readme.Facts(key, costs, beats, of.raw, agreement, kind, apart, shifts)
        (temporary / "README.md").write_text(readme.text(facts))
    return costs


def agreeing(network: IntegerNetwork, file: Path, part: Part, *, raw: bool) -> float:
    """The fraction of beats for which onnxruntime gives the class that the integers give."""
    tensors = firmware.input_tensors(network, inputs(network, part, raw=raw))
    expected = integer.logits(network, tensors).argmax(1)
    logits = [run_onnx(file, windows) for windows in part.windows.split(BATCH)]
    return float((np.concatenate(logits).argmax(1) == expected).mean())
