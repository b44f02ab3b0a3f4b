/* SPDX-License-Identifier: MIT
 * Samples to ticks; see ecglib/stream/resampling.py.
 */
#ifndef ECG_STREAM_RESAMPLE_H
#define ECG_STREAM_RESAMPLE_H

/* The weights of a tick that comes so early before the end of a sample, the oldest first, into a
 * slot. */
ECG_STAGE void ecg_weigh(ecg_stream *s, uint32_t early, uint32_t slot) {
    const uint32_t reach = ECG_REACH * s->rate + ECG_TICKS_HZ - 1 - early;
    const uint32_t back = (reach + ECG_TICKS_HZ - 1) / ECG_TICKS_HZ;
    const uint32_t phase = back * ECG_TICKS_HZ - reach; /* behind the sample before it */
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
    s->early_of[slot] = (uint8_t)early;
    s->back[slot] = (uint8_t)(back + (uint32_t)nearest);
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
    for (int i = 0; i < ECG_SLOTS; i++) s->early_of[i] = ECG_TICKS_HZ; /* of none */
}

/* The number of samples pushed. */
static uint32_t ecg_pushed(const ecg_stream *s) { return s->base + s->at; }

/* A tick is known with the sample in whose time its reach ends, so many 120ths before that one's
 * own end as `early` is below 120; from tick to tick it is `whole` samples and `rest` 120ths. */
ECG_INLINE void ecg_next_tick(ecg_stream *s) {
    uint32_t early = (uint32_t)s->early + s->rest, next = s->next + s->whole;
    if (early >= ECG_TICKS_HZ) early -= ECG_TICKS_HZ, next++;
    s->early = (uint8_t)early, s->next = next;
}

static void ecg_first_tick(ecg_stream *s) {
    const uint32_t rate = s->rate, reach = ECG_REACH * rate + ECG_TICKS_HZ - 1;
    s->whole = (uint8_t)(rate / ECG_TICKS_HZ), s->rest = (uint8_t)(rate % ECG_TICKS_HZ);
    s->kept = (uint8_t)(2 * (reach / ECG_TICKS_HZ + 1));
    s->base = 0u - s->kept, s->at = s->kept;
    s->next = s->at + reach / ECG_TICKS_HZ, s->early = (uint8_t)(reach % ECG_TICKS_HZ);
}

/* The last samples to the front: a tick needs no more. */
ECG_STAGE void ecg_resample_from_front(ecg_stream *s) {
    const uint32_t far = s->at - s->kept;
    for (uint32_t i = far; i < s->at; i++) s->history[i - far] = s->history[i];
    s->at -= far, s->next -= far, s->base += far;
}

/* The value of the tick that the sample just pushed made known. */
ECG_STAGE int32_t ecg_resample(ecg_stream *s) {
    const uint32_t slot = s->slot;
    s->slot = (uint8_t)(slot + 1 == s->slots ? 0 : slot + 1);
    if (s->early != s->early_of[slot]) ecg_weigh(s, s->early, slot);
    const int16_t *from = s->history + s->at - 1 - s->back[slot];
    const int16_t *weights = s->weights + slot * s->width;
    const int16_t *end = weights + s->width;
    int32_t sum = 0;
    do {
#pragma GCC unroll 4
        for (int j = 0; j < 8; j += 2)
            sum = ecg_smlad(ecg_word(from + j), ecg_word(weights + j), sum);
        from += 8, weights += 8;
    } while (weights != end);
    return ecg_clip(ecg_scaled(sum, s->gain, 0), INT16_MIN, INT16_MAX);
}

#endif
