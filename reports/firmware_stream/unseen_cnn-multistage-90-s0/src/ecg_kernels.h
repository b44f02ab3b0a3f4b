/* SPDX-License-Identifier: MIT
 *
 * Integer layers for one heartbeat at a time: 8-bit values, int8 weights, int32_t sums. Between
 * layers a value takes 16 bits, as the kernels multiply it, or with ECG_VALUE_BITS 8 half of that;
 * convolutions then read their values through a small window of int16_t. Every kernel exists twice:
 * for cores with the DSP extension (Cortex-M4, M7, M33: SMLAD and its family) and in portable C99.
 * Both give the same integers, those of the numpy reference.
 *
 * Layouts of a tensor of C channels and T steps:
 *   rows    x[t * stride + c], stride the next even number from C on (C itself if it is 1), so that
 *           two neighbouring channels are one aligned word, which SMLAD multiplies by two weights;
 *           the place beside an odd channel may repeat that channel's value of the next step;
 *   halves  one word for each row and channel: value t below, value t + shift above; every tap is
 *           an aligned load, and one weight in a register serves both halves;
 *   bytes   x[t * stride + c] in uint8_t, stride the next multiple of 4 from C on, zeros beside the
 *           last channel, so that four channels are one aligned word;
 *   flat    x[c * T + t], what a dense layer reads.
 * Strides and sizes are literals at every call, so that they end up inside the instructions.
 */
#ifndef ECG_KERNELS_H
#define ECG_KERNELS_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words of two values are little-endian"
#endif
/* gcc, optimising: the kernels need all registers. "impossible constraints": a flag keeps one back
 * (-ffixed-r9, -fno-omit-frame-pointer, -msingle-pic-base), so take it off or add -DECG_PORTABLE. */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && !defined(__clang__) && \
    !defined(ECG_PORTABLE)
#define ECG_DSP 1
#else
#define ECG_DSP 0
#endif
#ifndef ECG_VALUE_BITS
#define ECG_VALUE_BITS 16
#endif
#if ECG_VALUE_BITS == 8
typedef uint8_t ecg_value;
#else
typedef int16_t ecg_value;
#endif
#define ECG_UNROLLED 24 /* words of a dense convolution's window up to which it has no loop */
#define ECG_INLINE static inline __attribute__((always_inline))
/* C99 leaves it to the compiler whether >> keeps the sign; here it must. */
typedef char ecg_shifts_keep_the_sign[(-1 >> 1) == -1 ? 1 : -1];

/* ---- words of two values ------------------------------------------------------------------- */

ECG_INLINE int32_t ecg_word(const void *address) {
    int32_t word;
    __builtin_memcpy(&word, address, 4);
    return word;
}
ECG_INLINE int32_t ecg_low(int32_t word) { return (int16_t)(uint32_t)word; }
ECG_INLINE int32_t ecg_high(int32_t word) { return (int16_t)((uint32_t)word >> 16); }

/* sum + low * low + high * high */
ECG_INLINE int32_t ecg_smlad(int32_t a, int32_t b, int32_t sum) {
#if ECG_DSP
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return sum + ecg_low(a) * ecg_low(b) + ecg_high(a) * ecg_high(b);
#endif
}

/* sum + high * low, sum + low * high */
ECG_INLINE int32_t ecg_smlatb(int32_t a, int32_t b, int32_t sum) {
#if ECG_DSP
    int32_t result;
    __asm__("smlatb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return sum + ecg_high(a) * ecg_low(b);
#endif
}
ECG_INLINE int32_t ecg_smlabt(int32_t a, int32_t b, int32_t sum) {
    return ecg_smlatb(b, a, sum);
}

/* Bytes 0 and 2 of a word (bytes 1 and 3 with `odd`), signed, as two halves. */
ECG_INLINE int32_t ecg_two_bytes(int32_t word, int odd) {
#if ECG_DSP
    int32_t result;
    if (odd) {
        __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
    } else {
        __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
    }
    return result;
#else
    uint32_t w = (uint32_t)word >> (odd ? 8 : 0);
    return (int32_t)((uint32_t)(uint16_t)(int8_t)w | (uint32_t)(uint16_t)(int8_t)(w >> 16) << 16);
#endif
}

/* ---- from a sum to an 8-bit value ---------------------------------------------------------- */

/* One layer's constants. `table` has a row of `columns` for each output channel: its bias, its
 * multiplier, and, in columns `difference` and `skip_weight` where these are not 0, what to add to
 * the multiplier of negative sums, and the weight of the skip. */
typedef struct {
    const int32_t *table;
    int columns, difference, skip_weight;
    const ecg_value *skip; /* value (t, o) of the skip: skip[t * skip_step + o * skip_channel] */
    int skip_step, skip_channel;
    int32_t zero;
} ecg_scale;

/* Where value (t, o) goes: out[t * step + o * channel]. pool: 2 = the larger of steps 2t and
 * 2t + 1. */
typedef struct {
    ecg_value *out;
    int step, channel, pool;
} ecg_place;

/* base + round(sum * multiplier / 2^32), halves up */
ECG_INLINE int32_t ecg_scaled(int32_t sum, int32_t multiplier, int32_t base) {
#if ECG_DSP
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(sum), "r"(multiplier), "r"(base));
    return result;
#else
    return base + (int32_t)(((int64_t)sum * multiplier + (int64_t)0x80000000) >> 32);
#endif
}

