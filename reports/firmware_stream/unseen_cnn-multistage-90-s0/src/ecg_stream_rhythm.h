/* SPDX-License-Identifier: MIT
 * Rhythm features of a beat; see ecglib/stream/rhythm.py and inputs.py.
 */
#ifndef ECG_STREAM_RHYTHM_H
#define ECG_STREAM_RHYTHM_H

/* The interval so many before the next one. */
static int32_t ecg_past(const ecg_rhythm *r, int ago) {
    const int at = r->next - ago;
    return r->past[at < 0 ? at + ECG_LONG : at];
}
static int ecg_least(int a, int b) { return a < b ? a : b; }

static int32_t ecg_log_mean(int32_t sum, int count) {
    return ecg_log2((uint32_t)sum) - ecg_log2((uint32_t)count);
}

static int32_t ecg_local_sum(const ecg_rhythm *r, int count) {
    int32_t sum = 0;
    for (int i = 1; i <= count; i++) sum += ecg_past(r, i);
    return sum;
}

/* previous: 0 if it is not known */
static int ecg_is_regular(const ecg_rhythm *r, int32_t previous) {
    const int local = ecg_least(r->count, ECG_LOCAL);
    if (!previous || !local) return 1;
    const int32_t mean = ecg_log_mean(ecg_local_sum(r, local), local);
    return ecg_abs(ecg_log2((uint32_t)previous) - mean) < ECG_REGULAR_Q14;
}

static int32_t ecg_fraction(uint64_t above, uint32_t below) {
    const uint64_t found = (above << 12) / below;
    return found > 1 << 12 ? 1 << 12 : (int32_t)found;
}

static int32_t ecg_deviation_of_local(const ecg_rhythm *r, int count, int32_t sum) {
    int64_t squares = 0;
    for (int i = 1; i <= count; i++) squares += (int64_t)ecg_past(r, i) * ecg_past(r, i);
    return ecg_fraction(ecg_root((uint64_t)(count * squares - (int64_t)sum * sum)), (uint32_t)sum);
}

static int32_t ecg_difference(const ecg_rhythm *r, int count, int32_t sum) {
    const int steps = ecg_least(r->count, ECG_LOCAL + 1) - 1;
    int32_t total = 0;
    if (steps < 1) return 0;
    for (int i = 1; i <= steps; i++) total += ecg_abs(ecg_past(r, i) - ecg_past(r, i + 1));
    return ecg_fraction((uint32_t)(total * count), (uint32_t)(steps * sum));
}

static int32_t ecg_high_tenfold(const ecg_rhythm *r, int32_t otherwise) {
    const int count = ecg_least(r->count, ECG_PERCENTILE_OVER);
    if (!count) return 10 * otherwise;
    const int at = 9 * (count - 1) / 10, tenths = 9 * (count - 1) % 10;
    const int32_t low = r->sorted[at], high = r->sorted[ecg_least(at + 1, count - 1)];
    return 10 * low + tenths * (high - low);
}

/* In order; the oldest of two hundred goes. */
static void ecg_sort_in(ecg_rhythm *r, int16_t interval) {
    int count = r->count, at;
    if (count >= ECG_PERCENTILE_OVER) {
        const int32_t oldest = ecg_past(r, ECG_PERCENTILE_OVER);
        count = ECG_PERCENTILE_OVER - 1;
        for (at = 0; r->sorted[at] != oldest;) at++;
        for (; at < count; at++) r->sorted[at] = r->sorted[at + 1];
    }
    for (at = count; at > 0 && r->sorted[at - 1] > interval; at--) r->sorted[at] = r->sorted[at - 1];
    r->sorted[at] = interval;
}

static int ecg_differ(int32_t a, int32_t b) {
    return a > b ? a << 14 > b * ECG_GATE_Q14 : b << 14 > a * ECG_GATE_Q14;
}

/* Whether the intervals repeat after neither one, two nor three: for each at least half of the last
 * are another than the one so many before. */
static int ecg_is_irregular(const ecg_rhythm *r) {
    for (int lag = 1; lag <= ECG_GATE_LAGS; lag++) {
        const int pairs = ecg_least(r->count - lag, ECG_GATE_OVER);
        if (pairs < 1 || 2 * r->apart[lag - 1] < pairs) return 0;
    }
    return 1;
}

/* One pair comes for each lag, and where there are as many as count one goes. */
static void ecg_count_apart(ecg_rhythm *r, int32_t interval) {
    for (int lag = 1; lag <= ECG_GATE_LAGS && lag <= r->count; lag++) {
        int apart = r->apart[lag - 1] + ecg_differ(interval, ecg_past(r, lag));
        if (r->count >= ECG_GATE_OVER + lag)
            apart -= ecg_differ(ecg_past(r, ECG_GATE_OVER), ecg_past(r, ECG_GATE_OVER + lag));
        r->apart[lag - 1] = (uint8_t)apart;
    }
}

static void ecg_remember(ecg_rhythm *r, int32_t interval) {
    ecg_count_apart(r, interval);
    ecg_sort_in(r, (int16_t)interval);
    if (r->count == ECG_LONG)
        r->sum -= r->past[r->next];
    else
        r->count++;
    r->past[r->next] = (int16_t)interval;
    r->sum += interval;
    r->next = (uint16_t)(r->next + 1 == ECG_LONG ? 0 : r->next + 1);
}

static uint8_t ecg_feature(int32_t feature, int32_t factor) {
    const int64_t half = (int64_t)1 << (ECG_FEATURE_BITS - 1);
    const int64_t value = ((int64_t)feature * factor + half) >> ECG_FEATURE_BITS;
    return (uint8_t)ecg_clip(ECG_FEATURE_ZERO + (int32_t)value, 0, 255);
}
static uint8_t ecg_log_feature(int32_t feature) {
    return ecg_feature(ecg_clip(feature, -ECG_LOG_LIMIT_Q14, ECG_LOG_LIMIT_Q14),
                       ECG_LOGARITHM_FACTOR);
}

/* Intervals that are not known are 0. */
ECG_STAGE void ecg_features(ecg_rhythm *r, int32_t previous, int32_t following, uint8_t *features) {
    int local = ecg_least(r->count, ECG_LOCAL), count = r->count, known = previous != 0;
    int32_t local_sum = ecg_local_sum(r, local), sum = r->sum;
    if (!known && local) {
        previous = (local_sum + local / 2) / local;
    } else if (!known) {
        known = following != 0;
        previous = known ? following : ECG_NO_INTERVAL;
    }
    if (!following) following = previous;
    if (!local) local = count = 1, local_sum = sum = previous;
    const int32_t before = ecg_log2((uint32_t)previous), after = ecg_log2((uint32_t)following);
    const int32_t near = ecg_log_mean(local_sum, local), far = ecg_log_mean(sum, count);
    const int32_t high = ecg_log_mean(ecg_high_tenfold(r, previous), 10);
    features[0] = ecg_log_feature(before - near);
    features[1] = ecg_log_feature(after - before);
    features[2] = ecg_log_feature(before - far);
    features[3] = ecg_log_feature(after - near);
    features[4] = ecg_log_feature(after - far);
    features[5] = ecg_feature(r->count ? ecg_deviation_of_local(r, local, local_sum) : 0,
                              ECG_FRACTION_FACTOR);
    features[6] = ecg_feature(ecg_difference(r, local, local_sum), ECG_FRACTION_FACTOR);
    features[7] = ecg_log_feature(before - high);
    r->irregular = (uint8_t)ecg_is_irregular(r);
    if (known) ecg_remember(r, previous);
}

#endif
