"""Multistage pruning of ECG heartbeat classifiers for edge devices: the study's library."""
