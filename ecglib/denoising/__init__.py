"""Capacitive ECG denoised: a simulated seat, networks, rivals, and what reads the signal after."""