/* Clipped to 0..255; of a value in units of 1 / 65536 the whole part. */
ECG_INLINE int32_t ecg_clipped(int32_t value) {
#if ECG_DSP
    int32_t result;
    __asm__("usat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
#else
    return value < 0 ? 0 : value > 255 ? 255 : value;
#endif
}
ECG_INLINE int32_t ecg_clipped_whole(int32_t value) {
#if ECG_DSP
    int32_t result;
    __asm__("usat %0, #8, %1, asr #16" : "=r"(result) : "r"(value));
    return result;
#else
    return ecg_clipped(value >> 16);
#endif
}

/* `step` is how far the next value goes. Neighbours gcc would first join to words, which takes
 * longer than a store of each. */
ECG_INLINE void ecg_store(ecg_value *to, int32_t value, int step) {
#if ECG_DSP && ECG_VALUE_BITS == 16
    if (step == 1) {
        __asm__("strh %1, %0" : "=m"(*to) : "r"(value));
        return;
    }
#endif
    (void)step;
    *to = (ecg_value)value;
}

ECG_INLINE int32_t ecg_larger(int32_t a, int32_t b) { return a > b ? a : b; }

/* One output's row of the table, in registers. */
typedef struct {
    int32_t bias, multiplier, difference, skip_weight;
} ecg_output;

ECG_INLINE ecg_output ecg_output_at(const int32_t *row, ecg_scale scale) {
    ecg_output output = {row[0], row[1], 0, 0};
    if (scale.difference) output.difference = row[scale.difference];
    if (scale.skip_weight) output.skip_weight = row[scale.skip_weight];
    return output;
}

/* The mask of a negative sum adds the difference without a branch. */
ECG_INLINE int32_t ecg_multiplier(int32_t sum, ecg_output output, ecg_scale scale) {
    if (!scale.difference) return output.multiplier;
    return output.multiplier + (sum >> 31 & output.difference);
}

/* Where a kernel stands: the value that its next sum becomes, and the skip that it adds. */
typedef struct {
    ecg_value *out;
    const ecg_value *skip;
} ecg_cursor;

ECG_INLINE ecg_cursor ecg_moved(ecg_cursor at, int steps, ecg_scale scale, ecg_place place) {
    at.out += (steps >> (place.pool == 2)) * place.step;
    if (scale.skip_weight) at.skip += steps * scale.skip_step;
    return at;
}
ECG_INLINE ecg_cursor ecg_beside(ecg_cursor at, int outputs, ecg_scale scale, ecg_place place) {
    at.out += outputs * place.channel;
    if (scale.skip_weight) at.skip += outputs * scale.skip_channel;
    return at;
}
ECG_INLINE ecg_cursor ecg_start(ecg_scale scale, ecg_place place) {
    ecg_cursor at = {place.out, scale.skip};
    return at;
}

/* `count` sums of one output become values, pairs of them one value where it is pooled. */
ECG_INLINE void ecg_put(int32_t *sums, int count, ecg_output output, ecg_cursor at,
                        ecg_scale scale, ecg_place place) {
    if (scale.skip_weight) {
#pragma GCC unroll 8
        for (int i = 0; i < count; i++)
            sums[i] += output.skip_weight * at.skip[i * scale.skip_step];
    }
#pragma GCC unroll 8
    for (int i = 0; i < count; i += place.pool) {
        const int32_t sum = place.pool == 2 ? ecg_larger(sums[i], sums[i + 1]) : sums[i];
        const int32_t multiplier = ecg_multiplier(sum, output, scale);
        ecg_store(at.out + i / place.pool * place.step,
                  ecg_clipped(ecg_scaled(sum, multiplier, scale.zero)), place.step);
    }
}

/* How far to go to the next tile when `left` steps are left behind this one: the last tile stands
 * flush with the end and overlaps the one before, which costs less than a kernel for the rest. */
ECG_INLINE int ecg_advance(int tile, int left, int steps) {
    return steps % tile == 0 || left >= tile ? tile : left;
}

#if ECG_VALUE_BITS == 8
/* ---- the window of int16_t that convolutions read values of 8 bits through ------------------ */

/* Shared by the layers, which call them seldom. */
#define ECG_SHARED static __attribute__((noinline, unused))

/* `count` values, or up to three more; where the next ones stand. */
ECG_SHARED const ecg_value *ecg_widen(const ecg_value *from, int16_t *to, int count) {
#if ECG_DSP
#pragma GCC unroll 2
    for (int i = 0; i < count; i += 4) {
        int32_t even, odd, first, second;
        __asm__("uxtb16 %0, %2\n uxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd)
                : "r"(ecg_word(from + i)));
        __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(first) : "r"(even), "r"(odd));
        __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(second) : "r"(even), "r"(odd));
        __builtin_memcpy(to + i, &first, 4);
        __builtin_memcpy(to + i + 2, &second, 4);
    }
#else
    for (int i = 0; i < count; i++) to[i] = from[i];
#endif
    return from + count;
}

/* A window of `size` values moves on by `far` of them. */
ECG_SHARED const ecg_value *ecg_slide(int16_t *window, int size, const ecg_value *from, int far) {
#pragma GCC unroll 4
    for (int i = 0; i < size - far; i += 2) {
        const int32_t two = ecg_word(window + far + i);
        __builtin_memcpy(window + i, &two, 4);
    }
    return ecg_widen(from, window + size - far, far);
}

/* The next window's values go `far` steps further. */
ECG_INLINE void ecg_move(int far, ecg_scale *scale, ecg_place *place) {
    place->out += (far >> (place->pool == 2)) * place->step;
    if (scale->skip_weight) scale->skip += far * scale->skip_step;
}
#endif

/* ---- convolutions: `steps` before pooling, no fewer than a kernel takes at a time ----------- */

/* One input channel, four steps at a time. weights: for each output those of taps (0, 1), (2, 3)...
 * in words, then (1, 2), (3, 4)..., as many as are whole: taps - 1 words. */
ECG_INLINE void ecg_conv_first(const int16_t *x, const int32_t *weights, int taps, int outputs,
                               int steps, ecg_scale scale, ecg_place place) {
    const int32_t *row = scale.table;
    for (int o = 0; o < outputs; o++, row += scale.columns, weights += taps - 1) {
        ecg_cursor at = ecg_beside(ecg_start(scale, place), o, scale, place);
        const ecg_output output = ecg_output_at(row, scale);
        const int32_t *later = weights + taps / 2;
        const int16_t *samples = x;
        for (int tiles = steps / 4, rest = steps % 4;;) {
            do {
                int32_t sums[4];
#pragma GCC unroll 2
                for (int i = 0; i < 4; i += 2) {
                    int32_t even = output.bias;
                    int32_t odd = ecg_smlatb(ecg_word(samples + i), weights[0], output.bias);
#pragma GCC unroll 4
                    for (int j = 0; j < taps / 2; j++)
                        even = ecg_smlad(ecg_word(samples + i + 2 * j), weights[j], even);
#pragma GCC unroll 4
                    for (int j = 0; j < (taps - 1) / 2; j++)
                        odd = ecg_smlad(ecg_word(samples + i + 2 * j + 2), later[j], odd);
                    const int32_t end = ecg_word(samples + i + taps / 2 * 2);
                    if (taps % 2) {
                        even = ecg_smlabt(end, later[taps / 2 - 1], even);
                    } else {
                        odd = ecg_smlabt(end, weights[taps / 2 - 1], odd);
                    }
                    sums[i] = even, sums[i + 1] = odd;
                }
                ecg_put(sums, 4, output, at, scale, place);
                samples += 4, at = ecg_moved(at, 4, scale, place);
            } while (--tiles);
            if (rest == 0) break;
            samples += rest - 4, at = ecg_moved(at, rest - 4, scale, place);
            tiles = 1, rest = 0;
        }
    }
}

/* Beside an odd last channel, its value of the next step: then one word serves two taps. */
ECG_INLINE void ecg_fold(int16_t *x, int stride, int steps) {
    int16_t *last = x + stride - 2;
#pragma GCC unroll 4
    for (int t = 0; t < steps - 1; t++, last += stride) last[1] = last[stride];
}

#if ECG_DSP
/* One word of two outputs at four steps, ECG_DENSE_FIRST with sums that start from those of step 0.
 * Loads stand together: one after another takes a cycle, the first of them two. */
#define ECG_DENSE_LOAD(p, q)                                                                       \
    ".set ecg_x, 4 * (ecg_j + ecg_j / %c[G])\n ldr %[u], [%[w], #%c[B] * ecg_j]\n"                 \
    ".if %c[B] == 8\n ldr %[v], [%[w], #8 * ecg_j + 4]\n.endif\n" ECG_DENSE_MORE(p, q)            \
    ".if %c[B] == 4\n sxtb16 %[v], %[u], ror #8\n sxtb16 %[u], %[u]\n.endif\n"
#define ECG_DENSE_MORE(p, q)                                                                       \
    "ldr %[p], [%[x], #ecg_x + " p " * %c[R]]\n ldr %[q], [%[x], #ecg_x + " q " * %c[R]]\n"
#define ECG_DENSE_SUM(x, to, from)                                                                 \
    "smlad %[a" to "], %[" x "], %[u], %[a" from "]\n"                                             \
    "smlad %[b" to "], %[" x "], %[v], %[b" from "]\n"
