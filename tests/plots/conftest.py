"""Figures name every method by its registered label."""

from ecglib.methods import catalogue  # noqa: F401
