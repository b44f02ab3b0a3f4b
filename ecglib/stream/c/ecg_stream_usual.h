/* SPDX-License-Identifier: MIT
 * A beat against the patient's usual one; see ecglib/stream/usual.py and inputs.py.
 */
#ifndef ECG_STREAM_USUAL_H
#define ECG_STREAM_USUAL_H

static void ecg_scale_by(ecg_usual *u, uint64_t variance, int sound) {
    const int32_t value = ecg_log2(variance ? variance : 1) << 9;
    const int32_t weight = ecg_least(u->scaled + 1, ECG_SCALE_BEATS);
    if (!sound && u->scaled) return;
    u->scale += (value - u->scale) / weight;
    if (sound && u->scaled < ECG_SCALE_BEATS) u->scaled++;
}

/* signal: a ring, in which the window begins at this tick */
static void ecg_deviation(ecg_usual *u, const int16_t *signal, uint32_t start, int regular,
                          int sound, uint8_t *values) {
    int32_t total = 0, weight = 0;
    int64_t squares = 0;
    int shift;
    for (uint32_t i = 0; i < ECG_WINDOW; i++) {
        const int32_t x = signal[(start + i) % ECG_SIGNAL_RING];
        total += x, squares += (int64_t)x * x;
    }
    ecg_scale_by(u, (uint64_t)(ECG_WINDOW * squares - (int64_t)total * total), sound);
    const uint32_t mantissa = ecg_power_of_half(u->scale, &shift);
    const int first = !u->counted;
    shift += 20;
    if (first)
        u->counted = (uint8_t)(sound != 0);
    else if (regular && sound)
        weight = u->counted = (uint8_t)ecg_least(u->counted + 1, ECG_TEMPLATE_BEATS);
    for (uint32_t i = 0; i < ECG_WINDOW; i++) {
        const int32_t x = ECG_WINDOW * signal[(start + i) % ECG_SIGNAL_RING] - total;
        const int64_t z = ((int64_t)x * mantissa + ((int64_t)1 << (shift - 1))) >> shift;
        const int32_t limited = z < -ECG_LARGEST_Q11  ? -ECG_LARGEST_Q11
                                : z > ECG_LARGEST_Q11 ? ECG_LARGEST_Q11
                                                      : (int32_t)z;
        if (first) u->beat[i] = limited * 512;
        const int32_t deviation = limited * 512 - u->beat[i];
        if (weight) u->beat[i] += deviation / weight;
        values[i] = (uint8_t)ecg_clip(
            ECG_WINDOW_ZERO + ecg_times(deviation, ECG_DEVIATION_FACTOR), 0, 255);
    }
}

#endif
