/* SPDX-License-Identifier: MIT
 * intra-acharya2017-multistage-magnitude_per_mac-eight_stages-pairs-macs-0.9-s0
 */
#ifndef ECG_MODEL_H
#define ECG_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ECG_SAMPLES 260
#define ECG_CLASSES 5

/* What one unit of a logit stands for: a softmax takes logits times this. */
#define ECG_LOGIT_SCALE 4.58725553e-04f

/* AAMI classes. */
enum ecg_class { ECG_N, ECG_S, ECG_V, ECG_F, ECG_Q };

/* What the last call found for each class; the largest is its answer. */
extern int32_t ecg_logits[ECG_CLASSES];

/* The class of a beat, given as raw samples, any gain and offset; a flat line has a class, too.
 * Not reentrant: one static buffer. */
int ecg_classify(const int16_t beat[ECG_SAMPLES]);

#ifdef __cplusplus
}
#endif

#endif
