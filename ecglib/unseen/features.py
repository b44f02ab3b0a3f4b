"""Sets of rhythm features that a recipe may name: the study's eight, and further ones; causal."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ecglib.data.beats import Beats
from ecglib.data.patient import _scaled as of_record
from ecglib.data.patient import deviations
from ecglib.data.rhythm import FEATURES, SCALE, rhythm_features

NEAR, FAR = 8, 50  # beats of the further references
REGULARITY_OVER, GATE_OVER = 20, 200  # intervals: of the features, and of the gate
LAGS = (1, 2, 3)  # a steady rhythm, bigeminy and trigeminy repeat after so many beats
ENTROPY_BINS, ENTROPY_REACH = 8, 0.4  # of differences of log intervals

P_WAVE = slice(19, 41)  # of the window: 258 to 83 ms before the R peak
TENTH, LEAST_USUAL, LEAST = 0.1, 0.02, 0.005  # in the patient's running standard deviations

FEATURE_SETS: dict[str, tuple[int, Callable[[Beats], np.ndarray]]] = {}


def _registered(name: str, count: int) -> Callable:
    def enter(function: Callable[[Beats], np.ndarray]) -> Callable[[Beats], np.ndarray]:
        FEATURE_SETS[name] = count, function
        return function

    return enter


def count(names: list[str]) -> int:
    """How many features these sets have together."""
    return sum(FEATURE_SETS[name][0] for name in names)


def features(beats: Beats, names: list[str]) -> np.ndarray:
    """The features (n, count) float32 of these sets, side by side."""
    return np.concatenate([FEATURE_SETS[name][1](beats) for name in names], axis=1)


_registered("study", len(FEATURES))(rhythm_features)


@_registered("references", 4)
def references(beats: Beats) -> np.ndarray:
    """The intervals before and after against references that ectopic beats hardly move.

    With p the interval before a beat and n the one after it: log(p / median), log(n / median) of
    the last 8 intervals, and log(p / 75th percentile), log(n / 75th percentile) of the last 50.
    Clipped to [-1, 1], times 3, as the study's.
    """

    def of_record(previous: np.ndarray, following: np.ndarray) -> np.ndarray:
        past = pd.Series(previous).shift(1)
        near = past.rolling(NEAR, min_periods=1).median().fillna(previous[0]).to_numpy()
        far = past.rolling(FAR, min_periods=1).quantile(0.75).fillna(previous[0]).to_numpy()
        ratios = [previous / near, following / near, previous / far, following / far]
        return np.clip(np.log(np.stack(ratios, 1)), -1, 1)

    return _by_record(beats, of_record, 4)


@_registered("regularity", len(LAGS) + 1)
def regularity(beats: Beats) -> np.ndarray:
    """Does the rhythm of the last 20 intervals repeat after one, two or three, or not at all?

    For each lag the median of |log r[i] - log r[i - lag]|: in fibrillation all are large, in
    bigeminy that of lag 2 is small, in trigeminy that of lag 3. Then the Shannon entropy of the
    differences of successive log intervals in 8 bins over +-0.4, over its maximum; entropies of RR
    differences tell fibrillation in Dash et al., Ann. Biomed. Eng. 37(9):1701-1709, 2009. The
    interval before the beat is not among the 20. Clipped to [0, 1], times 3.
    """

    def of_record(previous: np.ndarray, following: np.ndarray) -> np.ndarray:
        log = pd.Series(np.log(previous))
        columns = [*_steps(log, REGULARITY_OVER), _entropy(log.diff().to_numpy())]
        return np.clip(np.stack([np.nan_to_num(column) for column in columns], 1), 0, 1)

    return _by_record(beats, of_record, len(LAGS) + 1)


@_registered("p_wave", 3)
def p_wave(beats: Beats) -> np.ndarray:
    """Whether the usual beat has a P wave, and whether this one has it, too.

    Of the stretch where a P wave stands, less its mean and its trend, the root mean square: of the
    patient's usual beat, as a logarithm over 0.1 of its standard deviation; of this beat over that;
    of the difference of the two over that. Clipped to [-2, 2].
    """
    beat, difference = (_without_trend(of[:, P_WAVE]) for of in (_scaled(beats), deviations(beats)))
    of_usual, of_beat, of_difference = (
        np.sqrt((part**2).mean(1)) for part in (beat - difference, beat, difference)
    )
    base = np.maximum(of_usual, LEAST_USUAL)
    ratios = [base / TENTH] + [np.maximum(of, LEAST) / base for of in (of_beat, of_difference)]
    return np.clip(np.log(np.stack(ratios, 1)), -2, 2).astype(np.float32)


def _scaled(beats: Beats) -> np.ndarray:
    """Windows (n, length) in the patient's running standard deviations."""
    out = np.empty(beats.adc.shape, np.float32)
    for record in np.unique(beats.record):
        rows = beats.record == record
        out[rows] = of_record(beats.adc[rows].astype(np.float32))
    return out


def _without_trend(parts: np.ndarray) -> np.ndarray:
    """Each of (n, length) less its straight line of least squares."""
    place = np.linspace(-1, 1, parts.shape[1], dtype=np.float32)
    centred = parts - parts.mean(1, keepdims=True)
    return centred - (centred @ place / (place @ place))[:, None] * place


def irregularity(beats: Beats) -> np.ndarray:
    """How far the rhythm of the last 200 intervals is from repeating, (n,).

    The least, over lags of one, two and three, of the median of |log r[i] - log r[i - lag]|, the
    interval before the beat not among them. Who fibrillates does so for minutes.
    """

    def of_record(previous: np.ndarray, following: np.ndarray) -> np.ndarray:
        columns = _steps(pd.Series(np.log(previous)), GATE_OVER)
        return np.nan_to_num(np.stack(columns, 1)).min(1, keepdims=True)

    return _by_record(beats, of_record, 1)[:, 0] / SCALE


def _steps(log: pd.Series, over: int) -> list[pd.Series]:
    """For each of LAGS the median step (n,) between log intervals, of so many before each."""
    return [log.diff(lag).abs().shift(1).rolling(over, min_periods=1).median() for lag in LAGS]


def _entropy(steps: np.ndarray) -> pd.Series:
    """(n,) entropy over its maximum of the steps before each, of the last 20."""
    width = 2 * ENTROPY_REACH / ENTROPY_BINS
    place = np.clip(np.nan_to_num(steps), -ENTROPY_REACH, ENTROPY_REACH - 1e-9) + ENTROPY_REACH
    inside = pd.DataFrame(np.eye(ENTROPY_BINS)[(place / width).astype(int)])
    share = inside.shift(1).rolling(REGULARITY_OVER, min_periods=1).mean().fillna(0)
    return -(share * np.log(share.where(share > 0, 1))).sum(axis=1) / np.log(ENTROPY_BINS)


def _by_record(beats: Beats, of_record: Callable, columns: int) -> np.ndarray:
    out = np.empty((len(beats), columns), np.float32)
    for record in np.unique(beats.record):
        rows = beats.record == record
        intervals = beats.rr_previous_s[rows], beats.rr_next_s[rows]
        out[rows] = SCALE * of_record(*(each.astype(float) for each in intervals))
    return out
