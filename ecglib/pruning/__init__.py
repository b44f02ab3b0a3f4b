"""Multistage pruning: masks as values, criteria and allocations as functions, the stage loop."""
