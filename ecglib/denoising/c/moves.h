/* SPDX-License-Identifier: MIT
 *
 * What stands between a denoiser's convolutions, beside ecg_kernels.h: values in `rows` that go up
 * a level, and the last convolution, whose values take 32 bits.
 */
#ifndef MOVES_H
#define MOVES_H

#include "ecg_kernels.h"

#define MOVE_LANES (32 / ECG_VALUE_BITS) /* values of a word */

/* Rows of `channels` values move to longer rows. The last goes first, and of each the end: `to` may
 * stand where `from` does, no row of it before the one that it comes from. */
ECG_INLINE void move_apart(const ecg_value *from, int stride, int channels, int steps,
                           ecg_value *to, int to_stride) {
    from += steps * stride, to += steps * to_stride;
    for (int t = 0; t < steps; t++) {
        from -= stride, to -= to_stride;
        if (channels % MOVE_LANES == 0) {
#pragma GCC unroll 16
            for (int c = channels - MOVE_LANES; c >= 0; c -= MOVE_LANES) {
                const int32_t word = ecg_word(from + c);
                __builtin_memcpy(to + c, &word, 4);
            }
        } else {
#pragma GCC unroll 16
            for (int c = channels - 1; c >= 0; c--) to[c] = from[c];
        }
    }
}

/* Each row of `channels` values twice: nearest upsampling. */
ECG_INLINE void move_twice(const ecg_value *from, int stride, int channels, int steps,
                           ecg_value *to, int to_stride) {
    for (int t = 0; t < steps; t++, from += stride, to += 2 * to_stride) {
        if (channels % MOVE_LANES == 0) {
#pragma GCC unroll 16
            for (int c = 0; c < channels; c += MOVE_LANES) {
                const int32_t word = ecg_word(from + c);
                __builtin_memcpy(to + c, &word, 4);
                __builtin_memcpy(to + to_stride + c, &word, 4);
            }
        } else {
#pragma GCC unroll 16
            for (int c = 0; c < channels; c++) to[c] = to[to_stride + c] = from[c];
        }
    }
}

/* One output of one tap, a multiple of four steps. weights: of the values of a row of x, then of
 * one of y. */
ECG_INLINE void move_out(const ecg_value *x, int x_stride, const ecg_value *y, int y_stride,
                         const int8_t *weights, int32_t bias, int32_t multiplier, int steps,
                         int32_t *out) {
    for (int t = 0; t < steps; t += 4, x += 4 * x_stride, y += 4 * y_stride) {
        int32_t sums[4] = {bias, bias, bias, bias};
#pragma GCC unroll 8
        for (int i = 0; i < x_stride; i++) {
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++) sums[k] += weights[i] * x[k * x_stride + i];
        }
#pragma GCC unroll 8
        for (int i = 0; i < y_stride; i++) {
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++) sums[k] += weights[x_stride + i] * y[k * y_stride + i];
        }
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) out[t + k] = ecg_scaled(sums[k], multiplier, 0);
    }
}

#endif