#define ECG_DENSE_FIRST                                                                            \
    ".set ecg_j, 0\n" ECG_DENSE_LOAD("1", "2") ECG_DENSE_SUM("p", "1", "0")                        \
    ECG_DENSE_SUM("q", "2", "0") ECG_DENSE_MORE("3", "0") ECG_DENSE_SUM("p", "3", "0")             \
    ECG_DENSE_SUM("q", "0", "0") ".set ecg_j, 1\n"
#define ECG_DENSE_WORDS(count)                                                                     \
    ".rept " count "\n" ECG_DENSE_LOAD("0", "1") ECG_DENSE_SUM("p", "0", "0")                      \
    ECG_DENSE_SUM("q", "1", "1") ECG_DENSE_MORE("2", "3") ECG_DENSE_SUM("p", "2", "2")             \
    ECG_DENSE_SUM("q", "3", "3") ".set ecg_j, ecg_j + 1\n.endr\n"
#endif

/* Dense, rows: two outputs by four steps. weights: for each pair of outputs (the last pair overlaps
 * the one before if their number is odd) `words` times the weights of two values: with `bytes` 8 a
 * word of int16 for each output, with 4 a word of int8, bytes 0 and 2 the first output's. words is
 * a multiple of 4 if it is above ECG_UNROLLED. Behind each `run` words of values one is left out
 * (see ecg_fold), none if run is not below words. */
ECG_INLINE void ecg_conv_dense(const int16_t *x, int stride, const int32_t *weights, int bytes,
                               int words, int run, int outputs, int steps, ecg_scale scale,
                               ecg_place place) {
    ecg_cursor start = ecg_start(scale, place);
    for (int left = steps - 4;;) {
        const int32_t *w = weights, *row = scale.table;
        const int32_t *last = row + (outputs - 2) * scale.columns;
        ecg_cursor at = start;
        for (;;) {
            int32_t a0 = row[0], b0 = row[scale.columns];
            int32_t a1, a2, a3, b1, b2, b3;
#if ECG_DSP
#define ECG_SUMS                                                                                   \
    [u] "=&r"(u), [v] "=&r"(v), [p] "=&r"(p), [q] "=&r"(q), [a0] "+&r"(a0), [b0] "+&r"(b0),        \
        [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3), [b1] "=&r"(b1), [b2] "=&r"(b2),            \
        [b3] "=&r"(b3)
            int32_t u, v, p, q;
            if (words <= ECG_UNROLLED) {
                __asm__ volatile(ECG_DENSE_FIRST ECG_DENSE_WORDS("%c[words] - 1")
                                 : ECG_SUMS
                                 : [w] "r"(w), [x] "r"(x), [R] "i"(2 * stride), [G] "i"(run),
                                   [B] "i"(bytes), [words] "i"(words)
                                 : "memory");
                w += bytes / 4 * words;
            } else {
                const int32_t *to = w + bytes / 4 * words; /* in memory: all registers are taken */
                const int16_t *from = x;
                __asm__ volatile("mov %[a1], %[a0]\n mov %[a2], %[a0]\n mov %[a3], %[a0]\n"
                                 "mov %[b1], %[b0]\n mov %[b2], %[b0]\n mov %[b3], %[b0]\n"
                                 "1:\n.set ecg_j, 0\n" ECG_DENSE_WORDS("%c[U]")
                                 "adds %[x], #4 * %c[U]\n ldr %[p], %[to]\n"
                                 "adds %[w], #%c[B] * %c[U]\n cmp %[w], %[p]\n bne 1b\n"
                                 : [w] "+&r"(w), [x] "+&r"(from), ECG_SUMS
                                 : [to] "m"(to), [R] "i"(2 * stride), [G] "i"(words),
                                   [B] "i"(bytes), [U] "i"(words % 8 ? 4 : 8)
                                 : "cc", "memory");
            }
#undef ECG_SUMS
#else
            a1 = a2 = a3 = a0, b1 = b2 = b3 = b0;
            for (int j = 0; j < words; j++) {
                const int32_t u = bytes == 8 ? *w++ : ecg_two_bytes(*w, 0);
                const int32_t v = bytes == 8 ? *w++ : ecg_two_bytes(*w++, 1);
                const int16_t *from = x + 2 * (j + j / run);
                const int32_t p = ecg_word(from), q = ecg_word(from + stride);
                const int32_t r = ecg_word(from + 2 * stride), s = ecg_word(from + 3 * stride);
                a0 = ecg_smlad(p, u, a0), b0 = ecg_smlad(p, v, b0);
                a1 = ecg_smlad(q, u, a1), b1 = ecg_smlad(q, v, b1);
                a2 = ecg_smlad(r, u, a2), b2 = ecg_smlad(r, v, b2);
                a3 = ecg_smlad(s, u, a3), b3 = ecg_smlad(s, v, b3);
            }
#endif
            int32_t a[4] = {a0, a1, a2, a3}, b[4] = {b0, b1, b2, b3};
            ecg_put(a, 4, ecg_output_at(row, scale), at, scale, place);
            ecg_put(b, 4, ecg_output_at(row + scale.columns, scale),
                    ecg_beside(at, 1, scale, place), scale, place);
            if (row == last) break;
            const int next = outputs % 2 && row + scale.columns == last ? 1 : 2;
            row += next * scale.columns, at = ecg_beside(at, next, scale, place);
        }
        if (left == 0) break;
        const int far = ecg_advance(4, left, steps);
        left -= far, x += far * stride, start = ecg_moved(start, far, scale, place);
    }
}

#if ECG_DSP
/* One pair of weights at eight steps, ECG_PAIR_FIRST with sums that start from that of step 0; the
 * next element is loaded on the way. */
#define ECG_PAIR_SUM(x, to, from) "smlad %[a" to "], %[" x "], %[w], %[a" from "]\n"
#define ECG_PAIR_LOAD(x, step) "ldr %[" x "], [%[x], #" step " * %c[R]]\n"
#define ECG_PAIR_NEXT "uxtab %[x], %[x], %[s], ror #8\n sxtb16 %[w], %[s]\n"
#define ECG_PAIR_FIRST                                                                             \
    ECG_PAIR_LOAD("q", "1") ECG_PAIR_LOAD("r", "2") ECG_PAIR_LOAD("s", "3")                        \
    ECG_PAIR_SUM("q", "1", "0") ECG_PAIR_SUM("r", "2", "0") ECG_PAIR_SUM("s", "3", "0")            \
    ECG_PAIR_LOAD("q", "4") ECG_PAIR_LOAD("r", "5") ECG_PAIR_LOAD("s", "6")                        \
    ECG_PAIR_SUM("q", "4", "0") ECG_PAIR_SUM("r", "5", "0") ECG_PAIR_SUM("s", "6", "0")            \
    ECG_PAIR_LOAD("q", "7") ECG_PAIR_LOAD("r", "0") "ldr %[s], [%[p]], #4\n"                      \
    ECG_PAIR_SUM("q", "7", "0") ECG_PAIR_SUM("r", "0", "0") ECG_PAIR_NEXT
