"""Offloading: which layer of a network runs on the wearable, which on the phone, which beyond."""
