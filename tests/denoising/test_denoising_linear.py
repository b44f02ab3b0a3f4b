"""The trained linear filter: its equations, its alignment, and what it does with bad channels."""

import numpy as np
import pytest
from invented import heart, seat

from ecglib.data.errors import DataError
from ecglib.denoising.channels import scaled
from ecglib.denoising.leads import WINDOW
from ecglib.denoising.linear import filtered, fitted
from ecglib.denoising.rivals import oracle_scale
from ecglib.denoising.seat import Drive


def drive(seed=0, samples=8192, noise=(0.5, 1, 2), gains=(3.0, 0.2, 40.0)):
    reference, sample = heart(samples, seed)
    channels = seat(reference, noise, gains, seed=seed + 10)
    return Drive(
        f"record {seed}", 0.0, channels, reference, sample, np.zeros(len(sample), np.uint8)
    )


def mse(found, reference):
    return np.mean((found - reference) ** 2)


def delayed(inputs, taps):
    """(samples, channels * taps): every input at every lag, by which weights are found plainly."""
    half = taps // 2
    padded = np.pad(inputs, ((0, 0), (half, half)))
    samples = inputs.shape[1]
    lags = range(taps)
    return np.stack([row[taps - 1 - a : taps - 1 - a + samples] for row in padded for a in lags], 1)


def test_the_weights_are_those_of_plain_least_squares():
    drives = [drive(seed, samples=4096) for seed in range(2)]
    design = np.concatenate([delayed(scaled(one.channels), 5) for one in drives])
    plain, *_ = np.linalg.lstsq(design, np.concatenate([one.reference for one in drives]))
    np.testing.assert_allclose(fitted(drives, 5).ravel(), plain, atol=2e-3)


def test_the_filter_is_those_weights_times_what_is_around_each_sample():
    one, weights = drive(samples=2048), np.random.default_rng(0).normal(0, 1, (3, 9))
    plain = delayed(scaled(one.channels), 9) @ weights.ravel()
    np.testing.assert_allclose(filtered(weights, one.channels), plain, atol=1e-4)


def test_it_beats_every_channel_and_the_mean_on_a_record_that_it_has_not_seen():
    weights, unseen = fitted(map(drive, range(3)), 33), drive(7, gains=(0.1, 9.0, 1.0))
    inputs = scaled(unseen.channels) * np.array([[1], [-1], [1]])
    others = [*inputs, inputs.mean(0)]
    others = [mse(oracle_scale(one, unseen.reference) * one, unseen.reference) for one in others]
    found = filtered(weights, unseen.channels)
    assert found.dtype == np.float32 and found.shape == unseen.reference.shape
    assert mse(found, unseen.reference) < 0.7 * min(others)


def test_it_learns_a_delay_and_a_polarity():
    one = drive(noise=0.0)
    late = one._replace(channels=np.roll(one.channels, 2, 1))
    weights = fitted([late], 9)
    assert mse(filtered(weights, late.channels), late.reference) < 0.02
    assert mse(filtered(weights, one.channels), one.reference) > 0.2  # two samples early
    # The wiring's sign is learnt, as is what the gain does not tell.
    flipped = np.float32([[-1], [1], [1]]) * late.channels
    assert mse(filtered(weights, flipped), late.reference) > 0.2


def test_a_channel_that_is_dead_everywhere_has_no_weight():
    one = drive(noise=1.0)
    one.channels[1] = 0
    weights = fitted([one], 17)
    assert not weights[1].any() and weights[0].any()
    assert np.isfinite(filtered(weights, np.zeros((3, WINDOW)))).all()


def test_a_drive_counts_once_however_often_the_drives_are_split():
    first, second = drive(0), drive(1)
    np.testing.assert_allclose(fitted([first, second], 9), fitted([second, first], 9), atol=1e-10)
    np.testing.assert_allclose(fitted([first, first], 9), fitted([first], 9), atol=1e-10)


@pytest.mark.parametrize("taps", [0, 8])
def test_a_filter_without_a_middle_is_refused(taps):
    with pytest.raises(ValueError, match=f"{taps} taps has no middle: give an odd number"):
        fitted([drive()], taps)


def dead(one):
    one.channels[:] = 0


def no_number(one):
    one.channels[2, 40] = np.nan


def no_reference(one):
    one.reference[41] = np.inf


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (dead, "no drive has a live channel"),
        (no_number, "channel 2 has 1 samples .* first at 40"),
        (no_reference, "record 0: the reference has 1 samples .* first at 41"),
    ],
)
def test_bad_drives_are_refused(damage, message):
    one = drive(samples=2048)
    damage(one)
    with pytest.raises(DataError, match=message):
        fitted([one], 9)


def test_no_drives_other_lengths_and_other_channels_are_refused():
    one = drive(samples=2048)
    with pytest.raises(DataError, match="no drive has a live channel"):
        fitted([], 9)
    with pytest.raises(DataError, match="2048 samples, reference of"):
        fitted([one._replace(reference=one.reference[1:])], 9)
    with pytest.raises(DataError, match="filter of 3 channels cannot take 1"):
        filtered(np.zeros((3, 9)), one.channels[:1])