#define ECG_PAIR                                                                                   \
    ECG_PAIR_LOAD("q", "0") ECG_PAIR_LOAD("r", "1") ECG_PAIR_LOAD("s", "2")                        \
    ECG_PAIR_SUM("q", "0", "0") ECG_PAIR_SUM("r", "1", "1") ECG_PAIR_SUM("s", "2", "2")            \
    ECG_PAIR_LOAD("q", "3") ECG_PAIR_LOAD("r", "4") ECG_PAIR_LOAD("s", "5")                        \
    ECG_PAIR_SUM("q", "3", "3") ECG_PAIR_SUM("r", "4", "4") ECG_PAIR_SUM("s", "5", "5")            \
    ECG_PAIR_LOAD("q", "6") ECG_PAIR_LOAD("r", "7") "ldr %[s], [%[p]], #4\n"                      \
    ECG_PAIR_SUM("q", "6", "6") ECG_PAIR_SUM("r", "7", "7") ECG_PAIR_NEXT
#endif

/* Pairs of weights, rows: one output by eight steps. An element of the stream: bytes 0 and 2 are
 * the two weights, byte 1 says how many bytes further the pair's values stand than the pair's
 * before. Bit 31 marks the first element of each output, and one behind the last output; bit 30
 * marks first elements of outputs with an even number of them. No output has none. */
