/* SPDX-License-Identifier: MIT
 * R peaks; see ecglib/stream/filtering.py and detector.py, which name the sources.
 */
#ifndef ECG_STREAM_DETECT_H
#define ECG_STREAM_DETECT_H

#define ECG_LAG (ECG_APART + 1 + ECG_DELAY)
#define ECG_NEVER 0x40000000u /* ticks */

enum { ECG_FIRST = 1, ECG_LAST = 2, ECG_NOISY = 4 }; /* flags of a beat in the queue */

/* No beat will tell of the interval behind the last one. */
static void ecg_break(ecg_stream *s) {
    ecg_queue *q = &s->queue;
    if (q->count) q->flags[(q->first + q->count - 1) % ECG_QUEUE] |= ECG_LAST;
    q->wake = s->tick;
}

static void ecg_begin_stretch(ecg_stream *s) {
    ecg_detector *d = &s->detector;
    d->start = d->learning = d->waiting = d->last_tick = d->alarm = s->tick;
    d->fresh = d->is_learning = d->broken = 1;
    d->is_candidate = d->is_best = d->n_saved = d->n_intervals = d->silent = d->noisy = 0;
    d->last_slope = 0;
    d->threshold = ECG_LEAST_THRESHOLD;
    for (int i = 0; i < ECG_LEVELS; i++) d->beats[i] = d->noise[i] = 0;
}

static int32_t ecg_band(const ecg_detector *d, uint32_t tick) {
    return d->band[tick % ECG_BAND_RING];
}
static int32_t ecg_slope(const ecg_detector *d, uint32_t tick) {
    return ecg_abs(ecg_band(d, tick) - ecg_band(d, tick - 1));
}

ECG_STAGE void ecg_filter(ecg_detector *d, uint32_t now, int32_t x) {
    int32_t *y = d->signal;
    if (d->fresh) {
        for (int i = 0; i < 4; i++) y[i] = x;
        for (int i = 0; i < 16; i++) d->low[i] = 9 * x;
        for (int i = 0; i < ECG_BAND_RING; i++) d->band[i] = 0;
        d->mean = ECG_HIGH_PASS * 9 * x;
        d->energy[0] = d->energy[1] = d->energy[2] = 0;
        d->fresh = 0;
    }
    const int32_t low = x + 2 * y[0] + 3 * y[1] + 2 * y[2] + y[3];
    y[3] = y[2], y[2] = y[1], y[1] = y[0], y[0] = x;
    d->low[now % 16] = low;
    d->mean += low - d->low[(now - ECG_HIGH_PASS) % 16];
    d->band[now % ECG_BAND_RING] =
        (ECG_HIGH_PASS * d->low[(now - ECG_HIGH_PASS / 2) % 16] - d->mean) >> 4;
    d->energy[2] = d->energy[1], d->energy[1] = d->energy[0];
    d->energy[0] += ecg_slope(d, now) - ecg_slope(d, now - ECG_ENERGY);
}

static int32_t ecg_level(const int32_t *of) {
    int32_t sum = 0;
    for (int i = 0; i < ECG_LEVELS; i++) sum += of[i];
    return sum / ECG_LEVELS;
}

static void ecg_shift_in(int32_t *of, int32_t value) {
    for (int i = 1; i < ECG_LEVELS; i++) of[i - 1] = of[i];
    of[ECG_LEVELS - 1] = value;
}

static void ecg_set_threshold(ecg_detector *d) {
    const int32_t beats = ecg_level(d->beats), noise = ecg_level(d->noise);
    const int32_t threshold = noise + ((beats - noise) * ECG_THRESHOLD_64THS >> 6);
    d->threshold = threshold > ECG_LEAST_THRESHOLD ? threshold : ECG_LEAST_THRESHOLD;
    d->noisy = ECG_NOISY_THIRDS * noise > beats;
}

