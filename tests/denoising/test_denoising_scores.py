"""Error, correlation, decibels and bands of a denoised signal."""

import numpy as np
import pytest
from invented import FS_HZ, heart

from ecglib.data.errors import DataError
from ecglib.denoising import scores
from ecglib.denoising.leads import WINDOW


@pytest.fixture
def reference():
    return heart(4 * WINDOW + 100)[0]


def test_the_truth_itself_has_no_error(reference):
    assert scores.of_signal(reference, reference) == pytest.approx((0, 1))
    assert scores.snr_gain_db(reference, reference, -6) == np.inf
    assert scores.band_errors(reference, reference, FS_HZ) == dict.fromkeys(scores.BANDS_HZ, 0)


def test_silence_has_an_error_of_1_no_correlation_and_an_snr_of_0(reference):
    silence = np.zeros_like(reference)
    assert scores.of_signal(silence, reference) == pytest.approx((1, 0), abs=1e-3)
    assert scores.snr_gain_db(silence, reference, -6) == pytest.approx(6)


def test_scale_and_level_change_the_error_and_not_the_correlation(reference):
    mse, correlation = scores.of_signal(3 * reference + 1, reference)
    assert mse == pytest.approx(5, rel=1e-3) and correlation == pytest.approx(1)
    assert scores.of_signal(-reference, reference)[1] == pytest.approx(-1)
    assert scores.mse_sign_told(-reference, reference) == 0
    assert scores.mse_sign_told(3 * reference + 1, reference) == pytest.approx(mse)


def test_two_samples_late_cost_much(reference):
    assert scores.of_signal(np.roll(reference, 2), reference)[0] > 0.2


def test_a_loud_window_counts_no_more_than_a_quiet_one_in_the_correlation(reference):
    found = reference.copy()
    found[:WINDOW] *= -100
    assert scores.of_signal(found, reference)[1] == pytest.approx(0.5)  # (-1 + 1 + 1 + 1) / 4


def test_a_window_that_was_not_found_has_no_correlation_and_a_flat_reference_is_left_out(reference):
    found = reference.copy()
    found[:WINDOW] = 0.7
    assert scores.of_signal(found, reference)[1] == pytest.approx(0.75)
    flat = reference.copy()
    flat[:WINDOW] = 0
    assert scores.of_signal(found, flat)[1] == pytest.approx(1)
    assert np.isnan(scores.of_signal(found, np.zeros_like(found))[1])


def test_a_tenth_of_the_noise_power_is_a_gain_of_10_db(reference):
    noise = np.random.default_rng(0).normal(0, 1, len(reference))
    noise *= np.sqrt(np.mean(reference**2) / np.mean(noise**2))  # at 0 dB
    assert scores.snr_gain_db(reference + noise, reference, 0) == pytest.approx(0, abs=1e-4)
    assert scores.snr_gain_db(reference + noise * 0.1**0.5, reference, 0) == pytest.approx(
        10, abs=1e-4
    )


@pytest.mark.parametrize(("hz", "band"), [(2, "0.5-5 Hz"), (10, "5-15 Hz"), (30, "15-40 Hz")])
def test_power_that_is_too_much_shows_in_its_band_and_no_scale_matters(hz, band, reference):
    tone = 30 * np.sin(2 * np.pi * hz * np.arange(len(reference)) / FS_HZ)
    errors = scores.band_errors(0.01 * (reference + tone), reference, FS_HZ)
    assert sum(errors.values()) == pytest.approx(0, abs=1e-9)
    assert errors[band] > 0.2
    assert all(error < 0 for name, error in errors.items() if name != band)


def test_silence_lacks_all_power(reference):
    errors = scores.band_errors(np.zeros_like(reference), reference, FS_HZ)
    assert sum(errors.values()) == pytest.approx(-1)


def test_the_spectrum_has_a_tone_at_its_frequency():
    frequency, power = scores.spectrum(np.sin(2 * np.pi * 18 * np.arange(4096) / FS_HZ), FS_HZ)
    assert frequency[power.argmax()] == pytest.approx(18, abs=0.1)


def test_bad_signals_are_refused(reference):
    wrong = reference.copy()
    wrong[9] = np.nan
    for score in (scores.of_signal, scores.mse_sign_told, lambda a, b: scores.snr_gain_db(a, b, 0)):
        with pytest.raises(DataError, match="the found signal has 1 samples .* first at 9"):
            score(wrong, reference)
        with pytest.raises(DataError, match="the reference has 1 samples"):
            score(reference, wrong)
        with pytest.raises(DataError, match="give two of one length"):
            score(reference[1:], reference)
        with pytest.raises(DataError, match="1024 samples or more"):
            score(reference[:1000], reference[:1000])