ECG_INLINE void ecg_conv_pairs(const int16_t *x, int stride, const uint32_t *stream, int outputs,
                               int steps, ecg_scale scale, ecg_place place) {
    ecg_cursor start = ecg_start(scale, place);
    for (int left = steps - 8;;) {
        const uint32_t *p = stream;
        const int32_t *row = scale.table, *end = row + outputs * scale.columns;
        ecg_cursor at = start;
        do {
            const char *values = (const char *)x;
            int32_t a0 = row[0], a1, a2, a3, a4, a5, a6, a7;
#if ECG_DSP
            int32_t w, q, r, s;
            __asm__ volatile("ldr %[s], [%[p]], #4\n lsls %[q], %[s], #1\n" ECG_PAIR_NEXT
                             ECG_PAIR_FIRST "bmi 2f\n b 3f\n"
                             "1:\n" ECG_PAIR "2:\n" ECG_PAIR "3:\n cmp %[s], #0\n bge 1b\n"
                             "subs %[p], #4\n" /* one element was read ahead */
                             : [p] "+&r"(p), [x] "+&r"(values), [a0] "+&r"(a0), [s] "=&r"(s),
                               [w] "=&r"(w), [q] "=&r"(q), [r] "=&r"(r), [a1] "=&r"(a1),
                               [a2] "=&r"(a2), [a3] "=&r"(a3), [a4] "=&r"(a4), [a5] "=&r"(a5),
                               [a6] "=&r"(a6), [a7] "=&r"(a7)
                             : [R] "i"(2 * stride)
                             : "cc", "memory");
#else
            a1 = a2 = a3 = a4 = a5 = a6 = a7 = a0;
            do {
                values += *p >> 8 & 255;
                const int32_t w = ecg_two_bytes((int32_t)*p++, 0);
                const int step = 2 * stride;
                a0 = ecg_smlad(ecg_word(values), w, a0);
                a1 = ecg_smlad(ecg_word(values + step), w, a1);
                a2 = ecg_smlad(ecg_word(values + 2 * step), w, a2);
                a3 = ecg_smlad(ecg_word(values + 3 * step), w, a3);
                a4 = ecg_smlad(ecg_word(values + 4 * step), w, a4);
                a5 = ecg_smlad(ecg_word(values + 5 * step), w, a5);
                a6 = ecg_smlad(ecg_word(values + 6 * step), w, a6);
                a7 = ecg_smlad(ecg_word(values + 7 * step), w, a7);
            } while (!(*p >> 31));
#endif
            int32_t sums[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
            ecg_put(sums, 8, ecg_output_at(row, scale), at, scale, place);
            row += scale.columns, at = ecg_beside(at, 1, scale, place);
        } while (row != end);
        if (left == 0) break;
        const int far = ecg_advance(8, left, steps);
        left -= far, x += far * stride, start = ecg_moved(start, far, scale, place);
    }
}

/* How many rows of halves, a multiple of 4, cover `steps` steps. */
ECG_INLINE int ecg_half(int steps) { return (steps + 7) / 8 * 4; }

/* From rows to halves: `rows` rows of words, each with the value `shift` rows further above. */
ECG_INLINE void ecg_to_halves(const int16_t *x, int stride, int rows, int shift,
                              int16_t *halves) {
    const int16_t *above = x + shift * stride;
#pragma GCC unroll 4
    for (int i = 0; i < rows * stride; i += 2) {
        const uint32_t low = (uint32_t)ecg_word(x + i), high = (uint32_t)ecg_word(above + i);
        const uint32_t first = (low & 0xffff) | high << 16;
        const uint32_t second = low >> 16 | (high & 0xffff0000);
        __builtin_memcpy(halves + 2 * i, &first, 4);
        __builtin_memcpy(halves + 2 * i + 2, &second, 4);
    }
}

#if ECG_DSP
/* One weight at four rows, ECG_HALF_FIRST with sums that start from that of step 0. `half` of w is
 * the weight: b or t. `more` stands where a load takes but one cycle. */
#define ECG_HALF_LOAD(x, row) "ldr %[" x "], [%[x], #" row " * %c[R]]\n"
#define ECG_HALF_SUM(x, half, row, from_a, from_b)                                                 \
    "smlab" half " %[a" row "], %[" x "], %[w], %[" from_a "]\n"                                   \
    "smlat" half " %[b" row "], %[" x "], %[w], %[" from_b "]\n"
#define ECG_HALF_FIRST                                                                             \
    ECG_HALF_LOAD("s", "1") ECG_HALF_LOAD("t", "2") ECG_HALF_SUM("s", "b", "1", "a0", "a0")        \
    ECG_HALF_SUM("t", "b", "2", "a0", "a0") ECG_HALF_LOAD("s", "3") ECG_HALF_LOAD("t", "0")        \
    ECG_HALF_SUM("s", "b", "3", "a0", "a0") "smlatb %[b0], %[t], %[w], %[a0]\n"                    \
    "smlabb %[a0], %[t], %[w], %[a0]\n"
#define ECG_HALF(half, more)                                                                       \
    ECG_HALF_LOAD("s", "0") ECG_HALF_LOAD("t", "1") ECG_HALF_SUM("s", half, "0", "a0", "b0")       \
    ECG_HALF_SUM("t", half, "1", "a1", "b1") ECG_HALF_LOAD("s", "2") ECG_HALF_LOAD("t", "3") more  \
    ECG_HALF_SUM("s", half, "2", "a2", "b2") ECG_HALF_SUM("t", half, "3", "a3", "b3")
#endif

/* Single weights, halves: one output by four rows, which are eight steps. A word of the stream
 * holds two elements, bytes 0 and 2 their weights, bytes 1 and 3 how many bytes further their
 * values stand than the element's before, a multiple of 4. Bit 8, then free, marks the first word
 * of each output, and one behind the last output. No output has none. */
ECG_INLINE void ecg_conv_halves(const int16_t *x, int stride, const uint32_t *stream, int outputs,
                                int steps, ecg_scale scale, ecg_place place) {
    const int shift = steps - ecg_half(steps);
    ecg_cursor start = ecg_start(scale, place);
    for (int left = ecg_half(steps) / 4; left; left--) {
        const uint32_t *p = stream;
        const int32_t *row = scale.table, *end = row + outputs * scale.columns;
        ecg_cursor at = start;
        do {
            const char *values = (const char *)x;
            int32_t a0 = row[0], a1, a2, a3, b0, b1, b2, b3;
#if ECG_DSP
            int32_t w, s, t, e;
            __asm__ volatile("ldr %[e], [%[p]], #4\n subs %[x], #1\n" /* the mark adds 1 */
                             "uxtab %[x], %[x], %[e], ror #8\n sxtb16 %[w], %[e]\n"
                             ECG_HALF_FIRST "b 2f\n"
                             "1:\n sxtb16 %[w], %[e]\n" ECG_HALF("b", "")
                             "2:\n uxtab %[x], %[x], %[e], ror #24\n"
                             ECG_HALF("t", "ldr %[e], [%[p]], #4\n")
                             "uxtab %[x], %[x], %[e], ror #8\n tst %[e], #256\n beq 1b\n"
                             "subs %[p], #4\n" /* one word was read ahead */
                             : [p] "+&r"(p), [x] "+&r"(values), [a0] "+&r"(a0), [e] "=&r"(e),
                               [w] "=&r"(w), [s] "=&r"(s), [t] "=&r"(t), [a1] "=&r"(a1),
                               [a2] "=&r"(a2), [a3] "=&r"(a3), [b0] "=&r"(b0), [b1] "=&r"(b1),
                               [b2] "=&r"(b2), [b3] "=&r"(b3)
                             : [R] "i"(4 * stride)
                             : "cc", "memory");
#else
            a1 = a2 = a3 = b0 = b1 = b2 = b3 = a0;
            do {
                const int step = 4 * stride;
                for (int i = 0; i < 32; i += 16) {
                    const int32_t weight = (int8_t)(*p >> i);
                    values += *p >> (i + 8) & 252;
                    const int32_t s = ecg_word(values), t = ecg_word(values + step);
                    const int32_t u = ecg_word(values + 2 * step), v = ecg_word(values + 3 * step);
                    a0 += weight * ecg_low(s), b0 += weight * ecg_high(s);
                    a1 += weight * ecg_low(t), b1 += weight * ecg_high(t);
                    a2 += weight * ecg_low(u), b2 += weight * ecg_high(u);
                    a3 += weight * ecg_low(v), b3 += weight * ecg_high(v);
                }
            } while (!(*++p & 256));
#endif
            int32_t a[4] = {a0, a1, a2, a3}, b[4] = {b0, b1, b2, b3};
            const ecg_output output = ecg_output_at(row, scale);
            ecg_put(a, 4, output, at, scale, place);
            ecg_put(b, 4, output, ecg_moved(at, shift, scale, place), scale, place);
            row += scale.columns, at = ecg_beside(at, 1, scale, place);
        } while (row != end);
        x += 8 * stride, start = ecg_moved(start, 4, scale, place);
    }
}

#if ECG_DSP
/* Four weights of two outputs at four steps: USADA8 adds the four |x - mask|. */
#define ECG_BINARY_SUM(x, step)                                                                    \
    "usada8 %[a" step "], %[" x "], %[u], %[a" step "]\n"                                          \
    "usada8 %[b" step "], %[" x "], %[v], %[b" step "]\n"
#define ECG_BINARY_LOAD(x, step) "ldr %[" x "], [%[x], #4 * ecg_j + " step " * %c[R]]\n"
#define ECG_BINARY_WORDS(count)                                                                    \
    ".set ecg_j, 0\n.rept " count "\n"                                                             \
    "ldr %[u], [%[w], #8 * ecg_j]\n ldr %[v], [%[w], #8 * ecg_j + 4]\n"                            \
    ECG_BINARY_LOAD("p", "0") ECG_BINARY_LOAD("q", "1") ECG_BINARY_SUM("p", "0")                   \
    ECG_BINARY_SUM("q", "1") ECG_BINARY_LOAD("p", "2") ECG_BINARY_LOAD("q", "3")                   \
    ECG_BINARY_SUM("p", "2") ECG_BINARY_SUM("q", "3") ".set ecg_j, ecg_j + 1\n.endr\n"            \
    "adds %[x], #4 * " count "\n adds %[w], #8 * " count "\n"
#else
/* The same of one word, where every byte of the mask is 0 or 255: |x - mask| is x or, all bits
 * flipped, 255 - x. */
ECG_INLINE int32_t ecg_flipped_sum(int32_t x, int32_t mask, int32_t sum) {
    const uint32_t bytes = (uint32_t)(x ^ mask);
    const uint32_t two = (bytes & 0xff00ff) + (bytes >> 8 & 0xff00ff);
    return sum + (int32_t)((two & 0xffff) + (two >> 16));
}
#endif

/* Four values as the bytes of a word. */
ECG_INLINE uint32_t ecg_four(const ecg_value *x) {
#if ECG_VALUE_BITS == 8
    return (uint32_t)ecg_word(x);
#else
    const uint32_t low = (uint32_t)ecg_word(x), high = (uint32_t)ecg_word(x + 2);
    return ((low | low >> 8) & 0xffff) | (high | high >> 8) << 16;
#endif
}

/* From rows to bytes. `to` may be where the rows are, or up to three bytes behind: values of 16
 * bits move down, so the first comes first; those of 8 bits move up, as zeros come between. */
ECG_INLINE void ecg_to_bytes(const ecg_value *from, int step, int channels, int rows,
                             uint8_t *to) {
    const int words = (channels + 3) / 4, up = ECG_VALUE_BITS == 8;
    const uint32_t end = 0xffffffff >> 8 * (4 * words - channels);
    for (int i = 0; i < rows; i++) {
        const int t = up ? rows - 1 - i : i;
        for (int k = 0; k < words; k++) {
            const int j = up ? words - 1 - k : k;
            uint32_t four = ecg_four(from + t * step + 4 * j);
            if (j == words - 1) four &= end;
            __builtin_memcpy(to + 4 * (t * words + j), &four, 4);
        }
    }
}

/* The signs of two outputs, a bit each, as masks, the outputs' in turn. */
ECG_INLINE void ecg_widen_signs(const uint32_t *a, const uint32_t *b, int count, uint8_t *masks) {
    for (const uint32_t *end = a + count; a != end; masks += 64) {
        const uint32_t bits[2] = {*a++, *b++};
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            const uint32_t ones = bits[i % 2] >> i / 2 & 0x01010101, mask = (ones << 8) - ones;
            __builtin_memcpy(masks + 4 * i, &mask, 4);
        }
    }
}

/* How many words of masks ecg_conv_binary unrolls: without a rest, if it can. */
ECG_INLINE int ecg_unrolled(int words) {
    return words % 8 == 0 ? 8 : words % 7 == 0 ? 7 : words % 6 == 0 ? 6 : words % 5 == 0 ? 5 : 8;
}

/* Binary weights, bytes: two outputs by four steps; the last pair of outputs overlaps the one
 * before if their number is odd. A weight is +-magnitude, and 255 - x stands for -x, the difference
 * being in the bias. weights: for each output its magnitude, then 32 signs a word: bit 8 k + i is
 * that of byte k of the word's i-th four. masks: room for two words of each of the `words` fours,
 * made up to a multiple of 8. */
