"""How near a denoised signal is to the clean one: in time, in decibels, and in frequency."""

import numpy as np
from scipy.signal import welch

from ecglib.data.errors import DataError
from ecglib.denoising.channels import finite
from ecglib.denoising.leads import WINDOW

# P and T waves, the QRS complex, its edges and the muscles'; together the band that is kept.
BANDS_HZ = {"0.5-5 Hz": (0.5, 5.0), "5-15 Hz": (5.0, 15.0), "15-40 Hz": (15.0, 40.0)}


def of_signal(found: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """(samples,) each -> the mean squared error, and the mean correlation of windows.

    The error is of all samples, in the reference's unit squared: where that has a variance of 1,
    silence has an error of 1. The correlation is Pearson's in each whole window of WINDOW samples
    and then the mean of windows, as the published study takes it of its segments: a loud stretch
    counts no more than a quiet one. A window in which nothing was found has a correlation of 0; one
    with a flat reference has none and is left out.

    Raises:
        DataError: other lengths, less than a window, or a value that is not finite.
    """
    found, reference = _both(found, reference)
    mse = float(np.mean((found - reference) ** 2))
    whole = len(found) // WINDOW * WINDOW
    a, b = (signal[:whole].reshape(-1, WINDOW) for signal in (found, reference))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    some = b.any(1)
    if not some.any():
        return mse, np.nan
    power = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    each = np.divide((a * b).sum(1), power, out=np.zeros(len(a)), where=power > 0)
    return mse, float(each[some].mean())


def mse_sign_told(found: np.ndarray, reference: np.ndarray) -> float:
    """(samples,) each -> the mean squared error if somebody told whether the record is upside down.

    The less of the errors of what was found and of its negative. DataError as `of_signal`.
    """
    found, reference = _both(found, reference)
    return float(min(np.mean((sign * found - reference) ** 2) for sign in (1, -1)))


def snr_gain_db(found: np.ndarray, reference: np.ndarray, snr_db: float) -> float:
    """The SNR of what was found, in decibels, less that of the channels it was found in.

    Noise is all that is not the reference, at the scale given: for silence the SNR is 0. Infinite
    where nothing is wrong; NaN where that of the channels is. DataError as `of_signal`.
    """
    found, reference = _both(found, reference)
    wrong = np.mean((found - reference) ** 2)
    if not wrong:
        return np.inf - snr_db
    return float(10 * np.log10(np.mean(reference**2) / wrong) - snr_db)


def spectrum(signal: np.ndarray, fs_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """(samples,) -> frequencies in hertz and the power density there, by Welch's method."""
    return welch(signal, fs_hz, nperseg=WINDOW)


def band_errors(found: np.ndarray, reference: np.ndarray, fs_hz: float) -> dict[str, float]:
    """By band: the share of the power that lies in it, of what was found less of the reference.

    The shares of a signal add up to 1 over BANDS_HZ, so that no scale matters; a signal of zeros
    has none in any. DataError as `of_signal`.
    """
    found, reference = _both(found, reference)
    shares = [_shares(signal, fs_hz) for signal in (found, reference)]
    return dict(zip(BANDS_HZ, (shares[0] - shares[1]).tolist(), strict=True))


def _shares(signal: np.ndarray, fs_hz: float) -> np.ndarray:
    frequency, power = spectrum(signal, fs_hz)
    bands = BANDS_HZ.values()
    sums = np.array([power[(low <= frequency) & (frequency < high)].sum() for low, high in bands])
    return sums / sums.sum() if sums.any() else sums


def _both(found: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found, reference = np.asarray(found, float), np.asarray(reference, float)
    if found.shape != reference.shape or found.ndim != 1 or len(found) < WINDOW:
        raise DataError(
            f"signals of {found.shape} and {reference.shape}: give two of one length, {WINDOW} "
            "samples or more"
        )
    finite(found, "the found signal")
    finite(reference, "the reference")
    return found, reference
