"""The C of a network as text: its header, the model, and a test that compares its logits.

`prefix` begins every name that other files of a program see, and its capitals every macro.
"""

from collections.abc import Sequence

import numpy as np

from ecglib.device.c_text import function_of, padding_code, place_code, window_code
from ecglib.device.integer import IntegerNetwork
from ecglib.device.layer_code import layer_code
from ecglib.device.plan import Plan
from ecglib.device.zscore import factor_of
from ecglib.settings.words import CLASSES

KERNELS = "ecg_kernels.h"


def _argument(prefix: str, raw: bool) -> str:
    capitals = prefix.upper()
    if raw:
        return f"const int16_t beat[{capitals}_SAMPLES]"
    return f"const uint8_t values[{capitals}_VALUES]"


def header(
    network: IntegerNetwork, title: str, prefix: str, classes: Sequence[str], *, raw: bool
) -> str:
    """PREFIX_model.h: what the program calls, and what its answer means."""
    capitals = prefix.upper()
    names = ", ".join(f"{capitals}_{name.upper()}" for name in classes)
    size = sum(tensor.channels * tensor.steps for tensor in network.inputs)
    takes = (
        "raw samples, any gain and offset; a flat line has a class, too"
        if raw
        else "the values of the input tensors"
    )
    last = network.layers[-1]
    return f"""/* SPDX-License-Identifier: MIT
 * {title}
 */
#ifndef {capitals}_MODEL_H
#define {capitals}_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define {capitals}_{"SAMPLES" if raw else "VALUES"} {size}
#define {capitals}_CLASSES {len(last.weight)}

/* What one unit of a logit stands for: a softmax takes logits times this. */
#define {capitals}_LOGIT_SCALE {last.output.scale:.8e}f

/* {"AAMI classes" if tuple(classes) == CLASSES else "Classes"}. */
enum {prefix}_class {{ {names} }};

/* What the last call found for each class; the largest is its answer. */
extern int32_t {prefix}_logits[{capitals}_CLASSES];

/* The class of a beat, given as {takes}.
 * Not reentrant: one static buffer. */
int {prefix}_classify({_argument(prefix, raw)});

#ifdef __cplusplus
}}
#endif

#endif
"""


def model(network: IntegerNetwork, planned: Plan, title: str, prefix: str, *, raw: bool) -> str:
    """PREFIX_model.c: weights, and a function for each layer."""
    capitals = prefix.upper()
    layers = "\n".join(
        layer_code(one, network.tensors[one.layer.sources[0]]) for one in planned.layers
    )
    calls = "\n".join(f"    {function_of(one.layer.name)}();" for one in planned.layers)
    return f"""/* SPDX-License-Identifier: MIT
 * {title}
 */
#include "{prefix}_model.h"

#define ECG_VALUE_BITS {planned.value_bits}
#include "{KERNELS}"

#define ECG_LAYER static __attribute__((noinline)) void
#define LOGITS {prefix}_logits

static ecg_value memory[{planned.size}] __attribute__((aligned(4)));
{window_code(planned.window)}int32_t LOGITS[{capitals}_CLASSES];

{layers}
{_input(network, planned, prefix, raw=raw)}
int {prefix}_classify({_argument(prefix, raw)}) {{
    {"normalise(beat)" if raw else "take(values)"};
{calls}
    int best = 0;
    for (int i = 1; i < {capitals}_CLASSES; i++)
        if (LOGITS[i] > LOGITS[best]) best = i;
    return best;
}}
"""


def _input(network: IntegerNetwork, planned: Plan, prefix: str, *, raw: bool) -> str:
    """The function that fills the input tensors."""
    padding = "".join(
        padding_code(buffer, tensor)
        for buffer, tensor in zip(planned.inputs, network.inputs, strict=True)
    )
    if raw:
        samples, factor = f"{prefix.upper()}_SAMPLES", f"{factor_of(network)}u"
        zero, to = network.inputs[0].zero, f"memory + {planned.inputs[0].first}"
        call = f"    ecg_normalise(beat, {samples}, {factor}, {zero}, {to});\n"
        return f"ECG_LAYER normalise(const int16_t *beat) {{\n{call}{padding}}}\n"
    calls, start = "", 0
    for i, (tensor, buffer) in enumerate(zip(network.inputs, planned.inputs, strict=True)):
        calls += (
            f"    const ecg_place input{i} = {place_code(buffer)};\n"
            f"    ecg_take(values + {start}, {tensor.channels}, {tensor.steps}, input{i});\n"
        )
        start += tensor.channels * tensor.steps
    return f"ECG_LAYER take(const uint8_t *values) {{\n{calls}{padding}}}\n"


def test(beats: np.ndarray, expected: np.ndarray, prefix: str, *, raw: bool) -> str:
    """PREFIX_test.c: a program that compares the logits (n, classes) of beats (n, size)."""
    capitals = prefix.upper()
    rows = ",\n".join("    {" + ", ".join(map(str, beat)) + "}" for beat in beats.tolist())
    found = ",\n".join("    {" + ", ".join(map(str, row)) + "}" for row in expected.tolist())
    kind, size = ("int16_t", "SAMPLES") if raw else ("uint8_t", "VALUES")
    return f"""/* SPDX-License-Identifier: MIT
 * Classifies {len(beats)} beats and compares every logit; the exit status is how many beats differ.
 */
#include "{prefix}_model.h"

#define BEATS {len(beats)}
static const {kind} beats[BEATS][{capitals}_{size}] = {{
{rows}}};
static const int32_t expected[BEATS][{capitals}_CLASSES] = {{
{found}}};

int main(void) {{
    int wrong = 0;
    for (int i = 0; i < BEATS; i++) {{
        {prefix}_classify(beats[i]);
        int same = 1;
        for (int c = 0; c < {capitals}_CLASSES; c++) same &= {prefix}_logits[c] == expected[i][c];
        wrong += !same;
    }}
    return wrong;
}}
"""