ECG_INLINE void ecg_conv_binary(const uint8_t *x, int stride, const uint32_t *weights,
                                uint8_t *masks, int words, int outputs, int steps,
                                ecg_scale scale, ecg_place place) {
    const int size = 1 + (words + 7) / 8;
    const int32_t *row = scale.table, *last = row + (outputs - 2) * scale.columns;
    ecg_cursor start = ecg_start(scale, place);
    for (;;) {
        ecg_widen_signs(weights + 1, weights + size + 1, size - 1, masks);
        const uint8_t *values = x;
        ecg_cursor at = start;
        for (int left = steps - 4;;) {
            int32_t a0, a1, a2, a3, b0, b1, b2, b3;
            const uint8_t *w = masks, *from = values;
#if ECG_DSP
            __asm__("" : "+r"(w)); /* else `to` is a constant, whose address takes a register */
            const uint8_t *to = w + 8 * words; /* in memory: all registers are taken */
            int32_t u, v, p, q;
            __asm__ volatile("mov %[a0], #0\n mov %[a1], #0\n mov %[a2], #0\n mov %[a3], #0\n"
                             "mov %[b0], #0\n mov %[b1], #0\n mov %[b2], #0\n mov %[b3], #0\n"
                             ".if %c[rest]\n" ECG_BINARY_WORDS("%c[rest]") ".endif\n"
                             ".if %c[words] / %c[U]\n1:\n" ECG_BINARY_WORDS("%c[U]")
                             "ldr %[p], %[to]\n cmp %[w], %[p]\n bne 1b\n.endif\n"
                             : [w] "+&r"(w), [x] "+&r"(from), [u] "=&r"(u), [v] "=&r"(v),
                               [p] "=&r"(p), [q] "=&r"(q), [a0] "=&r"(a0), [a1] "=&r"(a1),
                               [a2] "=&r"(a2), [a3] "=&r"(a3), [b0] "=&r"(b0), [b1] "=&r"(b1),
                               [b2] "=&r"(b2), [b3] "=&r"(b3)
                             : [to] "m"(to), [R] "i"(stride), [words] "i"(words),
                               [U] "i"(ecg_unrolled(words)),
                               [rest] "i"(words % ecg_unrolled(words))
                             : "cc", "memory");
#else
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = 0;
            for (int j = 0; j < words; j++, w += 8, from += 4) {
                const int32_t u = ecg_word(w), v = ecg_word(w + 4);
                const int32_t p = ecg_word(from), q = ecg_word(from + stride);
                const int32_t r = ecg_word(from + 2 * stride), s = ecg_word(from + 3 * stride);
                a0 = ecg_flipped_sum(p, u, a0), b0 = ecg_flipped_sum(p, v, b0);
                a1 = ecg_flipped_sum(q, u, a1), b1 = ecg_flipped_sum(q, v, b1);
                a2 = ecg_flipped_sum(r, u, a2), b2 = ecg_flipped_sum(r, v, b2);
                a3 = ecg_flipped_sum(s, u, a3), b3 = ecg_flipped_sum(s, v, b3);
            }
#endif
            int32_t a[4] = {a0, a1, a2, a3}, b[4] = {b0, b1, b2, b3};
            const ecg_output one = ecg_output_at(row, scale);
            const ecg_output two = ecg_output_at(row + scale.columns, scale);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                a[i] = (int32_t)weights[0] * a[i] + one.bias;
                b[i] = (int32_t)weights[size] * b[i] + two.bias;
            }
            ecg_put(a, 4, one, at, scale, place);
            ecg_put(b, 4, two, ecg_beside(at, 1, scale, place), scale, place);
            if (left == 0) break;
            const int far = ecg_advance(4, left, steps);
            left -= far, values += far * stride, at = ecg_moved(at, far, scale, place);
        }
        if (row == last) break;
        const int next = outputs % 2 && row + scale.columns == last ? 1 : 2;
        row += next * scale.columns, weights += next * size;
        start = ecg_beside(start, next, scale, place);
    }
}

/* Any convolution on rows, one sum at a time: for what no kernel above can do.
 * weights: (outputs, taps, channels) int8. */
ECG_INLINE void ecg_conv_any(const int16_t *x, int stride, const int8_t *weights, int taps,
                             int channels, int outputs, int steps, ecg_scale scale,
                             ecg_place place) {
    for (int o = 0; o < outputs; o++, weights += taps * channels) {
        const ecg_output output = ecg_output_at(scale.table + o * scale.columns, scale);
        ecg_cursor at = ecg_beside(ecg_start(scale, place), o, scale, place);
        for (int t = 0; t < steps; t += place.pool) {
            int32_t sums[2] = {output.bias, output.bias};
            for (int i = 0; i < place.pool; i++) {
                const int8_t *w = weights;
                for (int k = 0; k < taps; k++)
                    for (int c = 0; c < channels; c++)
                        sums[i] += *w++ * x[(t + i + k) * stride + c];
            }
            ecg_put(sums, place.pool, output, at, scale, place);
            at = ecg_moved(at, place.pool, scale, place);
        }
    }
}

/* ---- maximum pooling on rows, a word of channels at a time; in place, if it is to be -------- */

ECG_INLINE void ecg_pool(const ecg_value *x, int stride, int channels, int window,
                         int pool_stride, int steps, ecg_place place) {
    const int lanes = 32 / ECG_VALUE_BITS; /* channels at a time; garbage beside the last ones */
    for (int t = 0; t < steps; t++) {
        for (int c = 0; c < channels; c += lanes) {
            const ecg_value *at = x + t * pool_stride * stride + c;
            ecg_value *out = place.out + t * place.step + c * place.channel;
#if ECG_DSP
            uint32_t largest = (uint32_t)ecg_word(at);
#pragma GCC unroll 8
            for (int i = 1; i < window; i++) {
                const uint32_t next = (uint32_t)ecg_word(at + i * stride);
                uint32_t unused;
                __asm__("usub%c3 %1, %0, %2\n sel %0, %0, %2"
                        : "+r"(largest), "=&r"(unused)
                        : "r"(next), "i"(ECG_VALUE_BITS)
                        : "cc");
            }
#pragma GCC unroll 4
            for (int lane = 0; lane < lanes; lane++)
                if (channels % lanes == 0 || lane < channels - c)
                    out[lane * place.channel] = (ecg_value)(largest >> lane * ECG_VALUE_BITS);
#else
            for (int lane = 0; lane < lanes && lane < channels - c; lane++) {
                ecg_value largest = at[lane];
                for (int i = 1; i < window; i++)
                    if (at[i * stride + lane] > largest) largest = at[i * stride + lane];
                out[lane * place.channel] = largest;
            }
#endif
        }
    }
}

/* ---- dense layers on flat values: sums without their biases -------------------------------- */

#if ECG_DSP
/* Four weights of each of four outputs, and of five. Of four values p and q have the first two and
 * the last two; of values of 8 bits, which come in one word, every other one. */
