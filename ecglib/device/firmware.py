"""A network as one self-contained folder of C99: weights, kernels, a header, a test.

`ecg_classify` takes one beat and gives the class; no allocation, and nothing of the standard
library. It builds for a Cortex-M and, for tests, for the host.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib import paths
from ecglib.device import integer
from ecglib.device.c_text import function_of, padding_code, place_code, window_code
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.layer_code import layer_code
from ecglib.device.plan import Plan, plan
from ecglib.device.zscore import factor_of, normalised
from ecglib.settings.words import CLASSES

__all__ = ["function_of", "input_tensors", "write"]

KERNELS = "ecg_kernels.h"


def write(
    network: IntegerNetwork,
    folder: Path,
    beats: np.ndarray,
    *,
    title: str,
    kernels: Mapping[str, str] | None = None,
    value_bits: int = 16,
) -> None:
    """Write the folder, whole or not at all; what stands there is replaced.

    beats: the test vector, and by its type what `ecg_classify` takes: int16 (n, samples) is raw
    samples, which the C normalises; uint8 (n, values) are all values of the input tensors, one
    tensor after the other, channel by channel. kernels, value_bits: see `plan.plan`.

    Raises:
        IntegerError: what C cannot do with this network, beats of another shape or type, or a title
            that would end a comment.
    """
    if "*/" in title:
        raise IntegerError(f"the title {title!r} would end the comment that it stands in")
    inputs = input_tensors(network, beats)
    planned = plan(network, kernels or {}, value_bits)
    raw = beats.dtype == np.int16
    files = {
        "ecg_model.h": _header(network, title, raw=raw),
        "ecg_model.c": _model(network, planned, title, raw=raw),
        "ecg_test.c": _test(beats, integer.logits(network, inputs), raw=raw),
        KERNELS: resources.files("ecglib.device").joinpath("c", KERNELS).read_text(),
    }
    with paths.whole_folder(folder) as temporary:
        for name, text in files.items():
            (temporary / name).write_text(text)


def input_tensors(network: IntegerNetwork, beats: np.ndarray) -> list[np.ndarray]:
    """What `ecg_classify` makes of beats, see `write`: (n, channels, steps) for each input.

    IntegerError: beats of another shape or type than the network takes.
    """
    if beats.dtype not in (np.int16, np.uint8):
        raise IntegerError(f"beats are {beats.dtype}, expected int16 samples or uint8 values")
    sizes = [tensor.channels * tensor.steps for tensor in network.inputs]
    if beats.ndim != 2 or not len(beats) or beats.shape[1] != sum(sizes):
        raise IntegerError(f"beats are {beats.shape}, expected (n, {sum(sizes)}), n at least 1")
    if beats.dtype == np.int16:
        return [normalised(network, beats)]
    parts = np.split(beats, np.cumsum(sizes)[:-1], axis=1)
    shapes = [(-1, tensor.channels, tensor.steps) for tensor in network.inputs]
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _argument(raw: bool) -> str:
    return "const int16_t beat[ECG_SAMPLES]" if raw else "const uint8_t values[ECG_VALUES]"


def _header(network: IntegerNetwork, title: str, *, raw: bool) -> str:
    names = ", ".join(f"ECG_{name}" for name in CLASSES)
    size = sum(tensor.channels * tensor.steps for tensor in network.inputs)
    takes = (
        "raw samples, any gain and offset; a flat line has a class, too"
        if raw
        else "the values of the input tensors"
    )
    return f"""/* SPDX-License-Identifier: MIT
 * {title}
 */
#ifndef ECG_MODEL_H
#define ECG_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define {"ECG_SAMPLES" if raw else "ECG_VALUES"} {size}
#define ECG_CLASSES {len(network.layers[-1].weight)}

/* AAMI classes. */
enum ecg_class {{ {names} }};

/* What the last call found for each class; the largest is its answer. */
extern int32_t ecg_logits[ECG_CLASSES];

/* The class of a beat, given as {takes}.
 * Not reentrant: one static buffer. */
int ecg_classify({_argument(raw)});

#ifdef __cplusplus
}}
#endif

#endif
"""


def _model(network: IntegerNetwork, planned: Plan, title: str, *, raw: bool) -> str:
    of = [layer_code(one, network.tensors[one.layer.sources[0]]) for one in planned.layers]
    layers = "\n".join(of)
    calls = "\n".join(f"    {function_of(one.layer.name)}();" for one in planned.layers)
    return f"""/* SPDX-License-Identifier: MIT
 * {title}
 */
#include "ecg_model.h"

#define ECG_VALUE_BITS {planned.value_bits}
#include "ecg_kernels.h"

#define ECG_LAYER static __attribute__((noinline)) void

static ecg_value memory[{planned.size}] __attribute__((aligned(4)));
{window_code(planned.window)}int32_t ecg_logits[ECG_CLASSES];

{layers}
{_input(network, planned, raw=raw)}
int ecg_classify({_argument(raw)}) {{
    {"normalise(beat)" if raw else "take(values)"};
{calls}
    int best = 0;
    for (int i = 1; i < ECG_CLASSES; i++)
        if (ecg_logits[i] > ecg_logits[best]) best = i;
    return best;
}}
"""


def _input(network: IntegerNetwork, planned: Plan, *, raw: bool) -> str:
    """The function that fills the input tensors."""
    padding = "".join(
        padding_code(buffer, tensor)
        for buffer, tensor in zip(planned.inputs, network.inputs, strict=True)
    )
    if raw:
        zero, to = network.inputs[0].zero, f"memory + {planned.inputs[0].first}"
        call = f"    ecg_normalise(beat, ECG_SAMPLES, {factor_of(network)}u, {zero}, {to});\n"
        return f"ECG_LAYER normalise(const int16_t *beat) {{\n{call}{padding}}}\n"
    calls, start = "", 0
    for i, (tensor, buffer) in enumerate(zip(network.inputs, planned.inputs, strict=True)):
        calls += (
            f"    const ecg_place input{i} = {place_code(buffer)};\n"
            f"    ecg_take(values + {start}, {tensor.channels}, {tensor.steps}, input{i});\n"
        )
        start += tensor.channels * tensor.steps
    return f"ECG_LAYER take(const uint8_t *values) {{\n{calls}{padding}}}\n"


def _test(beats: np.ndarray, expected: np.ndarray, *, raw: bool) -> str:
    rows = ",\n".join("    {" + ", ".join(map(str, beat)) + "}" for beat in beats.tolist())
    found = ",\n".join("    {" + ", ".join(map(str, row)) + "}" for row in expected.tolist())
    kind, size = ("int16_t", "ECG_SAMPLES") if raw else ("uint8_t", "ECG_VALUES")
    return f"""/* SPDX-License-Identifier: MIT
 * Classifies {len(beats)} beats and compares every logit; the exit status is how many beats differ.
 */
#include "ecg_model.h"

#define BEATS {len(beats)}
static const {kind} beats[BEATS][{size}] = {{
{rows}}};
static const int32_t expected[BEATS][ECG_CLASSES] = {{
{found}}};

int main(void) {{
    int wrong = 0;
    for (int i = 0; i < BEATS; i++) {{
        ecg_classify(beats[i]);
        int same = 1;
        for (int c = 0; c < ECG_CLASSES; c++) same &= ecg_logits[c] == expected[i][c];
        wrong += !same;
    }}
    return wrong;
}}
"""
