"""The simulated seat: its SNR is what it says, nothing is late, and each parameter does its own."""

import numpy as np
import pytest
from invented import noise, plain, record

from ecglib.denoising.leads import FS_HZ, banded
from ecglib.denoising.seat import drive
from ecglib.denoising.settings import settings

SEED = [1, 0]
CLEAN_DB = np.inf


@pytest.fixture(scope="module")
def clean():
    return record()


@pytest.fixture(scope="module")
def recorded():
    return noise()


def parts(clean, recorded, snr_db, seat):
    """What is of the heart, and what of the noise; where nothing is clipped."""
    hearts = drive(clean, recorded, CLEAN_DB, seat, SEED).channels.astype(float)
    return hearts, drive(clean, recorded, snr_db, seat, SEED).channels - hearts


@pytest.mark.parametrize("snr_db", [24.0, 0.0, -6.0])
@pytest.mark.parametrize("bursts", [0.0, 4.0])
def test_the_snr_in_the_band_is_what_it_says(clean, recorded, snr_db, bursts):
    seat = plain(angles_deg=[-30.0, 0.0, 30.0], turned_deg=30.0, bursts_a_minute=bursts)
    hearts, noises = parts(clean, recorded, snr_db, seat)
    measured = 10 * np.log10(np.mean(hearts**2) / np.mean(noises**2))
    assert measured == pytest.approx(snr_db, abs=0.1)


def test_the_drive_says_whose_it_is(clean, recorded):
    found = drive(clean, recorded, 0.0, settings().seat, SEED)
    assert found.name == "100" and found.snr_db == 0
    assert found.channels.shape == (3, 12_000) and found.channels.dtype == np.float32
    np.testing.assert_array_equal(found.reference, clean.leads[0])
    np.testing.assert_array_equal(found.sample, clean.sample)
    np.testing.assert_array_equal(found.label, clean.label)


def test_nothing_is_late_and_angles_are_those_between_the_leads(clean, recorded):
    seat = plain(angles_deg=[0.0, 90.0, 45.0])
    found = drive(clean, recorded, CLEAN_DB, seat, SEED).channels
    leads = clean.leads.astype(float)
    expected = [leads[0], leads[1], leads.sum(0) / np.sqrt(2)]
    for channel, lead in zip(found, map(banded, expected), strict=True):
        errors = [np.mean((np.roll(channel, late) - lead) ** 2) for late in (-1, 0, 1)]
        assert errors[1] < 1e-3 < 0.01 < min(errors[0], errors[2])


def test_the_same_seed_gives_the_same_noise_at_every_snr(clean, recorded):
    seat = settings().seat.model_copy(update={"clipping": 1e9})
    quiet, loud = (parts(clean, recorded, snr_db, seat)[1] for snr_db in (6.0, -6.0))
    np.testing.assert_allclose(loud, quiet * 10 ** (12 / 20), atol=2e-4 * loud.std())
    again = drive(clean, recorded, 6.0, seat, SEED).channels
    np.testing.assert_array_equal(again, drive(clean, recorded, 6.0, seat, SEED).channels)
    other = drive(clean, recorded, 6.0, seat, [1, 1]).channels
    assert np.abs(np.corrcoef(again, other)[:3, 3:]).max() < 0.99


def test_channels_share_the_noise_that_they_should(clean, recorded):
    for shared in (0.0, 0.5, 1.0):
        seat = plain(shared=shared, uneven_db=0.0)
        _, noises = parts(clean, recorded, -6.0, seat)
        between = np.corrcoef(noises)[np.triu_indices(3, 1)]
        np.testing.assert_allclose(between, shared, atol=0.1)


def test_a_channel_may_be_upside_down_and_of_another_gain(clean, recorded):
    upright, turned = (
        drive(clean, recorded, CLEAN_DB, plain(inverted=share), SEED).channels for share in (0, 1)
    )
    np.testing.assert_array_equal(turned, -upright)
    gains = drive(clean, recorded, CLEAN_DB, plain(gain_db=12.0), SEED).channels.std(1)
    assert gains.max() / gains.min() > 1.1
    assert 10 ** (-12 / 20) <= gains.min() / upright.std() and gains.max() < 4 * upright.std()


def test_an_electrode_loses_its_contact_and_comes_back(clean, recorded):
    seat = plain(losses_a_minute=6.0, loss_s=[2.0, 2.5], lost=1.0)
    found = drive(clean, recorded, CLEAN_DB, seat, SEED).channels
    beats = np.abs(found[:, clean.sample])
    lost = beats < 0.2 * np.median(beats, axis=1, keepdims=True)
    assert lost.any(1).all() and not lost.all(1).any()
    assert not (lost == lost[0]).all()  # not all at once
    assert lost.mean() < 0.5


def test_noise_comes_in_bursts(clean, recorded):
    def peak(bursts):
        seat = plain(bursts_a_minute=bursts, burst_gain=5.0, burst_s=[2.0, 2.5])
        _, noises = parts(clean, recorded, 0.0, seat)
        power = (noises[:, : 11 * 1080] ** 2).reshape(3, -1, FS_HZ).mean(2)
        return (power.max(1) / np.median(power, axis=1)).max()

    assert peak(2.0) > 2.5 * peak(0.0)


def test_a_converter_clips(clean, recorded):
    free = drive(clean, recorded, -6.0, plain(), SEED).channels
    clipped = drive(clean, recorded, -6.0, plain(clipping=1.0), SEED).channels
    assert np.abs(clipped).max() < 0.5 * np.abs(free).max()


def test_a_record_may_be_longer_than_the_noise(clean, recorded):
    found = drive(clean, recorded[..., :5000], 0.0, plain(), SEED)
    assert found.channels.shape == (3, 12_000) and np.isfinite(found.channels).all()


def test_no_noise_but_what_is_given_is_used(clean):
    """Of kinds of which two are silent, the third is heard alone."""
    time_s = np.arange(30_000) / FS_HZ
    tones = np.stack([np.sin(2 * np.pi * hz * time_s) for hz in (3, 9, 21)])
    given = np.repeat(tones[:, None], 2, axis=1)
    _, noises = parts(clean, given, 0.0, plain(kinds=[0.0, 1.0, 0.0]))
    power = np.abs(np.fft.rfft(noises)) ** 2
    at = np.fft.rfftfreq(12_000, 1 / FS_HZ)
    assert (power[:, np.abs(at - 9) < 0.3].sum(1) > 0.97 * power.sum(1)).all()
