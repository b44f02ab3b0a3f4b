"""A network as a folder of C, with what a firmware engineer needs beside it."""

import shutil
from pathlib import Path

from ecglib import models, paths, trials
from ecglib.deployment.integers import in_integers, inputs, of_every_class, source
from ecglib.deployment.survey import costs_of
from ecglib.device import compiler, firmware, measure
from ecglib.device.exchange import write_onnx
from ecglib.runs import Key


def write_firmware(key: Key, path: Path, folder: Path, beats: int) -> dict:
    """One network as C and as ONNX, with its licence and a README; what it costs.

    beats: of the test part, of every class, on which the C must equal the reference on the emulated
    core; they are the folder's test vector, too. The folder is whole or as it was.

    Raises:
        NotExact: it does not.
        CompilerMissing: there is no cross compiler to choose kernels with.
    """
    chosen = trials.settings().on_device_estimate
    network = models.load(key.model, path).eval()
    of = source(key.model, key.split, key.seed)
    integers, floats, _, _ = in_integers(network, key, chosen)
    test = of.parts["test"]
    drawn = of_every_class(test.label, beats, key.seed)
    samples = inputs(integers, test, raw=of.raw)[drawn]
    kernels = measure.fastest(integers, samples[0])
    costs = costs_of(measure.measure(integers, samples, kernels))
    with firmware.whole_folder(folder) as temporary:
        c = temporary / "c"
        firmware.write(integers, c, samples, title=key.name, kernels=kernels)
        write_onnx(floats, temporary / "network.onnx")
        shutil.copy(paths.ROOT / "LICENSE", temporary / "LICENSE")
        (temporary / "README.md").write_text(_readme(key, costs, beats))
    return costs


def _readme(key: Key, costs: dict, beats: int) -> str:
    weights, whole = costs["flash_weight_bytes"], costs["flash_total_bytes"]
    gcc = compiler.version(compiler.device_compiler())
    share = f"{key.target_sparsity:.0%} of the {key.budget}"
    return f"""# {key.model}, {key.allocation}: {share} removed

`ecg_classify` in `c/ecg_model.h` takes one beat of raw samples and gives its AAMI class. C99, no
allocation, no C library; kernels use the DSP extension of Cortex-M4, M7 and M33 where there is one.

| | |
|---|---|
| network | `{key.name}` |
| flash | {whole:,} bytes: {weights:,} of weights and tables, {whole - weights:,} of code |
| RAM | {costs["ram_bytes"]:,} bytes, stack included, the caller's beat and interrupts not |
| estimated cycles, no wait states | {costs["cycles_p2"]:,.0f} |
| kernels | {costs["kernel"].replace("+", ", ")} |
| compiled with | {gcc}, -O2 -mcpu=cortex-m4 |

`c/ecg_test.c` classifies {beats} test beats of all classes and compares every logit; it returns how
many differ. `network.onnx` is the same network in float32. Left to the firmware: finding the beats,
and sampling them as in training. For research: this is no medical device.

Code and weights: MIT (`LICENSE`). The test beats are of the MIT-BIH Arrhythmia Database (Moody and
Mark 2001, doi:10.13026/C2F305), under the Open Data Commons Attribution License v1.0.
"""
