/* SPDX-License-Identifier: MIT
 * Raw samples of one lead in, beats with their class out. Integers only, no allocation, nothing of
 * the C library; all state is in one struct, so that a program may hold several streams.
 */
#ifndef ECG_STREAM_H
#define ECG_STREAM_H

#include <stdint.h>

#if defined(__SIZEOF_INT__) && __SIZEOF_INT__ < 4
#error "a stream needs an int of 32 bits, which this processor (AVR, MSP430) has not"
#endif

#include "ecg_stream_numbers.h"
#include "ecg_stream_state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What ecg_stream_init and ecg_stream_check_rate return. */
enum { ECG_STREAM_OK, ECG_STREAM_BAD_RATE, ECG_STREAM_BAD_RANGE, ECG_STREAM_OTHER_RATE };

/* What ecg_stream_push returns: nothing, a beat, or that the state of the signal is another. */
enum { ECG_STREAM_NOTHING, ECG_STREAM_BEAT, ECG_STREAM_SIGNAL };

/* Bits of the quality. Of the signal they are of the last second, of a beat of its window. */
enum {
    ECG_STREAM_FLAT = 1,
    ECG_STREAM_SATURATED = 2, /* at the converter's lowest or highest value */
    ECG_STREAM_NOISE = 4,     /* near the level of beats */
    ECG_STREAM_GAP = 8,       /* samples are missing */
    ECG_STREAM_SILENT = 16    /* no beat for ten seconds */
};

/* A sample that is missing. Any other beyond the converter's range is taken for missing, too. */
#define ECG_STREAM_NO_SAMPLE INT32_MIN

typedef struct {
    /* Number of the R peak's sample, or of the one just pushed. The first is 0, and so is that behind
     * 2^32 - 1: at 360 Hz after 138 days. Begin a stream anew within 400 days. */
    uint32_t sample;
    /* Of enum ecg_class, for a beat: that of the largest logit, but ECG_N where that is ECG_S and the
     * rhythm before repeats after neither one, two nor three beats, as in fibrillation. */
    int32_t label;
    uint32_t quality;
    int32_t logits[ECG_CLASSES]; /* the network's, times ECG_LOGIT_SCALE as a softmax takes them */
} ecg_event;

/* Begins a stream of so many whole samples a second, each from lowest to highest. BAD_RATE: not
 * from ECG_LOWEST_HZ to ECG_HIGHEST_HZ. BAD_RANGE: not of 1 to 16 bits, or NO_SAMPLE is in it. A
 * stream that is refused takes every sample for missing: it tells of a gap, and of no beat. */
int ecg_stream_init(ecg_stream *stream, uint32_t rate_hz, int32_t lowest, int32_t highest);

/* Takes one sample. A beat comes when the next one makes its intervals known, or ten seconds or a
 * gap have made plain that they will not be; to end a stream, push two seconds of NO_SAMPLE. */
int ecg_stream_push(ecg_stream *stream, int32_t sample, ecg_event *event);

/* OTHER_RATE if the samples pushed in so many milliseconds since init are not, within two in a
 * hundred, as many as the rate says. To be called with a clock of its own, after a minute or so,
 * and within 49 days, when 32 bits of milliseconds are full. */
int ecg_stream_check_rate(const ecg_stream *stream, uint32_t milliseconds);

#ifdef __cplusplus
}
#endif

#endif
