/* SPDX-License-Identifier: MIT
 * Logarithm, power and root in integers; see ecglib/stream/numbers.py.
 */
#ifndef ECG_STREAM_MATH_H
#define ECG_STREAM_MATH_H

#include <stdint.h>

/* Logarithms are to base 2, in 2^-14; here of the mantissa / 2^31, from 1 to below 2, and a power. */
ECG_INLINE int32_t ecg_log2_of(uint32_t mantissa, int exponent) {
    int32_t found = exponent;
#pragma GCC unroll 7
    for (int i = 0; i < 14; i++) {
        const uint64_t square = (uint64_t)mantissa * mantissa;
        const uint32_t high = (uint32_t)(square >> 32), bit = high >> 31;
        mantissa = bit ? high : (uint32_t)(square >> 31);
        found = found << 1 | (int32_t)bit;
    }
    return found;
}

/* Of what is not 0. */
ECG_STAGE int32_t ecg_log2(uint32_t value) {
    const int zeros = __builtin_clz(value);
    return ecg_log2_of(value << zeros, 31 - zeros);
}
ECG_INLINE int32_t ecg_log2_long(uint64_t value) {
    const int zeros = __builtin_clzll(value);
    return ecg_log2_of((uint32_t)(value << zeros >> 32), 63 - zeros);
}

/* 2^(-exponent / 2^24) is the mantissa / 2^31 / 2^shift. */
static uint32_t ecg_power_of_half(int32_t exponent, int *shift) {
    *shift = (exponent + 0xFFFFFF) >> 24;
    const uint32_t fraction = ((uint32_t)*shift << 24) - (uint32_t)exponent;
    uint32_t mantissa = 0x80000000u;
    for (int k = 0; k < ECG_POWER_BITS; k++)
        if (fraction >> (23 - k) & 1) mantissa = (uint32_t)((uint64_t)mantissa * ecg_roots[k] >> 31);
    return mantissa;
}

static int32_t ecg_clip(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}
static int32_t ecg_abs(int32_t value) { return value < 0 ? -value : value; }

#endif
