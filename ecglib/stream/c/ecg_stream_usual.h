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
ECG_STAGE void ecg_deviation(ecg_usual *u, const int16_t *signal, uint32_t start, int regular,
                          int sound, ecg_stream_value *values) {
    int16_t window[ECG_WINDOW] __attribute__((aligned(4)));
    int32_t total, share = 0;
    uint64_t squares;
    int shift;
    for (uint32_t i = 0; i < ECG_WINDOW; i++) window[i] = signal[(start + i) % ECG_SIGNAL_RING];
    ecg_moments(window, ECG_WINDOW, &total, &squares);
    ecg_scale_by(u, ECG_WINDOW * squares - (uint64_t)((int64_t)total * total), sound);
    const int32_t mantissa = (int32_t)(ecg_power_of_half(u->scale, &shift) >> 1);
    const int first = !u->counted, known = first ? 0 : -1; /* the first one is its own */
    const int up = shift < 22 ? 22 - shift : 0, down = shift < 22 ? 0 : shift - 22;
    if (first)
        u->counted = (uint8_t)(sound != 0);
    else if (regular && sound)
        u->counted = (uint8_t)ecg_least(u->counted + 1, ECG_TEMPLATE_BEATS),
        share = INT32_MAX / u->counted;
    int32_t before[ECG_P_SAMPLES], far[ECG_P_SAMPLES];
    for (uint32_t i = 0; i < ECG_WINDOW; i++) {
        int32_t x = ECG_WINDOW * window[i] - total;
        x = ecg_clip(x, -(16 << shift), 16 << shift); /* what is cut off is cut off anyway */
        x = ecg_clip(ecg_scaled((int32_t)((uint32_t)x << up) >> down, mantissa, 0),
                     -ECG_LARGEST_Q20, ECG_LARGEST_Q20 - 1);
        const int32_t deviation = (x - u->beat[i]) & known;
        const uint32_t p = i - ECG_P_FIRST;
        if (p < ECG_P_SAMPLES) before[p] = (x - deviation) >> 4, far[p] = deviation >> 4;
        u->beat[i] = ecg_scaled(2 * deviation, share, x - deviation);
        values[i] = (ecg_stream_value)ecg_clipped(
            ecg_scaled(deviation, ECG_DEVIATION_FACTOR, ECG_WINDOW_ZERO));
    }
    ecg_p_wave(before, far, u->p_wave);
}

#endif
