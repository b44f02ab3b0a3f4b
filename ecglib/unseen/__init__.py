"""Patients never met: rhythm_cnn trained on rhythms that no training patient has, and judged."""
