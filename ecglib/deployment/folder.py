"""A network as a folder of C, with what a firmware engineer needs beside it."""

import shutil
from pathlib import Path

import pandas as pd
import torch

from ecglib import paths
from ecglib.deployment import steady
from ecglib.deployment.integers import inputs, of_every_class, source
from ecglib.deployment.survey import costs_of, measured
from ecglib.device import compiler, firmware
from ecglib.device.exchange import write_onnx
from ecglib.results.runs import Key
from ecglib.settings.config import settings


def write_firmware(key: Key, path: Path, folder: Path, beats: int, shifts: pd.DataFrame) -> dict:
    """One network, made steady, as C and as ONNX, with its licence and a README; what it costs.

    shifts: its rows of `steady.compared`, for the README. beats: of the test part, of every class,
    on which the C must equal the reference on the emulated core, as it must on the settings' host
    beats on this computer; they are the test vector, too. The folder is whole or as it was.

    Raises:
        NotExact: it does not.
        CompilerMissing: there is no cross compiler, or none for this computer.
    """
    compiler.device_compiler(), compiler.host_compiler()
    torch.set_num_threads(1)  # as in the survey: more would add up in another order
    of = source(key.model, key.split, key.seed)
    integers, floats = steady.in_integers(key, path)
    test = of.parts["test"]
    drawn = of_every_class(test.label, settings().on_device_estimate.host_beats, key.seed)
    samples = inputs(integers, test, raw=of.raw)[drawn]
    costed = measured(integers, samples, beats, "cycles")
    costs, kernels = costs_of(costed), costed.kernels
    with paths.whole_folder(folder) as temporary:
        c = temporary / "c"
        firmware.write(integers, c, samples[:beats], title=key.name, kernels=kernels)
        write_onnx(floats, temporary / "network.onnx")
        shutil.copy(paths.ROOT / "LICENSE", temporary / "LICENSE")
        (temporary / "README.md").write_text(_readme(key, costs, beats, shifts, raw=of.raw))
    return costs


def _readme(key: Key, costs: dict, beats: int, shifts: pd.DataFrame, *, raw: bool) -> str:
    weights, whole = costs["flash_weight_bytes"], costs["flash_total_bytes"]
    gcc = compiler.version(compiler.device_compiler())
    budget = "MACs" if key.budget == "macs" else key.budget
    removed = f"{key.target_sparsity:.0%} of the {budget} removed"
    flags = " ".join(("-O2", *compiler.DEVICE))
    reached, f1 = _as_annotated(shifts)
    scored = f"{reached:.2%} accuracy, {100 * f1:.2f} macro-F1"
    claim = settings().results.published
    held = reached >= claim.accuracy and f1 >= claim.f1
    claimed = f"{claim.accuracy:.2%}, {100 * claim.f1:.2f}: {'held' if held else 'missed'}"
    return f"""# {key.model}, {key.method.replace("_", " ")}, {removed}

`ecg_classify` in `c/ecg_model.h` takes one beat and gives its AAMI class. No allocation, no C
library; kernels use the DSP extension of Cortex-M4, M7 and M33 where there is one.

| | |
|---|---|
| network | `{key.name}` |
| on the test beats of its split, 8 bits | {scored} |
| published (arXiv:2109.00516) | {claimed} |
| flash | {whole:,} bytes: {weights:,} of weights and tables, {whole - weights:,} of code |
| RAM | {costs["ram_bytes"]:,} bytes, stack included, the caller's beat and interrupts not |
| estimated cycles, no wait states | {costs["cycles_p2"]:,.0f} |
| kernels | {costs["kernel"].replace("+", ", ")} |
| compiled with | {gcc} |

## What it takes

{_takes(key, raw=raw)}

{_stands(shifts)}

Left to the firmware: finding the beats, and knowing a signal that is none. For research: this is no
medical device.

## Build

    arm-none-eabi-gcc {flags} -c ecg_model.c

or any gcc or clang that knows C99. Needed beside it: libgcc (a 64-bit division). The fast kernels
need gcc without `-fno-omit-frame-pointer`; `-DECG_PORTABLE` takes portable ones, the same to the
last bit. One network a program: its names are global. `c/ecg_test.c` classifies {beats} test beats
of all classes and compares every logit; it returns how many differ.

Code and weights: MIT (`LICENSE`). The test beats are of the MIT-BIH Arrhythmia Database (Moody and
Mark 2001, doi:10.13026/C2F305), under the Open Data Commons Attribution License v1.0.
"""


def _takes(key: Key, *, raw: bool) -> str:
    data = settings().data
    window = data.windows[key.model]
    beat = (
        f"{window.length} samples at {window.fs_hz} Hz of lead {data.lead}, the R peak at index "
        f"{window.r_index}"
    )
    onnx = (
        "`network.onnx` is the same network in float32, its layers 2-D of height one: `beat` to "
        "`logits`"
    )
    if not raw:
        return f"""{beat}, and what `ecglib.data` makes of them for this
model, as 8-bit values: see `take` in `c/ecg_model.c` for their order, and
`ecglib.device.quantize.quantize_input` for their scale.
{onnx}."""
    return f"""{beat}; as the converter
gives them, of any gain and offset, not filtered. The C takes their mean and divides by their
standard deviation itself.
{onnx};
its `beat`, (n, 1, {window.length}), has been normalised like that before."""


def _as_annotated(shifts: pd.DataFrame) -> tuple[float, float]:
    """Accuracy and macro-F1 on test beats, R peaks where they are annotated."""
    of = shifts[shifts["trained_with_shifts"] & shifts["part"].eq("test") & shifts["shift"].eq(0)]
    ((reached, f1),) = of[["accuracy_int8", "f1_macro_int8"]].to_numpy()
    return reached, f1


def _stands(shifts: pd.DataFrame) -> str:
    """What R peaks cost that are some samples off."""
    chosen = settings().on_device_estimate.steady
    test = shifts[shifts["part"] == "test"]
    f1 = 100 * test.pivot(index="trained_with_shifts", columns="shift", values="f1_macro_int8")
    rows = [
        ["samples of 360 Hz late", *(f"{late:+d}" if late else "0" for late in f1)],
        ["---"] * (1 + f1.shape[1]),
        ["this network", *(f"{score:.1f}" for score in f1.loc[True])],
        ["before", *(f"{score:.1f}" for score in f1.loc[False])],
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""A detector's R peak lies some samples beside the annotator's. So after pruning this
network was trained on for {chosen.epochs} epochs, each beat cut up to {chosen.most} samples early
or late. Macro-F1 on the test beats, R peaks seen late, of this network and of the one before:

{table}"""
