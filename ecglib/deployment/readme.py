"""The README of a folder of firmware: what it is for, what it takes, how well it does, its cost."""

from typing import NamedTuple

import pandas as pd

from ecglib.deployment.beside import Apart, Kind
from ecglib.device import compiler
from ecglib.device.flash import WAIT_STATES
from ecglib.device.peers import BUILDS
from ecglib.results.runs import Key
from ecglib.settings.config import settings

WAITING = f"cycles_p2_ws{WAIT_STATES}"
SLOW = 1.5  # builds that take so many times the cycles are told


class Facts(NamedTuple):
    """What the README tells.

    costs: as device.csv has them; agreement: of network_int8.onnx with the C; shifts: the network's
    rows of `steady.compared`.
    """

    key: Key
    costs: dict
    beats: int
    raw: bool
    agreement: float
    kind: Kind
    apart: Apart | None
    shifts: pd.DataFrame


def text(facts: Facts) -> str:
    """The README as Markdown."""
    key, row = facts.key, facts.costs | _as_annotated(facts.shifts)
    weights, whole = row["flash_weight_bytes"], row["flash_total_bytes"]
    gcc = compiler.version(compiler.device_compiler())
    budget = "MACs" if key.budget == "macs" else key.budget
    removed = f"{key.target_sparsity:.0%} of the {budget} removed"
    flags = " ".join(("-O2", *compiler.DEVICE))
    seeds, means = facts.kind
    claim = settings().results.published
    held = row["accuracy_int8"] >= claim.accuracy and row["f1_macro_int8"] >= claim.f1
    claimed = f"{claim.accuracy:.2%}, {100 * claim.f1:.2f}: {'held' if held else 'missed'}"
    return f"""# {key.model}, {key.method.replace("_", " ")}, {removed}

`ecg_classify` in `c/ecg_model.h` takes one beat and gives its AAMI class. No allocation, no C
library; kernels use the DSP extension of Cortex-M4, M7 and M33 where there is one.

## What it is for

{_for(facts)}
For research: this is no medical device. Left to the firmware: finding the beats, and knowing a
signal that is none.

| | this network | mean of {seeds} seed{"s" * (seeds > 1)}, not trained with shifts |
|---|---|---|
| network | `{key.name}` | |
| on the test beats of its split, 8 bits | {_scores(row)} | {_scores(means)} |
| published (arXiv:2109.00516) | {claimed} | |
| flash, bytes | {whole:,}: {weights:,} of weights and tables, {whole - weights:,} of code | \
{means["flash_total_bytes"]:,.0f} |
| RAM, bytes, stack included, the caller's beat and interrupts not | {row["ram_bytes"]:,} | \
{means["ram_bytes"]:,.0f} |
| estimated cycles, no wait states | {row["cycles_p2"]:,.0f} | {means["cycles_p2"]:,.0f} |
| the same with {WAIT_STATES} wait states and an accelerator, by a model | {row[WAITING]:,.0f} | |
| kernels | {row["kernel"].replace("+", ", ")} | |
| compiled with | {gcc} | |

## What it takes

{_takes(key, raw=facts.raw)}
`network_int8.onnx` has the C's integers as QuantizeLinear and DequantizeLinear nodes: the same
`beat`, and onnxruntime gives the class of the C for {facts.agreement:.2%} of the test beats.

## R peaks a few samples off

{_stands(facts.shifts)}

## What it gives

The class with the largest of `ecg_logits`. These times `ECG_LOGIT_SCALE` are logits as a softmax
takes them.

## Build

    arm-none-eabi-gcc {flags} -c ecg_model.c

or any gcc or clang that knows C99. Needed beside it: libgcc (a 64-bit division). The fast kernels
are for gcc with all registers: `-ffixed-r9`, `-fno-omit-frame-pointer` and `-msingle-pic-base` end
in "impossible constraints". `-DECG_PORTABLE` takes portable kernels, the same to the last bit, with
any flags. Other builds take more cycles, times those of gcc `-O2`:

{_builds()}

`c/ecg_test.c` classifies {facts.beats} test beats of all classes and compares every logit; it
returns how many differ. For several networks in one program write each with a prefix of its own
(`ecglib.device.firmware.write`).

Code and weights: MIT (`LICENSE`). The test beats are of the MIT-BIH Arrhythmia Database (Moody and
Mark 2001, doi:10.13026/C2F305), under the Open Data Commons Attribution License v1.0.
"""


def _scores(of: dict) -> str:
    return f"{of['accuracy_int8']:.2%} accuracy, {100 * of['f1_macro_int8']:.2f} macro-F1"


def _for(facts: Facts) -> str:
    """Whose beats the scores are of, and what patients never met get."""
    if facts.key.split == "inter":
        return "Patients that it has never met: it was trained on others than it is tested on.\n"
    seen = (
        "Patients whose beats it was trained on: its test beats are drawn at random, so others of\n"
        "the same patients were among those that it was trained on."
    )
    if not (of := facts.apart):
        return f"{seen}\nFor patients never met this model was not tested.\n"
    reached = f"{of.accuracy:.1%} accuracy and {100 * of.f1_macro:.1f} macro-F1"
    return f"""{seen}
On patients never met {of.whose}, trained for them, reaches
{reached} (float, mean of {of.seeds} seeds); calling
each of their beats normal has {of.always_normal:.1%} accuracy.
"""


def _builds() -> str:
    slow = [build for build in BUILDS if build.most > SLOW]
    return "\n".join(
        f"- {build.compiler} `{build.flags}`: {build.fewest:.1f} to {build.most:.1f}"
        for build in slow
    )


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


def _as_annotated(shifts: pd.DataFrame) -> dict:
    """The scores on test beats with R peaks where they are annotated."""
    of = shifts[shifts["trained_with_shifts"] & shifts["part"].eq("test") & shifts["shift"].eq(0)]
    (scores,) = of[["accuracy_int8", "f1_macro_int8"]].to_dict("records")
    return scores


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
