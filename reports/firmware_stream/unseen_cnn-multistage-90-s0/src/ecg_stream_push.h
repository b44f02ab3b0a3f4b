/* SPDX-License-Identifier: MIT
 * From sample to event; see ecglib/stream/chain.py, quality.py and reference.py.
 */
#ifndef ECG_STREAM_PUSH_H
#define ECG_STREAM_PUSH_H

static uint32_t ecg_sample_quality(const ecg_stream *s) {
    const int saturated = 16 * s->saturated >= s->rate * ECG_SATURATED_16THS;
    return (s->missing ? ECG_STREAM_GAP : 0u) | (saturated ? ECG_STREAM_SATURATED : 0u);
}

/* Of the oldest beat, if its whole window is there. */
ECG_STAGE void ecg_cut(ecg_stream *s) {
    const uint32_t bad = ECG_STREAM_FLAT | ECG_STREAM_SATURATED | ECG_STREAM_GAP;
    ecg_queue *q = &s->queue;
    const uint32_t place = q->place[q->first];
    const uint32_t ago = ((uint32_t)(ECG_SUBTICKS * s->tick - place) + 7) / ECG_SUBTICKS;
    const uint32_t start = s->tick - ago - ECG_R_INDEX;
    uint32_t quality = ecg_sample_quality(s) | ((s->blocks[0] | s->blocks[1]) & bad);
    if (ago < ECG_WINDOW - 1 - ECG_R_INDEX) {
        q->wake = start + ECG_WINDOW - 1;
        return;
    }
    if (ago + ECG_R_INDEX > s->tick) quality |= ECG_STREAM_GAP; /* before the stream's first */
    const int sound = !(quality & bad);
    const int32_t previous =
        q->flags[q->first] & ECG_FIRST ? 0 : (int32_t)(place - q->before);
    if (q->flags[q->first] & ECG_NOISY) quality |= ECG_STREAM_NOISE;
    ecg_deviation(&s->usual, s->signal, start, ecg_is_regular(&s->rhythm, previous), sound,
                  s->network.values + ECG_WINDOW_AT);
    q->quality = (uint8_t)quality;
    q->is_cut = 1;
}

ECG_STAGE void ecg_begin_network(ecg_stream *s) {
    ecg_queue *q = &s->queue;
    const uint32_t place = q->place[q->first], after = q->place[(q->first + 1) % ECG_QUEUE];
    const int flags = q->flags[q->first];
    const int32_t previous = flags & ECG_FIRST ? 0 : (int32_t)(place - q->before);
    const int32_t following = flags & ECG_LAST ? 0 : (int32_t)(after - place);
    uint8_t features[ECG_FEATURES];
    ecg_features(&s->rhythm, previous, following, features);
    for (int i = 0; i < 3; i++) features[ECG_FEATURES - 3 + i] = s->usual.p_wave[i];
    ecg_take_features(&s->network, features);
    q->layer = 1;
}

static void ecg_tell(ecg_stream *s, ecg_event *event) {
    ecg_queue *q = &s->queue;
    const uint32_t place = q->place[q->first];
    const uint64_t now = (uint64_t)s->tick * ECG_SUBTICKS;
    const uint64_t at = now - (uint32_t)((uint32_t)now - place);
    event->sample = (uint32_t)((at * s->rate + ECG_TICKS_HZ * ECG_SUBTICKS / 2) /
                               (ECG_TICKS_HZ * ECG_SUBTICKS));
    event->quality = q->quality;
    event->label = 0;
    for (int i = 0; i < ECG_CLASSES; i++) {
        event->logits[i] = s->network.logits[i];
        if (event->logits[i] > event->logits[event->label]) event->label = i;
    }
    if (event->label == ECG_S && s->rhythm.irregular) event->label = ECG_N;
    q->before = place;
    q->first = (uint8_t)((q->first + 1) % ECG_QUEUE);
    q->count--;
    q->is_cut = q->layer = 0;
}

/* A tick of the network; behind the last one the beat is told. */
ECG_STAGE int ecg_compute(ecg_stream *s, ecg_event *event) {
    ecg_queue *q = &s->queue;
    ecg_layers(&s->network, q->layer);
    if (q->layer++ < ECG_NETWORK_TICKS) return ECG_STREAM_NOTHING;
    ecg_tell(s, event);
    return ECG_STREAM_BEAT;
}

/* One piece of work for the oldest beat; whether it is told. */
ECG_STAGE int ecg_work(ecg_stream *s, ecg_event *event) {
    ecg_queue *q = &s->queue;
    if (q->layer) return ecg_compute(s, event);
    if (q->count && !q->is_cut)
        ecg_cut(s);
    else if (q->count >= 2 || (q->count && q->flags[q->first] & ECG_LAST))
        ecg_begin_network(s);
    else
        q->wake = s->tick + ECG_NEVER; /* or until a beat is found */
    return ECG_STREAM_NOTHING;
}

static int ecg_is_flat(const ecg_stream *s) {
    int32_t least = INT16_MAX, most = INT16_MIN;
    for (uint32_t i = 0; i < ECG_BLOCK && most - least <= ECG_FLAT_RANGE; i++) {
        const int32_t x = s->signal[(s->tick - i) % ECG_SIGNAL_RING];
        if (x < least) least = x;
        if (x > most) most = x;
    }
    return most - least <= ECG_FLAT_RANGE;
}

