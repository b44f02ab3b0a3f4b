"""A network over a whole record: no seam, no shift, the same for a channel upside down."""

import numpy as np
import pytest
import torch
from invented import heart, seat
from torch import nn

from ecglib.data.errors import DataError
from ecglib.denoising import whole
from ecglib.denoising.leads import WINDOW, banded
from ecglib.denoising.networks import UNet
from ecglib.denoising.whole import answers, denoised, joined, passed
from ecglib.denoising.windows import starts

SAMPLES = 9 * WINDOW + 128 * 3  # the last window ends where the record ends, at no whole hop


class Gives(nn.Module):
    """The first channel, or what a function makes of the inputs."""

    def __init__(self, function=lambda x: x[:, :1]):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


@pytest.fixture(scope="module")
def periodic():
    """(3, SAMPLES) of one beat in 128 samples: each window has a standard deviation of 1."""
    beat = banded(np.tile(np.exp(-(((np.arange(128) - 60) / 4) ** 2)), SAMPLES // 128 + 80))
    beat = beat[40 * 128 :][:SAMPLES]
    return np.stack([beat / beat[:WINDOW].std()] * 3).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return UNet(3, (2, 3), 3)


def test_an_identity_gives_the_record_back(periodic):
    found = denoised(Gives(), periodic)
    assert found.shape == (SAMPLES,) and found.dtype == np.float32
    np.testing.assert_allclose(found, periodic[0], atol=2e-3)


def test_windows_joined_are_what_they_were_cut_from():
    signal = np.random.default_rng(0).normal(size=SAMPLES)
    for samples in (WINDOW, WINDOW + 1, 2 * WINDOW - 1, SAMPLES):
        at = starts(samples)
        pieces = np.stack([signal[start : start + WINDOW] for start in at])
        np.testing.assert_allclose(joined(pieces, at), signal[:samples], atol=1e-6)


def test_a_constant_stays_one(periodic):
    found = denoised(Gives(lambda x: torch.full_like(x[:, :1], 3.5)), periodic)
    np.testing.assert_allclose(found, 3.5, rtol=1e-6)


def test_windows_that_disagree_are_faded_and_make_no_step():
    at = starts(SAMPLES)
    outputs = np.where(np.arange(len(at)) % 2, 1.0, -1.0)[:, None] * np.ones(WINDOW)
    found = joined(outputs, at)
    assert np.abs(np.diff(found)).max() < 0.02 and np.ptp(found) > 1.9


def test_what_is_two_samples_late_shows(periodic):
    late = denoised(Gives(lambda x: torch.roll(x[:, :1], 2, 2)), periodic)
    assert np.mean((late - periodic[0]) ** 2) > 0.1
    assert np.mean((np.roll(periodic[0], 2) - late)[10:-10] ** 2) < 1e-3


def test_a_channel_upside_down_or_of_another_gain_changes_nothing(network):
    channels = seat(heart(SAMPLES)[0], noise=0.5)
    expected = denoised(network, channels)
    for by in ([-1, 1, 1], [1, -1, 100]):
        found = denoised(network, np.array(by)[:, None] * channels)
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("dead", [[0], [1, 2], [0, 1, 2]])
@pytest.mark.parametrize("value", [0.0, 7.0])
@pytest.mark.parametrize("passing", [None, [0.05, 0.2]])
def test_channels_that_are_dead_or_stuck_give_no_nan(network, dead, value, passing):
    channels = seat(heart(3 * WINDOW)[0], noise=0.5)
    channels[dead] = value
    found = denoised(network, channels, passing)
    assert np.isfinite(found).all() and np.abs(found).max() < 100


def test_bad_records_are_refused(network):
    with pytest.raises(DataError, match="1000 samples are shorter than one window of 1024"):
        denoised(network, np.zeros((3, 1000), np.float32))
    channels = seat(heart(2 * WINDOW)[0])
    channels[1, 99] = np.nan
    with pytest.raises(DataError, match="channel 1 has 1 samples .* first at 99"):
        denoised(network, channels)


def test_many_windows_are_answered_as_few_are(network, monkeypatch):
    inputs = np.random.default_rng(0).normal(size=(7, 3, WINDOW)).astype(np.float32)
    at_once = answers(network.train(), inputs)
    assert not network.training and at_once.shape == (7, WINDOW)
    monkeypatch.setattr(whole, "AT_ONCE", 2)
    np.testing.assert_allclose(answers(network, inputs), at_once, atol=1e-6)


def test_what_is_hardly_changed_passes():
    draw = np.random.default_rng(0)
    heart_of = draw.normal(size=(2, WINDOW))
    inputs = np.repeat(heart_of[:, None], 3, axis=1)
    outputs = 2.0 * heart_of
    outputs[0] += 0.1 * draw.normal(size=WINDOW)  # little is changed, but for the scale
    outputs[1] = draw.normal(size=WINDOW)  # all is
    found = passed(inputs, outputs, 0.05, 0.2)
    assert np.corrcoef(found[0], heart_of[0])[0, 1] == pytest.approx(1, abs=1e-9)
    assert found[0].std() == pytest.approx(outputs[0].std(), rel=0.02)
    np.testing.assert_array_equal(found[1], outputs[1])


def test_between_the_limits_is_no_step():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, WINDOW))
    shares = np.linspace(0, 1, 200)[:, None]
    outputs = one + shares * other
    inputs = np.repeat(np.repeat(one[None, None], 3, 1), 200, 0)
    found = passed(inputs, outputs, 0.05, 0.2)
    assert np.abs(np.diff(found, axis=0)).mean(1).max() < 0.05
    np.testing.assert_array_equal(found[-1], outputs[-1])
