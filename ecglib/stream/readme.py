"""The README of a stream's folder: what it takes, what it tells, how well, how it is built."""

import pandas as pd

from ecglib.report.markdown import to_markdown
from ecglib.settings.config import settings
from ecglib.settings.words import CLASSES
from ecglib.stream import design as d
from ecglib.stream import words
from ecglib.stream.words import percent


def results(row: pd.Series, cost: pd.Series) -> str:
    """How well this network does and what it costs, as Markdown.

    row: its row of `tables.compared`. cost: its row of `tables.costed`.
    """
    scores = {
        "accuracy": percent(row["accuracy_stream"]),
        "VEB F1": percent(row["f1_VEB_stream"], 1),
        "SVEB F1": percent(row["f1_SVEB_stream"], 1),
    }
    missed = 1 - row["SVEB_sensitivity"]
    return f"""## For whom, and how well

The network is for people it has never met. It was trained on the patients of DS1 of the MIT-BIH
Arrhythmia Database, lead {settings().data.lead}, and on sequences in which their supraventricular
beats are frequent. It learns nothing of a person but a usual beat and rhythm. Below are the
patients of DS2, all others without a pacemaker, from each record's first sample to its last:
{row["beats"]:,.0f} beats. R peaks are the detector's, so missed, invented and misplaced ones count.
In percent, of all beats together, by ANSI/AAMI EC57:

{to_markdown([words.figures(row)])}
In percent, too, all five classes against each other:

{to_markdown([scores])}
**{percent(missed, 0)} of 100 supraventricular ectopic beats are not told as such.** Not known:
other leads, other devices, children, and people with a pacemaker. Beats and the example's samples
are of that database: Moody and Mark 2001, doi:10.13026/C2F305, Open Data Commons Attribution
License v1.0.

On an emulated Cortex-M4 without wait states, at {cost["rate_hz"]:.0f} samples a second and 70 beats
a minute:

{to_markdown([words.costs_of(cost)])}
The power is one vendor's band for the core. Sensor, converter, radio and sleep are not in it.

"""


def text(title: str, results: str = "") -> str:
    """The README as Markdown. results: those of `results`, or nothing."""
    return f"""# {title}

Raw ECG samples of one lead in, heartbeats with their AAMI class out. C99 in integers, no
allocation, nothing of the C library; all state is one struct, so a program may hold several
streams. For research: this is no medical device.

{results}## Use

    #include "ecg_stream.h"

    static ecg_stream stream;
    ecg_event event;

    ecg_stream_init(&stream, 250, -2048, 2047);      /* Hz, the converter's lowest and highest */
    switch (ecg_stream_push(&stream, sample, &event)) {{
    case ECG_STREAM_BEAT:   /* event.sample, event.label, event.quality, event.logits */
    case ECG_STREAM_SIGNAL: /* event.quality is another than a second ago */
    case ECG_STREAM_NOTHING: break;
    }}

- Any whole rate from {d.LOWEST_HZ} to {d.HIGHEST_HZ} Hz, any range of up to 16 bits. Shift the
  samples of a converter of more bits. The gain does not matter. Other rates and ranges are refused
  by `ecg_stream_init`.
- `event.label` is one of {", ".join(f"`ECG_{name}`" for name in CLASSES)}: AAMI's normal,
  supraventricular, ventricular, fusion and unknown beats. It is the class of the largest logit, but
  a supraventricular one is told as normal where the rhythm before it repeats after neither one,
  two nor three beats, as in fibrillation. `event.logits` are the network's in any case; that of
  `ECG_S` is lower by the margin that it has to lead by.
- For the first {d.LEARNING // d.TICKS_HZ} seconds, and as long behind a gap, the detector learns.
  The beats in them are told at their end.
- Samples are numbered from 0. `event.sample` is the R peak's; a beat is told when the next one is
  known, as a rule half a second behind that one's R peak, or when none can be known any more.
- A sample that is missing is pushed as `ECG_STREAM_NO_SAMPLE`, so that time goes on; a sample
  beyond the range counts as missing. After {d.GAP_TENTHS / 10:g} s of them all but the patient's
  usual beat and rhythm begins anew. To end a stream, push two seconds of them. For another person
  call `ecg_stream_init` again.
- `quality`: flat, saturated, noise, gap, no beat for {d.SILENCE // d.TICKS_HZ} s; see the header.
- `ecg_stream_check_rate` compares the number of samples with a clock of your own, within 49 days.
- Numbers of samples have 32 bits, at 360 Hz enough for 138 days. Begin anew within 400 days.
- Streams may be pushed from several tasks, one stream from one task at a time. Nothing is static.

## Build

CMake (`add_subdirectory`, target `ecg_stream`; by itself it builds the example `events`),
PlatformIO (`library.json`) and Arduino (`library.properties`). Or compile `src/ecg_stream.c` with
any gcc or clang that knows C99, for 32 bits and little-endian, with libgcc (64-bit
division). On Cortex-M4, M7 and M33 the kernels use the DSP extension; `-DECG_PORTABLE` takes
portable ones, the same to the last bit.

`examples/events` pushes the samples of `samples.h` and prints every event.

Detector: Hamilton, Computers in Cardiology 29:101-104, 2002. Code and weights: MIT (`LICENSE`).
"""
