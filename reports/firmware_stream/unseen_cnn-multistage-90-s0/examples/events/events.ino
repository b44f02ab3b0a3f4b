// SPDX-License-Identifier: MIT
// Prints the events of the samples in samples.h once; events.c pushes them.
#include <ecg_stream.h>

extern "C" int events_of_samples(void (*tell)(int kind, const ecg_event *event));

static void print(int kind, const ecg_event *event) {
    Serial.print(kind == ECG_STREAM_BEAT ? "beat " : "signal ");
    Serial.print((unsigned long)event->sample);
    Serial.print(" label ");
    Serial.print((long)event->label);
    Serial.print(" quality ");
    Serial.println((unsigned long)event->quality);
}

void setup() {
    Serial.begin(115200);
    events_of_samples(print);
}

void loop() {}
