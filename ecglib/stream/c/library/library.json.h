{
  "name": "ecg_stream",
  "version": "1.0.0",
  "description": "Raw ECG samples in, heartbeats with their AAMI class out: integers only, no allocation",
  "keywords": "ecg, heartbeat, arrhythmia, neural network",
  "license": "MIT",
  "frameworks": "*",
  "platforms": "*",
  "headers": "ecg_stream.h",
  "build": {"srcDir": "src", "includeDir": "src"},
  "examples": [
    {"name": "events", "base": "examples/events", "files": ["events.ino", "events.c", "samples.h"]}
  ]
}
