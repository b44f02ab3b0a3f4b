/* SPDX-License-Identifier: MIT
 * What is there of a P wave; see ecglib/stream/p_wave.py.
 */
#ifndef ECG_STREAM_P_WAVE_H
#define ECG_STREAM_P_WAVE_H

/* Less the mean and a straight line. */
static int32_t ecg_log_power(const int32_t *x) {
    int32_t sum = 0, slope = 0, ramp = 1 - ECG_P_SAMPLES;
    int64_t squares = 0;
#pragma GCC unroll 2
    for (int i = 0; i < ECG_P_SAMPLES; i++, ramp += 2) {
        sum += x[i], slope += ramp * x[i];
        squares += (int64_t)x[i] * x[i];
    }
    return ecg_log2_long((uint64_t)(ECG_P_TREND * squares - ECG_P_MEAN * ((int64_t)sum * sum) -
                               (int64_t)slope * slope) |
                    1);
}
static uint8_t ecg_p_feature(int32_t logarithm) {
    return ecg_feature(ecg_clip(logarithm, -ECG_P_LIMIT_Q15, ECG_P_LIMIT_Q15), ECG_P_FACTOR);
}

/* The template and the deviation from it, where a P wave stands, in 2^-ECG_P_BITS; the template is
 * spoilt. */
ECG_STAGE void ecg_p_wave(int32_t *usual, const int32_t *far, uint8_t *features) {
    const int32_t known = ecg_larger(ecg_log_power(usual), ECG_P_LEAST_USUAL);
    for (int i = 0; i < ECG_P_SAMPLES; i++) usual[i] += far[i];
    features[0] = ecg_p_feature(known - ECG_P_ONE);
    features[1] = ecg_p_feature(ecg_larger(ecg_log_power(usual), ECG_P_LEAST) - known);
    features[2] = ecg_p_feature(ecg_larger(ecg_log_power(far), ECG_P_LEAST) - known);
}

#endif
