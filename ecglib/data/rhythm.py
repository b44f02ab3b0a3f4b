"""Rhythm features of a heartbeat: its two RR intervals against the patient's own past, causal.

All features of beat i come from the intervals up to the one that follows it, r[i + 1], so a device
knows them at the next R peak. Ratios to the patient's own intervals, not seconds, because heart
rates differ between patients more than premature beats differ from the others.
"""

import numpy as np
import pandas as pd

from ecglib.data.beats import Beats

FEATURES = (
    "log previous / local mean",
    "log next / previous",
    "log previous / long mean",
    "log next / local mean",
    "log next / long mean",
    "local deviation / local mean",
    "local mean absolute difference / local mean",
    "log previous / long 90th percentile",
)
LOCAL, LONG, PERCENTILE_OVER = 10, 400, 200  # beats; 400 are about five minutes
SCALE = 3.0  # brings the features, most within a third of zero, to the spread of the windows


def rhythm_features(beats: Beats) -> np.ndarray:
    """Features (n, 8) float32, in the order of FEATURES; each record by itself, in beat order.

    With p the interval before a beat, n the one after it, and means, deviation and percentile
    over the last 10 (local), 400 (long) and 200 (percentile) intervals before p, or as many as
    there are: log(p / local), log(n / p), log(p / long), log(n / local), log(n / long), local
    standard deviation / local mean, mean |difference of successive intervals| over the last 10 /
    local mean, log(p / 90th percentile). Logarithms are clipped to [-1, 1], the two measures of
    irregularity to [0, 1]; all are then multiplied by 3. The first beat's past is its own p. The
    percentile stays near the normal interval where premature beats are so many that they draw the
    means down.

    Ratios to a local and a long-term mean: de Chazal et al., IEEE Trans. Biomed. Eng.
    51(7):1196-1206, 2004, section II-D; here with the past only.
    """
    features = np.empty((len(beats), len(FEATURES)), np.float32)
    for record in np.unique(beats.record):
        rows = beats.record == record
        previous, following = beats.rr_previous_s[rows], beats.rr_next_s[rows]
        features[rows] = _of_record(previous.astype(float), following.astype(float))
    return features


def past_mean(intervals: np.ndarray, count: int) -> np.ndarray:
    """Mean (n,) of the `count` intervals before each, or of fewer at first; the first is itself."""
    past = pd.Series(intervals).shift(1).rolling(count, min_periods=1)
    return past.mean().fillna(intervals[0]).to_numpy()


def _of_record(previous: np.ndarray, following: np.ndarray) -> np.ndarray:
    past = pd.Series(previous).shift(1)
    steps = pd.Series(previous).diff().abs().shift(1)
    local, long = past_mean(previous, LOCAL), past_mean(previous, LONG)
    high = past.rolling(PERCENTILE_OVER, min_periods=1).quantile(0.9).fillna(previous[0])
    deviation = past.rolling(LOCAL, min_periods=1).std(ddof=0).fillna(0).to_numpy()
    difference = steps.rolling(LOCAL, min_periods=1).mean().fillna(0).to_numpy()
    columns = [
        _log_ratio(previous, local),
        _log_ratio(following, previous),
        _log_ratio(previous, long),
        _log_ratio(following, local),
        _log_ratio(following, long),
        np.clip(deviation / local, 0, 1),
        np.clip(difference / local, 0, 1),
        _log_ratio(previous, high.to_numpy()),
    ]
    return SCALE * np.stack(columns, axis=1)


def _log_ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.clip(np.log(above / below), -1, 1)
