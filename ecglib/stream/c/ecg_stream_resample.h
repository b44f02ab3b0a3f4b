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

/* The number of samples pushed. */
static uint32_t ecg_pushed(const ecg_stream *s) { return s->base + s->at; }

/* Where the sample must stand that makes the next tick known. */
ECG_INLINE void ecg_await(ecg_stream *s) {
    const uint32_t rest = (uint32_t)s->fraction + s->lag_rest;
    s->next = s->centre + s->lag + (rest > 0) + (rest > ECG_TICKS_HZ);
}

ECG_INLINE void ecg_next_tick(ecg_stream *s) {
    uint32_t fraction = (uint32_t)s->fraction + s->rest, centre = s->centre + s->whole;
    if (fraction >= ECG_TICKS_HZ) fraction -= ECG_TICKS_HZ, centre++;
    s->fraction = (uint8_t)fraction, s->centre = centre;
    ecg_await(s);
}

static void ecg_first_tick(ecg_stream *s) {
    const uint32_t rate = s->rate, reach = ECG_REACH * rate;
    s->base = (uint32_t)-ECG_KEPT, s->at = s->centre = ECG_KEPT;
    s->whole = (uint8_t)(rate / ECG_TICKS_HZ), s->rest = (uint8_t)(rate % ECG_TICKS_HZ);
    s->lag = (uint8_t)(reach / ECG_TICKS_HZ), s->lag_rest = (uint8_t)(reach % ECG_TICKS_HZ);
    ecg_await(s);
}

/* The last samples to the front: a tick needs no more. */
ECG_STAGE void ecg_resample_from_front(ecg_stream *s) {
    const uint32_t far = s->at - ECG_KEPT;
    for (uint32_t i = far; i < s->at; i++) s->history[i - far] = s->history[i];
    s->at -= far, s->next -= far, s->centre -= far, s->base += far;
}

/* The value of the tick that the sample just pushed made known. */
ECG_STAGE int32_t ecg_resample(ecg_stream *s) {
    const uint32_t slot = s->slot;
    s->slot = (uint8_t)(slot + 1 == s->slots ? 0 : slot + 1);
    if (s->fraction != s->phase[slot]) ecg_weigh(s, s->fraction, slot);
    const int16_t *from = s->history + s->centre - s->before[slot];
    const int16_t *weights = s->weights + slot * s->width;
    int32_t sum = 0;
    for (int i = s->width; i > 0; i -= 8, from += 8, weights += 8) {
#pragma GCC unroll 4
        for (int j = 0; j < 8; j += 2)
            sum = ecg_smlad(ecg_word(from + j), ecg_word(weights + j), sum);
    }
    return ecg_clip(ecg_scaled(sum, s->gain, 0), INT16_MIN, INT16_MAX);
}

#endif