#define ECG_FLAT_LOAD(x, j) "ldr %[" x "], [%[w], #ecg_w + 4 * " j "]\n"
#if ECG_VALUE_BITS == 8
#define ECG_FLAT_STEP "4"
#define ECG_FLAT_VALUES "ldr %[q], [%[x], #4 * ecg_j]\n"
#define ECG_FLAT_SPLIT "uxtb16 %[p], %[q]\n uxtb16 %[q], %[q], ror #8\n"
#else
#define ECG_FLAT_STEP "8"
#define ECG_FLAT_VALUES "ldr %[p], [%[x], #8 * ecg_j]\n ldr %[q], [%[x], #8 * ecg_j + 4]\n"
#define ECG_FLAT_SPLIT ""
#endif
#define ECG_FLAT_SUM(sum, w)                                                                       \
    "sxtb16 %[t], %[" w "]\n smlad %[" sum "], %[p], %[t], %[" sum "]\n"                           \
    "sxtb16 %[t], %[" w "], ror #8\n smlad %[" sum "], %[q], %[t], %[" sum "]\n"
#define ECG_FLAT_4                                                                                 \
    ".set ecg_w, 16 * ecg_j\n" ECG_FLAT_VALUES ECG_FLAT_LOAD("f", "0") ECG_FLAT_LOAD("g", "1")     \
    ECG_FLAT_LOAD("h", "2") ECG_FLAT_LOAD("e", "3") ECG_FLAT_SPLIT ECG_FLAT_SUM("a", "f") ECG_FLAT_SUM("b", "g")  \
    ECG_FLAT_SUM("c", "h") ECG_FLAT_SUM("d", "e")
#define ECG_FLAT_5                                                                                 \
    ".set ecg_w, 20 * ecg_j\n" ECG_FLAT_VALUES ECG_FLAT_LOAD("f", "0") ECG_FLAT_LOAD("g", "1")     \
    ECG_FLAT_LOAD("h", "2") ECG_FLAT_SPLIT ECG_FLAT_SUM("a", "f") ECG_FLAT_SUM("b", "g")            \
    ECG_FLAT_SUM("c", "h")                                                                         \
    ECG_FLAT_LOAD("f", "3") ECG_FLAT_LOAD("g", "4") ECG_FLAT_SUM("d", "f") ECG_FLAT_SUM("e", "g")
#define ECG_FLAT_TIMES(count, words, size)                                                         \
    ".set ecg_j, 0\n.rept " count "\n" words ".set ecg_j, ecg_j + 1\n.endr\n"                     \
    "adds %[x], #" ECG_FLAT_STEP " * " count "\n adds %[w], #" size " * " count "\n"
#define ECG_FLAT(words, size)                                                                      \
    ECG_FLAT_TIMES("(%c[words] %% 4)", words, size)                                                \
    ".if %c[words] / 4\n1:\n" ECG_FLAT_TIMES("4", words, size) "cmp %[w], %[end]\n bne 1b\n.endif\n"
#endif

/* How many outputs ecg_dense takes at a time. */
ECG_INLINE int ecg_group(int outputs) { return outputs % 5 ? 4 : 5; }

/* Four values at a time. weights: for each group of outputs (padded with zeros) `words` times a
 * word for each output, with the weights 0, 2, 1, 3 of four values, or those of values of 8 bits in
 * order. */
ECG_INLINE void ecg_dense(const ecg_value *x, const int32_t *weights, int words, int outputs,
                          int32_t *sums) {
    const int group = ecg_group(outputs);
    for (int o = 0; o < outputs; o += group) {
#if ECG_DSP
        const ecg_value *at = x;
        const int32_t *end = weights + group * words;
        int32_t a = 0, b = 0, c = 0, d = 0, e = 0, f, g, h, p, q, t;
#define ECG_OPERANDS(sign)                                                                         \
    : [w] "+&r"(weights), [x] "+&r"(at), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d),   \
      [e] sign(e), [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h), [p] "=&r"(p), [q] "=&r"(q),           \
      [t] "=&r"(t)                                                                                 \
    : [end] "r"(end), [words] "i"(words)                                                           \
    : "cc", "memory"
        if (group == 5) {
            __asm__ volatile(ECG_FLAT(ECG_FLAT_5, "20") ECG_OPERANDS("+&r"));
            sums[o + 4] = e;
        } else {
            __asm__ volatile(ECG_FLAT(ECG_FLAT_4, "16") ECG_OPERANDS("=&r"));
        }
#undef ECG_OPERANDS
        sums[o] = a, sums[o + 1] = b, sums[o + 2] = c, sums[o + 3] = d;
#else
        for (int i = 0; i < group; i++) sums[o + i] = 0;
        for (int j = 0; j < words; j++) {
#if ECG_VALUE_BITS == 8
            const ecg_value *at = x + 4 * j;
            const int32_t p = at[0] | at[2] << 16, q = at[1] | at[3] << 16;
#else
            const int32_t p = ecg_word(x + 4 * j), q = ecg_word(x + 4 * j + 2);
#endif
            for (int i = 0; i < group; i++, weights++) {
                sums[o + i] = ecg_smlad(p, ecg_two_bytes(*weights, 0), sums[o + i]);
                sums[o + i] = ecg_smlad(q, ecg_two_bytes(*weights, 1), sums[o + i]);
            }
        }
#endif
    }
}

#if ECG_VALUE_BITS == 16
/* Pairs of weights, four elements at a time. Output o has the elements first[o] to first[o + 1] of
 * the stream: bytes 0 and 2 are the two weights, byte 1 says how many bytes further the pair's
 * values stand than the pair's before. */
ECG_INLINE void ecg_dense_pairs(const int16_t *x, const uint16_t *first, const uint32_t *stream,
                                int outputs, int32_t *sums) {
    const uint32_t *p = stream;
    for (int o = 0; o < outputs; o++) {
        const uint32_t *to = stream + first[o + 1];
        const char *at = (const char *)x;
        int32_t sum = 0;
        while (p != to) {
#if ECG_DSP
            int32_t e, f, g, h, q, r, s, t;
            __asm__ volatile("ldr %[e], [%[p]]\n ldr %[f], [%[p], #4]\n"
                             "ldr %[g], [%[p], #8]\n ldr %[h], [%[p], #12]\n"
                             "uxtab %[q], %[x], %[e], ror #8\n uxtab %[r], %[q], %[f], ror #8\n"
                             "uxtab %[s], %[r], %[g], ror #8\n uxtab %[x], %[s], %[h], ror #8\n"
                             "ldr %[q], [%[q]]\n ldr %[r], [%[r]]\n"
                             "ldr %[s], [%[s]]\n ldr %[t], [%[x]]\n"
                             "sxtb16 %[e], %[e]\n smlad %[a], %[q], %[e], %[a]\n"
                             "sxtb16 %[f], %[f]\n smlad %[a], %[r], %[f], %[a]\n"
                             "sxtb16 %[g], %[g]\n smlad %[a], %[s], %[g], %[a]\n"
                             "sxtb16 %[h], %[h]\n smlad %[a], %[t], %[h], %[a]\n"
                             "adds %[p], #16\n"
                             : [p] "+&r"(p), [x] "+&r"(at), [a] "+&r"(sum), [e] "=&r"(e),
                               [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h), [q] "=&r"(q),
                               [r] "=&r"(r), [s] "=&r"(s), [t] "=&r"(t)
                             :
                             : "cc", "memory");
#else
            at += *p >> 8 & 255;
            sum = ecg_smlad(ecg_word(at), ecg_two_bytes((int32_t)*p++, 0), sum);
#endif
        }
        sums[o] = sum;
    }
}
#endif

