"""Percentile intervals over groups: people, nights or records are drawn whole, and paired."""

import numpy as np


def times_drawn(groups: int, draws: int) -> np.ndarray:
    """(1 + draws, groups): how often each group is drawn; the first row is all of them once.

    The bootstrap of Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; two
    calls with the same numbers share their draws, so that differences are paired.
    """
    drawn = np.random.default_rng(0).multinomial(groups, np.ones(groups) / groups, draws)
    return np.concatenate([np.ones((1, groups), int), drawn])


def with_ends(values: np.ndarray) -> tuple[float, float, float]:
    """(1 + draws,) values of all groups and of each draw -> the value and its 95 % interval."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return float(values[0]), float(low), float(high)
