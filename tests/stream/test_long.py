"""What a stream tells after days is what it tells at first: counters wrap, and nothing overflows.

A program of C moves a stream to a later tick as if the samples between had been pushed.
"""

import shutil
import subprocess

import numpy as np
import pytest

from ecglib.stream import folder
from ecglib.stream.stretches import Converter

RATE_HZ = 360
PROGRAM = """
#include "ecg_stream.c"
#include <stdio.h>
#include <stdlib.h>
#include "samples.h"
static ecg_stream s;
/* By so many ticks, of whole seconds and of whole turns of the rings. */
static void move(uint32_t ticks) {
    ecg_detector *d = &s.detector;
    ecg_queue *q = &s.queue;
    const uint32_t places = ticks * ECG_SUBTICKS;
    s.tick += ticks, s.second += ticks, s.base += ticks / ECG_TICKS_HZ * s.rate;
    d->candidate.tick += ticks, d->best.tick += ticks;
    d->candidate.place += places, d->best.place += places;
    d->learning += ticks, d->waiting += ticks, d->last_tick += ticks, d->alarm += ticks;
    d->last_place += places;
    q->wake += ticks, q->before += places;
    for (int i = 0; i < ECG_QUEUE; i++) q->place[i] += places;
}
int main(int count, char **given) {
    ecg_event event;
    const uint32_t ticks = count ? (uint32_t)strtoul(given[1], 0, 10) : 0;
    if (ecg_stream_init(&s, SAMPLES_HZ, SAMPLES_LOWEST, SAMPLES_HIGHEST)) return 1;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        if (i == 12 * SAMPLES_HZ) move(ticks);
        const int kind = ecg_stream_push(&s, samples[i], &event);
        if (kind == ECG_STREAM_NOTHING) continue;
        printf("%d %ld %ld %ld", kind, (long)(int32_t)(event.sample - (s.base + s.at)),
               (long)event.label, (long)event.quality);
        for (int c = 0; c < ECG_CLASSES; c++) printf(" %ld", (long)event.logits[c]);
        printf("\\n");
    }
    return 0;
}
"""
TURN = 7680  # ticks: whole seconds, and whole turns of the rings


@pytest.fixture(scope="module")
def told(network, heart, tmp_path_factory):
    """told(ticks): lines of what is told, in the middle of which so many ticks have gone by."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc; Debian and Ubuntu: apt-get install gcc")
    at = tmp_path_factory.mktemp("long") / "firmware"
    samples = heart(np.arange(0.5, 39, 0.8), RATE_HZ, noise=4.0)
    samples[20 * RATE_HZ : 32 * RATE_HZ] = 1024  # so long that the silence is told, too
    folder.write(network, at, samples, Converter(RATE_HZ, 0, 2047), title="a test")
    (at / "long.c").write_text(PROGRAM)
    folders = f"-I{at / 'src'}", f"-I{at / 'examples' / 'events'}"
    checks = "-fsanitize=undefined", "-fno-sanitize-recover=all"
    program = at / "long"
    command = ["gcc", "-std=gnu99", "-O1", *checks, *folders, at / "long.c", "-o", program]
    subprocess.run(command, check=True)

    def after(ticks):
        return subprocess.run(
            [program, str(ticks)], check=True, capture_output=True, text=True
        ).stdout.splitlines()

    return after


@pytest.mark.parametrize(
    "ticks",
    [
        2**27 // TURN * TURN,  # 13 days: places are 2^31 sixteenths of a tick behind the start
        (2**27 + 2**26) // TURN * TURN,
        2**28 // TURN * TURN,  # 26 days: places wrap
        (2**32 // 3 // TURN) * TURN,  # 138 days: numbers of samples wrap
        2**31 // TURN * TURN,
    ],
    ids=["13 days", "19 days", "26 days", "138 days", "207 days"],
)
def test_after_days_without_a_gap_the_same_is_told(ticks, told):
    at_once = told(0)
    assert len(at_once) > 30
    assert told(ticks) == at_once
