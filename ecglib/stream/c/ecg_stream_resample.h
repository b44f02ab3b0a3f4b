/* SPDX-License-Identifier: MIT
 * Samples to ticks; see ecglib/stream/resampling.py.
 */
#ifndef ECG_STREAM_RESAMPLE_H
#define ECG_STREAM_RESAMPLE_H

/* The weights of a tick so many 120ths of a sample behind one, the oldest first, into a slot. */
ECG_STAGE void ecg_weigh(ecg_stream *s, uint32_t phase, uint32_t slot) {
    const uint32_t limit = (uint32_t)ECG_REACH * ECG_FINE << 16, step = s->step;
    const uint32_t before = phase * step / ECG_TICKS_HZ;
    const int nearest = (int)((limit - before + step - 1) / step) - 1;
    int16_t *weights = s->weights + slot * s->width;
    int32_t sum = (int32_t)((s->rate * 4096 + ECG_TICKS_HZ / 2) / ECG_TICKS_HZ);
    int n = nearest + 1;
    for (uint32_t place = before + 0x8000; n > 0; place += step)
        sum -= weights[--n] = ecg_kernel[place >> 16];
    n = nearest + 1;
    for (uint32_t place = step - before; place < limit; place += step)
        sum -= weights[n++] = ecg_kernel[(place + 0x8000) >> 16];
    weights[nearest] = (int16_t)(weights[nearest] + sum); /* a level stays level */
    while (n < s->width) weights[n++] = 0;
    s->phase[slot] = (uint8_t)phase;
    s->before[slot] = (uint8_t)nearest;
}

/* Phases come in a cycle: a slot for each of them, or as many as there is room for. */
static void ecg_share_slots(ecg_stream *s) {
    const uint32_t reach = 2u * ECG_REACH * ECG_FINE << 16, most = (reach + s->step - 1) / s->step;
    uint32_t apart = ECG_TICKS_HZ;
    while (s->rate % apart || ECG_TICKS_HZ % apart) apart--;
    s->width = (uint8_t)((most + 7) / 8 * 8);
    s->slots = (uint8_t)(ECG_TICKS_HZ / apart);
    if (s->slots > ECG_SLOTS) s->slots = ECG_SLOTS;
    if (s->slots > ECG_WEIGHTS / s->width) s->slots = (uint8_t)(ECG_WEIGHTS / s->width);
    for (int i = 0; i < ECG_SLOTS; i++) s->phase[i] = ECG_TICKS_HZ; /* of none */
}

/* The value of the tick that the sample just pushed made known, so many 120ths of one after it. */
ECG_STAGE int16_t ecg_resample(ecg_stream *s, int32_t after) {
    const int32_t reach = after + s->reach;
    const int32_t back = (reach + ECG_TICKS_HZ - 1) / ECG_TICKS_HZ;
    const uint32_t phase = (uint32_t)(back * ECG_TICKS_HZ - reach);
    const uint32_t slot = s->slot;
    s->slot = (uint8_t)(slot + 1 == s->slots ? 0 : slot + 1);
    if (phase != s->phase[slot]) ecg_weigh(s, phase, slot);
    const int16_t *from =
        s->history + (s->pushed - 1 - (uint32_t)back - s->before[slot]) % ECG_HISTORY;
    const int16_t *weights = s->weights + slot * s->width;
    int32_t sum = 0;
    for (int i = s->width; i > 0; i -= 8, from += 8, weights += 8) {
#pragma GCC unroll 4
        for (int j = 0; j < 8; j += 2)
            sum = ecg_smlad(ecg_word(from + j), ecg_word(weights + j), sum);
    }
    return (int16_t)ecg_clip(ecg_scaled(sum, s->gain, 0), INT16_MIN, INT16_MAX);
}

#endif
