/* SPDX-License-Identifier: MIT
 * A beat's samples as sums of neighbours: a lower rate, for which no weights are needed. The mean
 * would differ by a factor that the z-score takes out again.
 */
#ifndef ECG_SUMS_H
#define ECG_SUMS_H

#include "ecg_kernels.h"

/* sums[i]: of samples[each * i] to samples[each * i + each - 1]. */
ECG_INLINE void ecg_sums(const int16_t *samples, int each, int count, int16_t *sums) {
    for (int i = 0; i < count; i++, samples += each) {
        int32_t sum = each % 2 ? samples[each - 1] : 0;
#pragma GCC unroll 16
        for (int j = 0; j < each / 2 * 2; j += 2)
            sum = ecg_smlad(ecg_word(samples + j), 0x10001, sum);
        sums[i] = (int16_t)sum;
    }
}

#endif
