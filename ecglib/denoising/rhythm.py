"""What reads a denoised signal: two R-peak detectors, their peaks against the true beats, the rate.

Numbers of one record; `found_of` of several is that of their sums. ANSI/AAMI EC57 asks for
sensitivity and positive predictivity within 150 ms of a beat.
"""

from collections.abc import Callable
from typing import NamedTuple

import neurokit2
import numpy as np
from wfdb import processing

from ecglib.data.errors import DataError
from ecglib.denoising.channels import finite, qrs
from ecglib.settings.registry import Registry

DETECTORS: Registry = Registry("detector")
Middle = Callable[[np.ndarray], float]  # of RR intervals: their mean or median

WITHIN_S = 0.15  # EC57
STRETCH_S = 10.0  # of one heart rate: what a monitor shows
SHORTEST_S = 1.0  # neurokit2 smooths over 0.75 s
LIMITS_SD = 1.96  # Bland and Altman, Lancet 327(8476):307-310, 1986


class Matched(NamedTuple):
    """Peaks against beats: true positives, false ones, beats missed; of each true one the error.

    errors_ms: (tp,), found - true, so that a late detector is positive.
    """

    tp: int
    fp: int
    fn: int
    errors_ms: np.ndarray


@DETECTORS.register("neurokit2")
def neurokit(signal: np.ndarray, fs_hz: float) -> np.ndarray:
    """The default detector of neurokit2, from the gradient's steepness, without its correction.

    Its correction moves peaks to where a regular rhythm would have them, which would hide ectopic
    beats. It has no band-pass of its own, as xqrs and most others have, so it reads `qrs`. A record
    of 30 minutes at 180 Hz takes 0.05 s.
    """
    in_band = qrs(signal, fs_hz)
    _, found = neurokit2.ecg_peaks(in_band, fs_hz, method="neurokit", correct_artifacts=False)
    return found["ECG_R_Peaks"]


@DETECTORS.register("xqrs")
def xqrs(signal: np.ndarray, fs_hz: float) -> np.ndarray:
    """The detector of wfdb, with thresholds that it learns and that follow the signal.

    A record of 30 minutes at 180 Hz takes 0.6 s; gqrs, its other one, takes 1.1 s.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # it divides by the norm of flat stretches
        return processing.xqrs_detect(signal, fs_hz, verbose=False)


def peaks(detector: str, signal: np.ndarray, fs_hz: float) -> np.ndarray:
    """(samples,) -> the places of R peaks, (peaks,) int64, in order; none in a flat signal.

    Raises:
        UnknownName: no such detector.
        DataError: a signal that is shorter than SHORTEST_S, or not finite.
    """
    signal = np.asarray(signal, float)
    finite(signal, "the signal")
    if len(signal) < SHORTEST_S * fs_hz:
        raise DataError(f"no R peaks in {len(signal) / fs_hz:g} s: give {SHORTEST_S:g} s or more")
    if not np.ptp(signal):
        return np.zeros(0, np.int64)
    found = DETECTORS[detector](signal, fs_hz)
    return np.unique(np.asarray(found, np.int64))


def matched(
    found: np.ndarray, true: np.ndarray, fs_hz: float, within_s: float = WITHIN_S
) -> Matched:
    """Each peak with the beat that it is for, one to one and in order, by wfdb's comparison.

    found, true: places in order. A beat's peak is the nearest; of two beats, the nearer has it.
    """
    if not len(found) or not len(true):  # wfdb would divide by the number of them
        return Matched(0, len(found), len(true), np.zeros(0))
    width = int(within_s * fs_hz) + 1  # wfdb wants less than it
    pairs = processing.compare_annotations(np.asarray(true), np.asarray(found), width)
    errors_ms = (pairs.matched_test_sample - pairs.matched_ref_sample) * (1000 / fs_hz)
    return Matched(pairs.tp, pairs.fp, pairs.fn, errors_ms)


def found_of(tp: float, fp: float, fn: float) -> dict[str, float]:
    """Fractions: r_sensitivity, r_predictivity, r_f1; NaN where there is nothing to divide by."""
    return {
        "r_sensitivity": tp / (tp + fn) if tp + fn else np.nan,
        "r_predictivity": tp / (tp + fp) if tp + fp else np.nan,
        "r_f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else np.nan,
    }


def heart_rates(
    places: np.ndarray, samples: int, fs_hz: float, middle: Middle = np.median
) -> np.ndarray:
    """(stretches,) beats a minute in each whole stretch of STRETCH_S: 60 / middle RR of its peaks.

    The median, which one missed or false peak does not move, unless another `middle` is asked for.
    A stretch with fewer than two peaks has a rate of 0, as a monitor that shows a dash. So a
    detector gains nothing by silence. What is left at the end of a record is not counted; a record
    that is shorter than one stretch is one.
    """
    size = int(STRETCH_S * fs_hz)
    edges = np.arange(0, samples + 1, size) if samples >= size else np.array([0, samples])
    stretches = np.split(np.asarray(places), np.searchsorted(places, edges))[1:-1]
    return np.array(
        [60 * fs_hz / middle(np.diff(peaks)) if len(peaks) > 1 else 0.0 for peaks in stretches]
    )


def rate_errors(
    found: np.ndarray, true: np.ndarray, samples: int, fs_hz: float, middle: Middle = np.median
) -> np.ndarray:
    """(stretches,) found - true in beats a minute.

    Stretches in which fewer than two true beats lie have no true rate and are left out.
    """
    of_found, of_true = (heart_rates(places, samples, fs_hz, middle) for places in (found, true))
    some = of_true > 0
    return (of_found - of_true)[some]


def bland_altman(differences: np.ndarray) -> tuple[float, float, float]:
    """Bias and the limits of agreement, below and above, of found - true (n,).

    NaN without a difference; with only one, its limits are. Of stretches of several records the
    limits are those of a stretch, not of a record.
    """
    bias = float(np.mean(differences)) if len(differences) else np.nan
    apart = LIMITS_SD * float(np.std(differences, ddof=1)) if len(differences) > 1 else np.nan
    return bias, bias - apart, bias + apart


def of_record(found: np.ndarray, true: np.ndarray, samples: int, fs_hz: float) -> dict[str, float]:
    """All numbers of one record from its found and true peaks, NaN for those that there are not.

    tp, fp, fn, those of `found_of`, r_error_ms (mean absolute, of the matched), hr_mae_bpm,
    hr_median_bpm (median absolute), hr_bias_bpm, hr_low_bpm, hr_high_bpm (Bland and Altman's), and
    hr_mae_mean_rr_bpm, the mean absolute error where a rate is that of the mean RR.
    """
    pairs = matched(found, true, fs_hz)
    wrong = rate_errors(found, true, samples, fs_hz)
    of_mean = rate_errors(found, true, samples, fs_hz, np.mean)
    bias, low, high = bland_altman(wrong)
    return {
        **{"tp": pairs.tp, "fp": pairs.fp, "fn": pairs.fn},
        **found_of(pairs.tp, pairs.fp, pairs.fn),
        "r_error_ms": float(np.abs(pairs.errors_ms).mean()) if pairs.tp else np.nan,
        "hr_mae_bpm": float(np.abs(wrong).mean()) if len(wrong) else np.nan,
        "hr_median_bpm": float(np.median(np.abs(wrong))) if len(wrong) else np.nan,
        "hr_mae_mean_rr_bpm": float(np.abs(of_mean).mean()) if len(of_mean) else np.nan,
        **{"hr_bias_bpm": bias, "hr_low_bpm": low, "hr_high_bpm": high},
    }