/* By how much a beat is late when the search back begins: 1.5 times the mean interval. */
static void ecg_add_interval(ecg_detector *d, int32_t interval) {
    int32_t sum = 0;
    if (d->n_intervals < ECG_LEVELS)
        d->intervals[d->n_intervals++] = interval;
    else
        ecg_shift_in(d->intervals, interval);
    for (int i = 0; i < d->n_intervals; i++) sum += d->intervals[i];
    d->late = 3 * sum / (2 * d->n_intervals);
}

static void ecg_accept(ecg_stream *s, ecg_peak peak) {
    ecg_detector *d = &s->detector;
    ecg_queue *q = &s->queue;
    if (!d->broken) ecg_add_interval(d, (int32_t)(peak.place - d->last_place));
    ecg_shift_in(d->beats, peak.height);
    ecg_set_threshold(d);
    if (q->count < ECG_QUEUE) { /* it never is: a beat is told faster than two can be found */
        const int at = (q->first + q->count++) % ECG_QUEUE;
        q->place[at] = peak.place;
        q->flags[at] = (uint8_t)((d->broken ? ECG_FIRST : 0) | (d->noisy ? ECG_NOISY : 0));
    }
    q->wake = s->tick;
    d->last_place = peak.place, d->last_slope = peak.slope;
    d->last_tick = d->waiting = s->tick;
    d->is_best = d->broken = d->silent = 0;
}

static void ecg_decide(ecg_stream *s, ecg_peak peak) {
    ecg_detector *d = &s->detector;
    const int32_t since =
        d->broken ? ECG_SILENCE * ECG_SUBTICKS : (int32_t)(peak.place - d->last_place);
    const int apart = since > ECG_SUBTICKS * ECG_APART;
    const int t_wave = since < ECG_SUBTICKS * ECG_T_WAVE && 2 * peak.slope < d->last_slope;
    if (peak.height > d->threshold && apart && !t_wave) {
        ecg_accept(s, peak);
        return;
    }
    ecg_shift_in(d->noise, peak.height);
    ecg_set_threshold(d);
    if (apart && !t_wave && (!d->is_best || peak.height > d->best.height))
        d->best = peak, d->is_best = 1;
}

static int32_t ecg_far(const ecg_detector *d, uint32_t tick) { return ecg_abs(ecg_band(d, tick)); }

/* The R peak: the first top of the band-passed signal that is far from zero, by a parabola. */
ECG_STAGE uint32_t ecg_r_place(const ecg_detector *d, uint32_t tick) {
    uint32_t at = tick - ECG_BEFORE;
    for (uint32_t i = at + 1; i != tick + 1; i++)
        if (ecg_far(d, i) > ecg_far(d, at)) at = i;
    const int32_t least = ECG_EARLIEST_16THS * ecg_far(d, at);
    for (uint32_t i = tick - ECG_BEFORE; i != tick + 1; i++) {
        const int32_t far = ecg_far(d, i);
        if (16 * far >= least && far >= ecg_far(d, i - 1) && far >= ecg_far(d, i + 1)) {
            at = i;
            break;
        }
    }
    const int32_t before = ecg_far(d, at - 1), after = ecg_far(d, at + 1);
    const int32_t bend = 2 * ecg_far(d, at) - before - after;
    const int32_t beside = bend > 0 ? ecg_clip(8 * (after - before) / bend, -8, 8) : 0;
    const uint32_t place = ECG_SUBTICKS * (at - ECG_DELAY) + (uint32_t)beside;
    const uint32_t first = ECG_SUBTICKS * d->start;
    const int is_early = tick - d->start <= ECG_BEFORE + ECG_DELAY; /* days later the sign is lost */
    return is_early && (int32_t)(place - first) < 0 ? first : place;
}

