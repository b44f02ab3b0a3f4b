"""The report names every method by its registered label."""

from ecglib.methods import catalogue  # noqa: F401
