/* SPDX-License-Identifier: MIT
 * The numbers of a stream; those of the design are told of in its source. */
#ifndef ECG_STREAM_NUMBERS_H
#define ECG_STREAM_NUMBERS_H

#include <stdint.h>

#define ECG_TICKS_HZ 120
#define ECG_SUBTICKS 16
#define ECG_LOWEST_HZ 120
#define ECG_HIGHEST_HZ 1000
#define ECG_WIDEST 65535
#define ECG_OTHER_RATE_PART 50
#define ECG_REACH 4
#define ECG_FINE 96
#define ECG_KERNEL_BITS 12
#define ECG_HISTORY 256
#define ECG_MARGIN 16
#define ECG_WEIGHTS 384
#define ECG_SLOTS 24
#define ECG_HIGH_PASS 15
#define ECG_ENERGY 12
#define ECG_DELAY 9
#define ECG_APART 24
#define ECG_T_WAVE 43
#define ECG_LEVELS 8
#define ECG_THRESHOLD_64THS 28
#define ECG_LEAST_THRESHOLD 64
#define ECG_LEARNING 240
#define ECG_LEARNT_BEATS_16THS 10
#define ECG_LEARNT_NOISE_16THS 1
#define ECG_LEARNT_PEAKS 10
#define ECG_RELEARN 480
#define ECG_OLDEST 340
#define ECG_BEFORE 18
#define ECG_EARLIEST_16THS 14
#define ECG_NOISY_THIRDS 3
#define ECG_SILENCE 1200
#define ECG_GAP_TENTHS 3
#define ECG_BLOCK 120
#define ECG_FLAT_RANGE 2
#define ECG_SATURATED_16THS 1
#define ECG_TICK_MACS 10000
#define ECG_WINDOW 112
#define ECG_R_INDEX 50
#define ECG_FEATURES 11
#define ECG_LOCAL 10
#define ECG_LONG 400
#define ECG_PERCENTILE_OVER 200
#define ECG_SCALE_BEATS 100
#define ECG_TEMPLATE_BEATS 64
#define ECG_REGULAR_Q14 2836
#define ECG_LARGEST_Q20 8388608
#define ECG_LOG_LIMIT_Q14 23637
#define ECG_P_FIRST 19
#define ECG_P_SAMPLES 22
#define ECG_P_BITS 16
#define ECG_P_LIMIT_Q15 94548
#define ECG_GATE_OVER 200
#define ECG_GATE_LAGS 3
#define ECG_GATE_Q14 19227
#define ECG_SIGNAL_RING 512
#define ECG_BAND_RING 64
#define ECG_QUEUE 16
#define ECG_POWER_BITS 16
#define ECG_NO_INTERVAL 1000
#define ECG_FEATURE_BITS 26
#define ECG_DEVIATION_FACTOR 53212
#define ECG_LOGARITHM_FACTOR 362166
#define ECG_FRACTION_FACTOR 2089980
#define ECG_P_FACTOR 60361
#define ECG_P_END 41
#define ECG_P_TREND 3542
#define ECG_P_MEAN 161
#define ECG_P_LEAST_USUAL 605587
#define ECG_P_LEAST 540051
#define ECG_P_ONE 681671
#define ECG_WINDOW_ZERO 146
#define ECG_FEATURE_ZERO 128
#define ECG_CLASSES 5
#define ECG_NETWORK_TICKS 6
#define ECG_VALUES_SIZE 624
#define ECG_WINDOW_AT 0

/* What one unit of a logit stands for: a softmax takes logits times this. */
#define ECG_LOGIT_SCALE 3.02407992e-04f

enum ecg_class { ECG_N, ECG_S, ECG_V, ECG_F, ECG_Q };

typedef int16_t ecg_stream_value;

#endif