/* Single weights, four at a time. Output o has the words first[o] to first[o + 1] of the stream.
 * A word holds two elements, bytes 0 and 2 their weights, bytes 1 and 3 how many values further
 * theirs stands. */
#if ECG_VALUE_BITS == 8
#define ECG_SPARSE_LOAD(to, index) "ldrb %[" to "], [%[x], %[" index "]]\n"
#else
#define ECG_SPARSE_LOAD(to, index) "ldrsh %[" to "], [%[x], %[" index "], lsl #1]\n"
#endif
ECG_INLINE void ecg_dense_sparse(const ecg_value *x, const uint16_t *first, const uint32_t *stream,
                                 int outputs, int32_t *sums) {
    const uint32_t *p = stream;
    for (int o = 0; o < outputs; o++) {
        const uint32_t *to = stream + first[o + 1];
        uint32_t at = 0;
        int32_t sum = 0;
        while (p != to) {
#if ECG_DSP
            int32_t e, f, q, r, s, t;
            __asm__ volatile("ldr %[e], [%[p]]\n ldr %[f], [%[p], #4]\n"
                             "uxtab %[q], %[i], %[e], ror #8\n uxtab %[r], %[q], %[e], ror #24\n"
                             "uxtab %[s], %[r], %[f], ror #8\n uxtab %[i], %[s], %[f], ror #24\n"
                             "sxtb16 %[e], %[e]\n sxtb16 %[f], %[f]\n"
                             ECG_SPARSE_LOAD("q", "q") ECG_SPARSE_LOAD("r", "r")
                             ECG_SPARSE_LOAD("s", "s") ECG_SPARSE_LOAD("t", "i")
                             "smlabb %[a], %[q], %[e], %[a]\n smlabt %[a], %[r], %[e], %[a]\n"
                             "smlabb %[a], %[s], %[f], %[a]\n smlabt %[a], %[t], %[f], %[a]\n"
                             "adds %[p], #8\n"
                             : [p] "+&r"(p), [i] "+&r"(at), [a] "+&r"(sum), [e] "=&r"(e),
                               [f] "=&r"(f), [q] "=&r"(q), [r] "=&r"(r), [s] "=&r"(s),
                               [t] "=&r"(t)
                             : [x] "r"(x)
                             : "cc", "memory");
#else
            at += *p >> 8 & 255;
            sum += (int8_t)*p * x[at];
            at += *p >> 24;
            sum += (int8_t)(*p++ >> 16) * x[at];
#endif
        }
        sums[o] = sum;
    }
}

/* What a dense layer's sums become: values, in the layout that place says. */
ECG_INLINE void ecg_put_dense(int32_t *sums, int outputs, ecg_scale scale, ecg_place place) {
    const int32_t *row = scale.table;
    ecg_cursor at = ecg_start(scale, place);
    for (int o = 0; o < outputs; o++, row += scale.columns) {
        const ecg_output output = ecg_output_at(row, scale);
        sums[o] += output.bias;
        ecg_put(sums + o, 1, output, at, scale, place);
        at = ecg_beside(at, 1, scale, place);
    }
}

/* The last layer's: logits. */
ECG_INLINE void ecg_put_logits(const int32_t *sums, int outputs, ecg_scale scale,
                               int32_t *logits) {
    const int32_t *row = scale.table;
    for (int o = 0; o < outputs; o++, row += scale.columns) {
        const int32_t sum = sums[o] + row[0];
        logits[o] = ecg_scaled(sum, ecg_multiplier(sum, ecg_output_at(row, scale), scale), 0);
    }
}

/* ---- the beat itself ----------------------------------------------------------------------- */

/* Integer square root, rounded down. */
ECG_INLINE uint32_t ecg_root(uint64_t square) {
    if (square == 0) return 0;
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << ((63 - __builtin_clzll(square)) & ~1); bit; bit >>= 2) {
        const uint64_t trial = root + bit;
        root >>= 1;
        if (square >= trial) {
            square -= trial;
            root += bit;
        }
    }
    return (uint32_t)root;
}

/* Sum, and sum of squares, of n samples. */
ECG_INLINE void ecg_moments(const int16_t *beat, int n, int32_t *sum, uint64_t *squares) {
    int32_t total = n % 2 ? beat[n - 1] : 0;
    uint64_t square = (uint64_t)((int64_t)total * total);
#pragma GCC unroll 5
    for (int i = 0; i < n / 2; i++) {
        const int32_t two = ecg_word(beat + 2 * i);
        total = ecg_smlad(two, 0x10001, total);
#if ECG_DSP
        __asm__("smlald %Q0, %R0, %1, %1" : "+r"(square) : "r"(two));
#else
        square += (uint64_t)((int64_t)ecg_low(two) * ecg_low(two));
        square += (uint64_t)((int64_t)ecg_high(two) * ecg_high(two));
#endif
    }
    *sum = total, *squares = square;
}

/* Values of an input tensor, channel by channel. */
ECG_INLINE void ecg_take(const uint8_t *values, int channels, int steps, ecg_place place) {
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < steps; t++)
            place.out[t * place.step + c * place.channel] = *values++;
}

/* One sample: (16 x - mean) << (31 - bits), which fits 32 bits; its parts, modulo 2^32, may not. */
ECG_INLINE int32_t ecg_normalised(int32_t x, uint32_t gain, uint32_t offset, int32_t multiplier,
                                  int32_t zero) {
    const int32_t centred = (int32_t)((uint32_t)x * gain + offset);
    return ecg_clipped_whole(ecg_scaled(centred, multiplier, (zero << 16) + 0x8000));
}

/* Samples, fewer than 2048 -> 8-bit values of their z-scores. `factor`: 131072 sqrt(n) / scale,
 * rounded. */
ECG_INLINE void ecg_normalise(const int16_t *beat, int n, uint32_t factor, int32_t zero,
                              ecg_value *out) {
    int32_t sum;
    uint64_t squares;
    ecg_moments(beat, n, &sum, &squares);
    /* The mean in sixteenths, rounded, and the squares of 16 x - mean, summed. */
    const int32_t twice = 32 * sum + n;
    const int32_t mean = twice >= 0 ? twice / (2 * n) : -((2 * n - 1 - twice) / (2 * n));
    squares = 256 * squares - (uint64_t)(32 * (int64_t)mean * sum) +
              (uint64_t)((int64_t)mean * mean) * (uint32_t)n;
    const uint32_t root = ecg_root(squares);
    int bits = 1;
    while (root >> bits) bits++;
    const int32_t multiplier = root ? (int32_t)(((uint64_t)factor << bits) / root) : 0;
    const uint32_t gain = 16u << (31 - bits), offset = (uint32_t)-mean << (31 - bits);
    const int16_t *end = beat + n / 4 * 4;
    for (; beat != end; beat += 4, out += 4) {
        int32_t x[4] = {beat[0], beat[1], beat[2], beat[3]};
#if ECG_DSP
        __asm__("" : "+r"(x[0]), "+r"(x[1]), "+r"(x[2]), "+r"(x[3])); /* loads stand together */
#endif
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            ecg_store(out + i, ecg_normalised(x[i], gain, offset, multiplier, zero), 1);
    }
    for (int i = 0; i < n % 4; i++)
        out[i] = (ecg_value)ecg_normalised(beat[i], gain, offset, multiplier, zero);
}

#endif
