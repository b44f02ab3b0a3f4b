"""The bootstrap over seeds and records, for many variants at once on the same draws.

Seeds and whole records are drawn with replacement (beats of one patient are alike): the percentile
interval of Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Callable

import numpy as np

Reading = Callable[[np.ndarray], np.ndarray]
CHUNK = 50  # draws held in memory at a time
YES, NO, OPEN, NOT_RUN = "yes", "no", "not settled", "not run"


def replicates(
    matrices: np.ndarray, readings: dict[str, Reading], draws: int, seed: int = 0
) -> dict[str, np.ndarray]:
    """Reading name -> (draws, variants): the reading's mean over the drawn seeds, records pooled.

    matrices: (variants, seeds, records, 5, 5) counts. Two calls with as many seeds, records and
    draws share their draws too, so their difference is paired.
    """
    variants, seeds, records, *_ = matrices.shape
    times_seed, times_record = _times_drawn(seeds, records, draws, seed)
    flat = np.moveaxis(matrices, 2, 0).reshape(records, -1).astype(float)
    parts = {name: [] for name in readings}
    for start in range(0, draws, CHUNK):
        pooled = times_record[start : start + CHUNK] @ flat
        pooled = pooled.reshape(-1, variants, seeds, *matrices.shape[-2:])
        for name, reading in readings.items():
            share = times_seed[start : start + CHUNK] / seeds
            parts[name].append(np.einsum("dvs,ds->dv", reading(pooled), share))
    return {name: np.concatenate(drawn) for name, drawn in parts.items()}


def bounds(drawn: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The percentile interval over the first axis, (draws, ...) -> low and high, each (...)."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def ends(name: str, values: tuple[float, float, float]) -> dict[str, float]:
    """A value with its interval as the columns NAME, NAME_low and NAME_high."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def verdict_of(low: float, high: float) -> str:
    """Whether an interval lies above 0 (yes), below it (no) or around it (not settled)."""
    return YES if low > 0 else NO if high < 0 else OPEN


def _times_drawn(seeds: int, records: int, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each draw takes each seed, (draws, seeds), and each record, (draws, records)."""
    rng = np.random.default_rng(seed)
    times_seed, times_record = np.zeros((draws, seeds)), np.zeros((draws, records))
    for row in range(draws):
        times_seed[row] = np.bincount(rng.integers(seeds, size=seeds), minlength=seeds)
        times_record[row] = np.bincount(rng.integers(records, size=records), minlength=records)
    return times_seed, times_record