/* Once a second: what the signal is like. */
ECG_STAGE void ecg_judge_second(ecg_stream *s) {
    uint32_t quality = ecg_sample_quality(s);
    if (ecg_is_flat(s)) quality |= ECG_STREAM_FLAT;
    if (s->detector.noisy) quality |= ECG_STREAM_NOISE;
    if (s->detector.silent) quality |= ECG_STREAM_SILENT;
    if (quality != s->told) s->waiting = 1, s->waiting_sample = ecg_pushed(s) - 1;
    s->blocks[1] = s->blocks[0];
    s->blocks[0] = s->told = (uint8_t)quality;
    s->second += ECG_BLOCK;
    s->missing = s->saturated = 0;
}

ECG_STAGE int ecg_tell_signal(ecg_stream *s, ecg_event *event) {
    event->sample = s->waiting_sample, event->quality = s->told, event->label = 0;
    for (int i = 0; i < ECG_CLASSES; i++) event->logits[i] = 0;
    s->waiting = 0;
    return ECG_STREAM_SIGNAL;
}

ECG_STAGE int ecg_tick(ecg_stream *s, ecg_event *event) {
    const uint32_t now = s->tick;
    if (s->alive) {
        const int32_t x = ecg_resample(s);
        s->signal[now % ECG_SIGNAL_RING] = (int16_t)x;
        ecg_filter(&s->detector, now, x);
        ecg_detect(s, now);
    } else {
        s->signal[now % ECG_SIGNAL_RING] = s->signal[(now - 1) % ECG_SIGNAL_RING];
    }
    int kind = ECG_STREAM_NOTHING;
    if ((int32_t)(now - s->queue.wake) >= 0) kind = ecg_work(s, event);
    if (now == s->second) ecg_judge_second(s);
    s->tick = now + 1;
    ecg_next_tick(s);
    if (s->at > ECG_HISTORY - 2 * ECG_MARGIN) ecg_resample_from_front(s);
    return s->waiting && kind == ECG_STREAM_NOTHING ? ecg_tell_signal(s, event) : kind;
}

/* A sample that is missing, the first after such, or one at the end of the converter's range; what
 * stands for it, which is the one before where it is missing. */
static int32_t ecg_take_special(ecg_stream *s, int32_t sample) {
    s->usual_span = 0; /* so that the next one comes here, too */
    if (sample < s->lowest || sample > s->highest) {
        s->missing++;
        if (s->alive && ++s->gap == s->rate * ECG_GAP_TENTHS / 10) {
            s->alive = 0;
            ecg_break(s);
        }
        return s->history[s->at - 1];
    }
    s->saturated += sample == s->lowest || sample == s->highest;
    s->usual_span = (uint32_t)s->highest - (uint32_t)s->lowest - 1;
    s->gap = 0;
    sample -= s->middle;
    if (s->alive) return sample;
    for (uint32_t i = 0; i < s->at; i++) s->history[i] = (int16_t)sample;
    s->alive = 1;
    ecg_begin_stretch(s);
    return sample;
}

ECG_INLINE int ecg_is_usual(const ecg_stream *s, int32_t sample) {
    return (uint32_t)sample - s->usual_from < s->usual_span;
}

/* A sample that is special, or that makes a tick known. */
ECG_STAGE int ecg_push_rarely(ecg_stream *s, int32_t sample, ecg_event *event) {
    const int32_t held =
        ecg_is_usual(s, sample) ? sample - s->middle : ecg_take_special(s, sample);
    const uint32_t at = s->at++;
    s->history[at] = (int16_t)held;
    return at == s->next ? ecg_tick(s, event) : ECG_STREAM_NOTHING;
}

/* Most samples only wait for others. One call that is left by, and few registers are needed. */
int ecg_stream_push(ecg_stream *s, int32_t sample, ecg_event *event) {
    if (ecg_is_usual(s, sample) && s->at != s->next) {
        s->history[s->at++] = (int16_t)(sample - s->middle);
        return ECG_STREAM_NOTHING;
    }
    return ecg_push_rarely(s, sample, event);
}

int ecg_stream_init(ecg_stream *s, uint32_t rate_hz, int32_t lowest, int32_t highest) {
    volatile uint8_t *bytes = (volatile uint8_t *)s; /* volatile: no call of memset */
    int said = ECG_STREAM_OK;
    if (highest <= lowest || (uint32_t)highest - (uint32_t)lowest > ECG_WIDEST ||
        lowest == ECG_STREAM_NO_SAMPLE)
        said = ECG_STREAM_BAD_RANGE;
    if (rate_hz < ECG_LOWEST_HZ || rate_hz > ECG_HIGHEST_HZ) said = ECG_STREAM_BAD_RATE;
    if (said) rate_hz = ECG_LOWEST_HZ, lowest = 1, highest = 0; /* no sample is in this range */
    for (uint32_t i = 0; i < sizeof *s; i++) bytes[i] = 0;
    s->rate = rate_hz;
    s->lowest = lowest, s->highest = highest;
    s->usual_from = (uint32_t)lowest + 1;
    s->middle = lowest + (int32_t)(((uint32_t)highest - (uint32_t)lowest + 1) / 2);
    s->step = ((uint32_t)ECG_TICKS_HZ * ECG_FINE << 16) / rate_hz;
    s->gain = (int32_t)((((uint32_t)ECG_TICKS_HZ << 20) + rate_hz / 2) / rate_hz);
    s->second = ECG_BLOCK - 1;
    ecg_first_tick(s);
    ecg_share_slots(s);
    return said;
}

int ecg_stream_check_rate(const ecg_stream *s, uint32_t milliseconds) {
    const uint64_t expected = (uint64_t)milliseconds * s->rate, found = (uint64_t)ecg_pushed(s) * 1000;
    const uint64_t off = found > expected ? found - expected : expected - found;
    return ECG_OTHER_RATE_PART * off > expected ? ECG_STREAM_OTHER_RATE : ECG_STREAM_OK;
}

#endif
