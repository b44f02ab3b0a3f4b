/* SPDX-License-Identifier: MIT
 * The state of a stream; nothing in it is for the caller. A tick is a sample at the network's rate,
 * a place is in sixteenths of a tick; both wrap.
 */
#ifndef ECG_STREAM_STATE_H
#define ECG_STREAM_STATE_H

#include <stdint.h>

#include "ecg_stream_numbers.h"

/* A peak of the energy; its height, the steepest slope before it, its R peak. */
typedef struct {
    uint32_t tick, place;
    int32_t height, slope;
} ecg_peak;

typedef struct {
    int32_t low[16], band[ECG_BAND_RING]; /* the last of them, by tick */
    int32_t signal[4], mean, energy[3];
    uint32_t start; /* the first tick of the stretch */
    ecg_peak candidate, best, saved[ECG_LEARNT_PEAKS];
    int32_t beats[ECG_LEVELS], noise[ECG_LEVELS], intervals[ECG_LEVELS];
    int32_t threshold, late, last_slope;
    uint32_t learning, waiting, last_tick, last_place; /* since when; the last beat */
    uint32_t alarm; /* the tick before which none of these has lasted long enough */
    uint8_t fresh, is_learning, is_candidate, is_best, n_saved, n_intervals;
    uint8_t broken, silent, noisy;
} ecg_detector;

/* Beats that are found and not yet told, the oldest first. */
typedef struct {
    uint32_t place[ECG_QUEUE], before; /* before: of the last one told */
    uint32_t wake;                     /* the tick before which there is nothing to do */
    uint8_t flags[ECG_QUEUE], first, count;
    uint8_t is_cut, layer, quality; /* of the first: what has been done */
} ecg_queue;

typedef struct {
    int16_t past[ECG_LONG], sorted[ECG_PERCENTILE_OVER]; /* intervals; the last of them in order */
    int32_t sum;                                         /* of all in `past` */
    uint16_t next, count;
    uint8_t apart[ECG_GATE_LAGS]; /* of the last, how many differ from the one so many before */
    uint8_t irregular; /* before the beat whose features were taken last, without its own */
} ecg_rhythm;

typedef struct {
    int32_t beat[ECG_WINDOW], scale;
    uint8_t scaled, counted;
    uint8_t p_wave[3]; /* features of the beat that was cut last */
} ecg_usual;

typedef struct {
    int32_t logits[ECG_CLASSES];
    ecg_stream_value values[ECG_VALUES_SIZE];
} ecg_network;

typedef struct {
    int16_t history[ECG_HISTORY]; /* samples in order; the first of them is number `base` */
    uint32_t usual_from, usual_span; /* so many samples from there on need no thought, or none */
    int32_t middle;
    uint32_t at, next; /* where the next sample goes, and where one makes a tick known */
    uint32_t base;
    int32_t lowest, highest, gain;
    uint32_t rate, step, tick, second; /* second: the last tick of this one */
    uint32_t gap, missing, saturated; /* samples missing in a row; of each since the last second */
    uint8_t alive, blocks[2], told, waiting; /* seconds before; what was told of the last */
    uint8_t early, whole, rest; /* 120ths of a sample: see ecg_next_tick */
    uint8_t kept; /* samples that a tick needs at most */
    uint8_t width, slots, slot; /* weights of a tick; places for them; the next one's */
    uint8_t early_of[ECG_SLOTS], back[ECG_SLOTS]; /* of a slot; from the newest to the first */
    uint32_t waiting_sample;
    int16_t weights[ECG_WEIGHTS] __attribute__((aligned(4)));
    int16_t signal[ECG_SIGNAL_RING];
    ecg_detector detector;
    ecg_queue queue;
    ecg_rhythm rhythm;
    ecg_usual usual;
    ecg_network network;
} ecg_stream;

#endif
