"""Windows to train on: inputs lie on their reference, peaks upwards, the same for the same seed."""

import numpy as np
import pytest
from invented import as_they_are, noise, plain, record

from ecglib.denoising.leads import WINDOW
from ecglib.denoising.settings import settings
from ecglib.denoising.sittings import MOST_BEATS, WINDOWS, drawn, invented
from ecglib.denoising.windows import polarity

ALL = (0, 1, 2)
QUIET = [200.0, 200.0]


@pytest.fixture(scope="module")
def recorded():
    return noise()


@pytest.fixture(scope="module")
def records():
    return [record("101", seed=1), record("106", seed=2, rare=[3, 30, 50])]


def draw(records, recorded, seat=None, how=None, count=16, channels=ALL, seed=(0, 0)):
    chosen = settings()
    of = (seat or chosen.seat, how or chosen.sittings)
    return drawn(records, recorded, count, *of, channels, seed)


def lagged(windows, late):
    """Mean correlation of inputs, so much later, with their reference."""
    inner = slice(10, WINDOW - 10)
    inputs = np.roll(windows.inputs, late, 2)[..., inner]
    reference = windows.reference[..., inner]
    both = (inputs - inputs.mean(2, keepdims=True)) * (reference - reference.mean(2, keepdims=True))
    return (both.mean(2) / (inputs.std(2) * reference.std(2))).mean()


@pytest.mark.parametrize("who", [0.0, 1.0])
def test_inputs_lie_on_their_reference_to_the_sample(records, recorded, who):
    """Without noise, at one angle; of patients and of invented ones."""
    how = as_they_are(snr_db=QUIET, invented=who, faster=[0.8, 1.25])
    found = draw(records, recorded, plain(inverted=0.5, gain_db=12.0), how)
    assert lagged(found, 0) > 0.99
    assert lagged(found, 0) > max(lagged(found, -1), lagged(found, 1)) + 0.01


@pytest.mark.parametrize("faster", [0.8, 1.0, 1.25])
def test_beats_lie_on_the_peaks_of_the_reference(records, recorded, faster):
    how = as_they_are(
        **{"snr_db": QUIET, "invented": 1.0, "faster": [faster, faster]},
        **{"axis_deg": 0.0, "reshaped": 0.0},
    )
    found = draw(records, recorded, plain(), how)
    counted = 0
    for lead, beats in zip(found.reference[:, 0], found.beats, strict=True):
        for at in beats[(beats > 12) & (beats < WINDOW - 12)]:
            peak = at - 12 + lead[at - 12 : at + 13].argmax()
            assert abs(peak - at) <= 1
            counted += 1
    assert counted > 16 * 4
    assert (np.diff(found.beats) != 0).sum() and found.beats.max() < WINDOW


def test_shapes_scales_and_kinds_of_numbers(records, recorded):
    found = draw(records, recorded, count=13)
    assert found.inputs.shape == (16, 3, WINDOW) and found.inputs.dtype == np.float32
    assert found.reference.shape == (16, 1, WINDOW) and found.reference.dtype == np.float32
    assert found.beats.shape == (16, MOST_BEATS) and found.beats.dtype == np.int64
    np.testing.assert_allclose(found.inputs.std(2), 1, atol=1e-3)
    assert np.isfinite(found.reference).all()
    some = found.beats >= 0
    assert some.any(1).all() and not some.all(1).any()
    assert (np.diff(some.astype(int)) <= 0).all()  # -1 stands behind the last one


def test_the_same_seed_gives_the_same_sittings_whatever_the_channels(records, recorded):
    whole, again = draw(records, recorded), draw(records, recorded)
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one, other)
    alone = draw(records, recorded, channels=(1,))
    np.testing.assert_array_equal(alone.inputs, whole.inputs[:, 1:2])
    np.testing.assert_array_equal(alone.reference, whole.reference)
    for seed in ((0, 1), (1, 0)):  # another epoch, another network
        assert not np.array_equal(draw(records, recorded, seed=seed).reference, whole.reference)


def test_pieces_around_rare_beats_come_from_records_that_have_some(records, recorded):
    marked = [
        one._replace(leads=one.leads * scale) for one, scale in zip(records, (1, 5), strict=True)
    ]
    for share, least in ((1.0, 1.0), (0.0, 0.0)):
        how = as_they_are(rare=share)
        found = draw(marked, recorded, how=how, count=10 * WINDOWS)
        ill = found.reference.std(2).reshape(-1, WINDOWS).min(1) > 2.5
        assert least <= ill.mean() and (share == 1 or ill.mean() < 1)
    without = [record("101", seed=1)]
    assert len(draw(without, recorded, how=as_they_are(rare=1.0)).inputs) == 16


def test_an_invented_patient_has_the_power_of_a_real_one(records):
    how = as_they_are(axis_deg=40.0, reshaped=0.25)
    leads = records[0].leads[:, 1000:7000]
    found = [invented(leads, 1.2, how, np.random.default_rng(seed)) for seed in range(4)]
    for one in found:
        assert one[0].std() == pytest.approx(leads[0].std(), rel=1e-6)
    assert np.abs(np.corrcoef([one[0] for one in found])[0, 1:]).max() < 0.9999
    turned = as_they_are(axis_deg=180.0, reshaped=1.0)
    for seed in range(20):  # as inputs are: nobody could tell that the lead was upside down
        one = invented(leads, 1.0, turned, np.random.default_rng(seed))
        assert polarity(one[:1]) == 1
    flat = invented(np.zeros((2, 6000)), 1.2, how, np.random.default_rng(0))
    assert not flat.any()


def test_a_dead_channel_is_zeros(records, recorded):
    """All three see a lead that gives nothing, and no noise is there."""
    dead = [one._replace(leads=np.float32([[1], [0]]) * one.leads) for one in records]
    how = as_they_are(snr_db=QUIET)
    found = draw(dead, recorded * 0 + 1e-30, plain(angles_deg=[0.0, 90.0, 0.0]), how)
    assert np.isfinite(found.inputs).all()
    assert np.abs(found.inputs[:, 1]).max() < 1e-3 and found.inputs[:, 0].std() > 0.9
