/* SPDX-License-Identifier: MIT
 * A beat against the patient's usual one; see ecglib/stream/usual.py and inputs.py.
 */
#ifndef ECG_STREAM_USUAL_H
#define ECG_STREAM_USUAL_H

static void ecg_scale_by(ecg_usual *u, uint64_t variance, int sound) {
    const int32_t value = ecg_log2_long(variance ? variance : 1) << 9;
    const int32_t weight = ecg_least(u->scaled + 1, ECG_SCALE_BEATS);
    if (!sound && u->scaled) return;
    u->scale += (value - u->scale) / weight;
    if (sound && u->scaled < ECG_SCALE_BEATS) u->scaled++;
}

/* To LARGEST_Q20, which is 2^23. */
ECG_INLINE int32_t ecg_to_largest(int32_t value) {
#if ECG_DSP
    int32_t result;
    __asm__("ssat %0, #24, %1" : "=r"(result) : "r"(value));
    return result;
#else
    return ecg_clip(value, -ECG_LARGEST_Q20, ECG_LARGEST_Q20 - 1);
#endif
}

/* A window's sum, what brings it to the running scale, and how far the template follows. */
typedef struct {
    int32_t total, limit, mantissa, known, share;
    int up;
} ecg_scaling;

/* From one place in the window to another; template and deviations are kept, if anywhere. */
ECG_INLINE void ecg_compare(ecg_usual *u, const int16_t *window, ecg_scaling by, int from, int to,
                            int32_t *before, int32_t *far, ecg_stream_value *values) {
    for (int i = from; i < to; i++) {
        int32_t x = ECG_WINDOW * window[i] - by.total;
        x = ecg_clip(x, -by.limit, by.limit); /* what is cut off is cut off anyway */
        x = ecg_to_largest(ecg_scaled((int32_t)((uint32_t)x << by.up), by.mantissa, 0));
        const int32_t deviation = (x - u->beat[i]) & by.known;
        u->beat[i] = ecg_scaled(deviation, by.share, x - deviation);
        if (before) before[i] = (x - deviation) >> 4, far[i] = deviation >> 4;
        values[i] = (ecg_stream_value)ecg_clipped(
            ecg_scaled(deviation, ECG_DEVIATION_FACTOR, ECG_WINDOW_ZERO));
    }
}

/* signal: a ring, in which the window begins at this tick */
ECG_STAGE void ecg_deviation(ecg_usual *u, const int16_t *signal, uint32_t start, int regular,
                             int sound, ecg_stream_value *values) {
    int16_t window[ECG_WINDOW] __attribute__((aligned(4)));
    int32_t before[ECG_P_END], far[ECG_P_END];
    ecg_scaling by;
    uint64_t squares;
    int shift;
#pragma GCC unroll 4
    for (uint32_t i = 0; i < ECG_WINDOW; i++) window[i] = signal[(start + i) % ECG_SIGNAL_RING];
    ecg_moments(window, ECG_WINDOW, &by.total, &squares);
    ecg_scale_by(u, ECG_WINDOW * squares - (uint64_t)((int64_t)by.total * by.total), sound);
    by.mantissa = (int32_t)(ecg_power_of_half(u->scale, &shift) >> 1);
    by.limit = 16 << shift, by.up = 22 - shift; /* of 16 bits no spread is above 2^22 */
    by.known = u->counted ? -1 : 0;             /* the first one is its own */
    by.share = 0;
    if (!u->counted)
        u->counted = (uint8_t)(sound != 0);
    else if (regular && sound)
        u->counted = (uint8_t)ecg_least(u->counted + 1, ECG_TEMPLATE_BEATS),
        by.share = 2 * (INT32_MAX / u->counted);
    ecg_compare(u, window, by, 0, ECG_P_END, before, far, values);
    ecg_compare(u, window, by, ECG_P_END, ECG_WINDOW, 0, 0, values);
    ecg_p_wave(before + ECG_P_FIRST, far + ECG_P_FIRST, u->p_wave);
}

#endif