/* Learning ends: levels from the highest peak seen, and a look at all that were. */
static void ecg_learn(ecg_stream *s) {
    ecg_detector *d = &s->detector;
    int32_t highest = 0;
    const int saved = d->n_saved;
    if (!saved) {
        d->learning = s->tick;
        return;
    }
    for (int i = 0; i < saved; i++)
        if (d->saved[i].height > highest) highest = d->saved[i].height;
    for (int i = 0; i < ECG_LEVELS; i++) {
        d->beats[i] = ECG_LEARNT_BEATS_16THS * highest / 16;
        d->noise[i] = ECG_LEARNT_NOISE_16THS * highest / 16;
    }
    d->is_learning = d->n_saved = 0;
    d->waiting = s->tick;
    ecg_set_threshold(d);
    for (int i = 0; i < saved; i++) ecg_decide(s, d->saved[i]);
}

ECG_STAGE void ecg_search_back(ecg_stream *s) {
    ecg_detector *d = &s->detector;
    if (!d->n_intervals || d->is_learning) return;
    const int32_t since = (int32_t)(ECG_SUBTICKS * (s->tick - ECG_LAG) - d->last_place);
    if (since >= d->late && 2 * d->best.height > d->threshold &&
        s->tick - d->best.tick <= ECG_OLDEST)
        ecg_accept(s, d->best);
}

/* No larger peak than the candidate has come in time. */
ECG_STAGE void ecg_end_peak(ecg_stream *s) {
    ecg_detector *d = &s->detector;
    ecg_peak *c = &d->candidate;
    c->place = ecg_r_place(d, c->tick);
    c->slope = 0;
    for (uint32_t i = 0; i < ECG_ENERGY; i++) {
        const int32_t slope = ecg_slope(d, c->tick - i);
        if (slope > c->slope) c->slope = slope;
    }
    d->is_candidate = 0;
    if (!d->is_learning)
        ecg_decide(s, *c);
    else if (d->n_saved < ECG_LEARNT_PEAKS)
        d->saved[d->n_saved++] = *c;
}

/* What is done at each tick, the signal being filtered. */
ECG_INLINE void ecg_look(ecg_stream *s, uint32_t now) {
    ecg_detector *d = &s->detector;
    const int32_t height = d->energy[1];
    if (height > d->energy[2] && height >= d->energy[0] &&
        (!d->is_candidate || height > d->candidate.height)) {
        d->is_candidate = 1;
        d->candidate.tick = now - 1, d->candidate.height = height;
    } else if (d->is_candidate && now - d->candidate.tick > ECG_APART) {
        ecg_end_peak(s);
    }
}

/* The tick of the alarm: the same, and what has lasted long enough. */
static void ecg_look_at_clocks(ecg_stream *s, uint32_t now) {
    ecg_detector *d = &s->detector;
    if (d->is_learning && now - d->learning >= ECG_LEARNING) ecg_learn(s);
    if (d->is_best) ecg_search_back(s);
    ecg_look(s, now);
    if (!d->is_learning && now - d->waiting >= ECG_RELEARN) {
        d->is_learning = 1, d->learning = now;
        d->is_best = d->n_saved = 0;
    }
    if (!d->silent && now - d->last_tick >= ECG_SILENCE) {
        d->silent = d->broken = 1;
        d->n_intervals = 0;
        ecg_break(s);
    }
    d->alarm = d->is_learning ? d->learning + ECG_LEARNING : d->waiting + ECG_RELEARN;
    if (!d->silent && (int32_t)(d->last_tick + ECG_SILENCE - d->alarm) < 0)
        d->alarm = d->last_tick + ECG_SILENCE;
}

/* What is rare apart, so that the rest needs few registers. */
ECG_STAGE void ecg_detect_rarely(ecg_stream *s, uint32_t now) {
    if ((int32_t)(now - s->detector.alarm) >= 0) {
        ecg_look_at_clocks(s, now);
        return;
    }
    ecg_search_back(s);
    ecg_look(s, now);
}

ECG_STAGE void ecg_detect(ecg_stream *s, uint32_t now) {
    if ((int32_t)(now - s->detector.alarm) >= 0 || s->detector.is_best)
        ecg_detect_rarely(s, now);
    else
        ecg_look(s, now);
}

#endif
