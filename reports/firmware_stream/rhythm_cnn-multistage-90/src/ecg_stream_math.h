/* SPDX-License-Identifier: MIT
 * Logarithm, power and root in integers; see ecglib/stream/numbers.py.
 */
#ifndef ECG_STREAM_MATH_H
#define ECG_STREAM_MATH_H

#include <stdint.h>

/* To base 2, in 2^-14, of what is not 0. */
static int32_t ecg_log2(uint64_t value) {
    const uint32_t above = (uint32_t)(value >> 32);
    const int exponent = above ? 63 - __builtin_clz(above) : 31 - __builtin_clz((uint32_t)value);
    uint32_t mantissa = (uint32_t)(exponent <= 31 ? value << (31 - exponent)
                                                  : value >> (exponent - 31));
    int32_t found = exponent;
    for (int i = 0; i < 14; i++) {
        const uint64_t square = (uint64_t)mantissa * mantissa >> 31;
        const int bit = (int)(square >> 32);
        mantissa = (uint32_t)(square >> bit);
        found = found << 1 | bit;
    }
    return found;
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
