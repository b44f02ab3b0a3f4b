/* SPDX-License-Identifier: MIT
 * Pushes the samples of samples.h through a stream, and hands on every event. On a computer this is
 * a program that prints them; on an Arduino events.ino does.
 */
#include "ecg_stream.h"
#include "samples.h"

static ecg_stream stream;

int events_of_samples(void (*tell)(int kind, const ecg_event *event)) {
    ecg_event event;
    if (ecg_stream_init(&stream, SAMPLES_HZ, SAMPLES_LOWEST, SAMPLES_HIGHEST)) return 1;
    /* Two seconds without a sample end the stream: the last beat is told, too. */
    for (uint32_t i = 0; i < SAMPLES + 2 * SAMPLES_HZ; i++) {
        const int32_t sample = i < SAMPLES ? samples[i] : ECG_STREAM_NO_SAMPLE;
        const int kind = ecg_stream_push(&stream, sample, &event);
        if (kind != ECG_STREAM_NOTHING) tell(kind, &event);
    }
    return 0;
}

#ifndef ARDUINO
#include <stdio.h>

static void print(int kind, const ecg_event *event) {
    printf("%s %lu label %ld quality %lu logits", kind == ECG_STREAM_BEAT ? "beat" : "signal",
           (unsigned long)event->sample, (long)event->label, (unsigned long)event->quality);
    for (int i = 0; i < ECG_CLASSES; i++) printf(" %ld", (long)event->logits[i]);
    printf("\n");
}

int main(void) { return events_of_samples(print); }
#endif
