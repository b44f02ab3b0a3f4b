"""The README of a stream's folder: what it takes, what it tells, how it is built."""

from ecglib.stream import design as d


def text(title: str) -> str:
    """The README as Markdown."""
    return f"""# {title}

Raw ECG samples of one lead in, heartbeats with their AAMI class out. C99 in integers, no
allocation, nothing of the C library; all state is one struct, so a program may hold several
streams. For research: this is no medical device.

## Use

    #include "ecg_stream.h"

    static ecg_stream stream;
    ecg_event event;

    ecg_stream_init(&stream, 250, -2048, 2047);      /* Hz, the converter's lowest and highest */
    switch (ecg_stream_push(&stream, sample, &event)) {{
    case ECG_STREAM_BEAT:   /* event.sample, event.label, event.quality, event.logits */
    case ECG_STREAM_SIGNAL: /* event.quality is another than a second ago */
    case ECG_STREAM_NOTHING: break;
    }}

- Any whole rate from {d.LOWEST_HZ} to {d.HIGHEST_HZ} Hz, any range of up to 16 bits. The gain does
  not matter. Other rates and ranges are refused by `ecg_stream_init`.
- Samples are numbered from 0. `event.sample` is the R peak's; a beat is told when the next one is
  known, as a rule half a second behind that one's R peak, or when none can be known any more.
- A sample that is missing is pushed as `ECG_STREAM_NO_SAMPLE`, so that time goes on; a sample
  beyond the range counts as missing. After {d.GAP_TENTHS / 10:g} s of them all but the patient's
  usual beat and rhythm begins anew. To end a stream, push two seconds of them.
- `quality`: flat, saturated, noise, gap, no beat for {d.SILENCE // d.TICKS_HZ} s; see the header.
- `ecg_stream_check_rate` compares the number of samples with a clock of your own.
- Streams may be pushed from several tasks, one stream from one task at a time. Nothing is static.

## Build

CMake (`add_subdirectory`, target `ecg_stream`; by itself it builds the example `events`),
PlatformIO (`library.json`) and Arduino (`library.properties`). Or compile `src/ecg_stream.c` with
any gcc or clang that knows C99, with libgcc (64-bit division). On Cortex-M4, M7 and M33 the kernels
use the DSP extension; `-DECG_PORTABLE` takes portable ones, the same to the last bit.

`examples/events` pushes the samples of `samples.h` and prints every event.

Detector: Hamilton, Computers in Cardiology 29:101-104, 2002. Code and weights: MIT (`LICENSE`).
"""
