"""A network as a folder of C, with what a firmware engineer needs beside it."""

import shutil
from pathlib import Path

from ecglib import models, paths, trials
from ecglib.deployment.integers import in_integers, inputs, source
from ecglib.deployment.survey import costs_of
from ecglib.device import compiler, firmware, measure
from ecglib.device.exchange import write_onnx
from ecglib.runs import Key


def write_firmware(key: Key, path: Path, folder: Path, beats: int) -> dict:
    """One network as C and as ONNX, with its licence and a README; what it costs.

    beats: of the test part, on which the C must equal the reference on the emulated core; they are
    the folder's test vector, too.

    Raises:
        NotExact: it does not.
        CompilerMissing: there is no cross compiler to choose kernels with.
    """
    chosen = trials.settings().on_device_estimate
    network = models.load(key.model, path).eval()
    of = source(key.model, key.split, key.seed)
    integers, _ = in_integers(network, key, chosen)
    samples = inputs(integers, of.parts["test"], raw=of.raw)[:beats]
    kernels = measure.fastest(integers, samples[0])
    costed = measure.measure(integers, samples, kernels)
    firmware.write(integers, folder, samples, title=key.name, kernels=kernels)
    write_onnx(network, folder / "network.onnx")
    shutil.copy(paths.ROOT / "LICENSE", folder / "LICENSE")
    costs = costs_of(costed)
    with paths.atomic(folder / "README.md") as temporary:
        temporary.write_text(_readme(key, costs, beats))
    return costs


def _readme(key: Key, costs: dict, beats: int) -> str:
    weights, whole = costs["flash_weight_bytes"], costs["flash_total_bytes"]
    gcc = compiler.version(compiler.device_compiler())
    share = f"{key.target_sparsity:.0%} of the {key.budget}"
    return f"""# {key.model}, {key.allocation}: {share} removed

`ecg_classify` in `ecg_model.h` takes one beat of raw samples and gives its AAMI class. C99, no
allocation, no C library; kernels use the DSP extension of Cortex-M4, M7 and M33 where there is one.

| | |
|---|---|
| network | `{key.name}` |
| flash | {whole:,} bytes: {weights:,} of weights and tables, {whole - weights:,} of code |
| RAM | {costs["ram_bytes"]:,} bytes, stack included |
| estimated cycles, no wait states | {costs["cycles_p2"]:,.0f} |
| kernels | {costs["kernel"].replace("+", ", ")} |
| compiled with | {gcc}, -O2 -mcpu=cortex-m4 |
| licence | MIT (`LICENSE`) |

`ecg_test.c` classifies {beats} test beats and compares every logit; it returns how many differ.
For research: this is no medical device. `network.onnx` is the same network in float32.
"""
