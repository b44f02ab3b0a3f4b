"""The stream on a second emulated Cortex-M4, which faults where a real core would."""

import shutil

import numpy as np
import pytest
from device.test_qemu import QEMU, status

from ecglib.device import compiler
from ecglib.stream import folder
from ecglib.stream.reference import events
from ecglib.stream.stretches import Converter

CONVERTER = Converter(250, 0, 2047)
PROGRAM = """
#include "ecg_stream.h"
#include "samples.h"
static const uint32_t expected[][4 + ECG_CLASSES] = {%s};
static ecg_stream one, other;
void *memset(void *to, int value, unsigned n) {
    for (volatile uint8_t *at = to; n; n--) *at++ = (uint8_t)value;
    return to;
}
/* How many events differ; the other stream, at another rate, must not disturb. */
int main(void) {
    ecg_event event;
    uint32_t told = 0, wrong = 0;
    ecg_stream_init(&one, SAMPLES_HZ, SAMPLES_LOWEST, SAMPLES_HIGHEST);
    ecg_stream_init(&other, 360, SAMPLES_LOWEST, SAMPLES_HIGHEST);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        ecg_stream_push(&other, samples[SAMPLES - 1 - i], &event);
        const int kind = ecg_stream_push(&one, samples[i], &event);
        if (kind == ECG_STREAM_NOTHING) continue;
        const uint32_t *of = expected[told++];
        wrong += of[0] != (uint32_t)kind || of[1] != event.sample || of[2] != event.quality;
        wrong += of[3] != (uint32_t)event.label;
        for (int c = 0; c < ECG_CLASSES; c++) wrong += of[4 + c] != (uint32_t)event.logits[c];
    }
    return wrong || told != sizeof expected / sizeof *expected;
}
"""


def test_the_stream_tells_the_reference_s_events_without_a_fault(network, heart, tmp_path):
    if not shutil.which(QEMU):
        pytest.skip(f"no {QEMU}; Debian and Ubuntu: apt-get install {QEMU}")
    try:
        command = compiler.device_compiler()
    except compiler.CompilerMissing as missing:
        pytest.skip(str(missing))
    samples = heart(np.arange(0.5, 14, 0.8), 250, noise=3.0)
    samples[1200:1600] = -1
    told = events(network, samples, CONVERTER)
    assert len(told) > 8
    rows = [[one.kind, one.sample, one.quality, one.label, *one.logits] for one in told]
    text = ",".join("{" + ",".join(str(value % 2**32) for value in row) + "}" for row in rows)
    folder.write(network, tmp_path / "f", samples, CONVERTER, title="a test")
    program = tmp_path / "f" / "src" / "main.c"
    program.write_text(PROGRAM % text)
    shutil.copy(tmp_path / "f" / "examples" / "events" / "samples.h", program.parent)
    assert status(command, [program, program.with_name("ecg_stream.c")], tmp_path) == 0
