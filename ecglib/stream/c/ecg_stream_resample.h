/* SPDX-License-Identifier: MIT
 * Samples to ticks; see ecglib/stream/resampling.py.
 */
#ifndef ECG_STREAM_RESAMPLE_H
#define ECG_STREAM_RESAMPLE_H

/* The weights of a tick so many 120ths of a sample behind one, the oldest first. At
 * rates that 120 divides they never change. */
ECG_STAGE void ecg_weigh(ecg_stream *s, uint32_t phase) {
    const uint32_t limit = (uint32_t)ECG_REACH * ECG_FINE << 16, step = s->step;
    const uint32_t before = phase * step / ECG_TICKS_HZ;
    const int nearest = (int)((limit - before + step - 1) / step) - 1;
    int32_t sum = (int32_t)((s->rate * 4096 + ECG_TICKS_HZ / 2) / ECG_TICKS_HZ);
    int n = nearest + 1;
    s->before = (uint8_t)nearest;
    for (uint32_t place = before + 0x8000; n > 0; place += step)
        sum -= s->weights[--n] = ecg_kernel[place >> 16];
    n = nearest + 1;
    for (uint32_t place = step - before; place < limit; place += step)
        sum -= s->weights[n++] = ecg_kernel[(place + 0x8000) >> 16];
    s->weights[nearest] = (int16_t)(s->weights[nearest] + sum); /* a level stays level */
    s->eights = (uint8_t)((n + 7) / 8);
    while (n < 8 * s->eights) s->weights[n++] = 0;
    s->phase = (int8_t)phase;
}

/* The value of the tick that the sample just pushed made known, so many 120ths of one after it. */
ECG_STAGE int16_t ecg_resample(ecg_stream *s, int32_t after) {
    const int32_t reach = after + s->reach;
    const int32_t back = (reach + ECG_TICKS_HZ - 1) / ECG_TICKS_HZ;
    const int32_t phase = back * ECG_TICKS_HZ - reach;
    if (phase != s->phase) ecg_weigh(s, (uint32_t)phase);
    const int16_t *from =
        s->history + (s->pushed - 1 - (uint32_t)back - s->before) % ECG_HISTORY;
    const int16_t *weights = s->weights;
    int32_t sum = 0;
    for (int i = s->eights; i > 0; i--, from += 8, weights += 8) {
#pragma GCC unroll 4
        for (int j = 0; j < 8; j += 2)
            sum = ecg_smlad(ecg_word(from + j), ecg_word(weights + j), sum);
    }
    return (int16_t)ecg_clip(ecg_scaled(sum, s->gain, 0), INT16_MIN, INT16_MAX);
}

#endif
