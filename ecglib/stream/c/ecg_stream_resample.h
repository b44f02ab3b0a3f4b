/* SPDX-License-Identifier: MIT
 * Samples to ticks; see ecglib/stream/resampling.py.
 */
#ifndef ECG_STREAM_RESAMPLE_H
#define ECG_STREAM_RESAMPLE_H

/* The value of the tick that the sample just pushed made known, so many 120ths of one after it. */
static int16_t ecg_resample(const ecg_stream *s, int32_t after) {
    const int32_t reach = after + ECG_REACH * (int32_t)s->rate;
    const int32_t back = (reach + ECG_TICKS_HZ - 1) / ECG_TICKS_HZ;
    const uint32_t phase = (uint32_t)(back * ECG_TICKS_HZ - reach);
    const uint32_t limit = (uint32_t)ECG_REACH * ECG_FINE << 16, step = s->step;
    const uint32_t before = phase * step / ECG_TICKS_HZ;
    uint32_t at = s->pushed - (uint32_t)back;
    int32_t sum = 0;
    for (uint32_t place = before; place < limit; place += step)
        sum += ecg_kernel[(place + 0x8000) >> 16] * s->history[at-- % ECG_HISTORY];
    at = s->pushed - (uint32_t)back + 1;
    for (uint32_t place = step - before; place < limit; place += step)
        sum += ecg_kernel[(place + 0x8000) >> 16] * s->history[at++ % ECG_HISTORY];
    return (int16_t)ecg_clip(ecg_times(sum, s->gain), INT16_MIN, INT16_MAX);
}

#endif
