"""The C of a stream as text: the numbers of its design, and its network layer by layer."""

from collections.abc import Mapping, Sequence

from ecglib.device.c_text import array, function_of, padding_code, place_code
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.plan import Plan, Planned, plan
from ecglib.device.program import KERNELS
from ecglib.stream import design, p_wave, rhythm
from ecglib.stream.inputs import FEATURE_BITS, scales_of
from ecglib.stream.numbers import POWER_BITS, ROOTS
from ecglib.stream.parts import part_code, parts_of, steps_at_a_time, ticks_of_network
from ecglib.stream.resampling import kernel

LICENCE = "/* SPDX-License-Identifier: MIT\n * {} */\n"
PUBLIC = ("ecg_stream.h", "ecg_stream_state.h")
PARTS = (
    "math",
    "resample",
    "detect",
    "rhythm",
    "p_wave",
    "usual",
    "push",
)  # in the order of their use
IN_HEADER = ("FLAT", "SATURATED", "NOISE", "GAP", "SILENT", "NO_SAMPLE")  # under their own names
VALUE_BITS = 16


def planned(network: IntegerNetwork, kernels: Mapping[str, str] | None = None) -> Plan:
    """Where the network's tensors lie, and its kernels; see `device.plan`."""
    return plan(network, kernels or {}, VALUE_BITS)


def numbers(network: IntegerNetwork, of: Plan, classes: Sequence[str]) -> str:
    """ecg_stream_numbers.h: what the state's arrays are as long as, and the rest of the design."""
    scales, last = scales_of(network), network.layers[-1]
    found = {name: value for name, value in vars(design).items() if name.isupper()}
    found = {name: value for name, value in found.items() if name not in IN_HEADER}
    found = {name: value for name, value in found.items() if isinstance(value, int)}
    found |= {
        "POWER_BITS": POWER_BITS,
        "NO_INTERVAL": rhythm.NO_INTERVAL,
        "FEATURE_BITS": FEATURE_BITS,
        "DEVIATION_FACTOR": scales.deviation,
        "LOGARITHM_FACTOR": scales.logarithm,
        "FRACTION_FACTOR": scales.fraction,
        "P_FACTOR": scales.p_wave,
        "P_END": design.P_FIRST + design.P_SAMPLES,
        "P_TREND": p_wave.TREND,
        "P_MEAN": p_wave.MEAN,
        "P_LEAST_USUAL": p_wave.LEAST_USUAL,
        "P_LEAST": p_wave.LEAST,
        "P_ONE": p_wave.ONE,
        "WINDOW_ZERO": scales.window_zero,
        "FEATURE_ZERO": scales.feature_zero,
        "CLASSES": len(last.weight),
        "NETWORK_TICKS": ticks_of_network(network),
        "VALUES_SIZE": of.size,
        "WINDOW_AT": of.inputs[0].first,
    }
    lines = "\n".join(f"#define ECG_{name} {value}" for name, value in found.items())
    names = ", ".join(f"ECG_{name.upper()}" for name in classes)
    return (
        LICENCE.format("The numbers of a stream; those of the design are told of in its source.")
        + f"""#ifndef ECG_STREAM_NUMBERS_H
#define ECG_STREAM_NUMBERS_H

#include <stdint.h>

{lines}

/* What one unit of a logit stands for: a softmax takes logits times this. */
#define ECG_LOGIT_SCALE {last.output.scale:.8e}f

enum ecg_class {{ {names} }};

typedef int16_t ecg_stream_value;

#endif
"""
    )


def source(network: IntegerNetwork, of: Plan, title: str) -> str:
    """ecg_stream.c: tables, the network's layers, and what calls them."""
    layers = "\n".join(_layer(one, network) for one in of.layers)
    calls = [
        f"{function_of(one.layer.name)}(n, {part})"
        for one in of.layers
        for part in range(parts_of(network, one.layer))
    ]
    cases = "\n".join(f"    case {tick}: {call}; break;" for tick, call in enumerate(calls, 1))
    parts = [f'#include "ecg_stream_{part}.h"' for part in PARTS]
    return f"""{LICENCE.format(title)}#include "ecg_stream.h"

#define ECG_VALUE_BITS {of.value_bits}
#include "{KERNELS}"

{array("ecg_kernel", "int16_t", kernel())}
{array("ecg_roots", "uint32_t", ROOTS)}
/* Functions of their own, so that cycles can be told by stage. */
#define ECG_STAGE static __attribute__((noinline))
{parts[0]}

/* The network: a stream computes a part of a layer at a time, in memory of its own. */
#define ECG_LAYER static __attribute__((noinline)) void
#define LOGITS (n->logits)
#define memory (n->values)
{layers}
{_take(network, of)}
static void ecg_layers(ecg_network *n, int tick) {{
    switch (tick) {{
{cases}
    }}
}}

#undef memory
{chr(10).join(parts[1:])}
"""


def _layer(one: Planned, network: IntegerNetwork) -> str:
    """A layer's constants and function, which works in the memory that it is given."""
    _, part = steps_at_a_time(network, one.layer)
    return part_code(one, network.tensors[one.layer.sources[0]], part)


def _take(network: IntegerNetwork, of: Plan) -> str:
    """The function that fills the features; the window is cut straight to where it is read."""
    (window, features), (at, place) = network.inputs, of.inputs
    if (at.step, window.channels) != (1, 1):
        raise IntegerError("the window's values do not stand side by side in memory")
    return (
        "ECG_LAYER ecg_take_features(ecg_network *n, const uint8_t *values) {\n"
        f"    const ecg_place place = {place_code(place)};\n"
        f"    ecg_take(values, {features.channels}, {features.steps}, place);\n"
        f"{padding_code(at, window)}{padding_code(place, features)}}}\n"
    )
