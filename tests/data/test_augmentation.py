"""Each change does what its name says, to each beat by itself, by the generator alone."""

import pytest
import torch

from ecglib.data.augmentation import (
    Augmentation,
    augmented,
    scaled,
    shifted,
    with_noise,
    with_wander,
)

WINDOWS = torch.randn(200, 1, 60, generator=torch.Generator().manual_seed(9))
RECORDED = torch.randn(6, 500, generator=torch.Generator().manual_seed(8))
CHANGES = [
    lambda x, g: shifted(x, 3, g),
    lambda x, g: scaled(x, 0.2, g),
    lambda x, g: with_wander(x, 0.3, 120, g),
    lambda x, g: with_noise(x, 0.5, RECORDED, g),
]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("change", CHANGES)
def test_shape_stays_and_the_generator_alone_decides(change):
    original = WINDOWS.clone()
    torch.manual_seed(1)
    first = change(WINDOWS, generator())
    torch.manual_seed(2)
    assert torch.equal(change(WINDOWS, generator()), first)
    assert not torch.equal(change(WINDOWS, generator(1)), first)
    assert (first.shape, first.dtype) == (WINDOWS.shape, WINDOWS.dtype)
    assert torch.equal(WINDOWS, original)  # a batch may be drawn again


def test_a_shift_moves_the_peak_by_every_number_of_samples_up_to_the_most():
    impulses = torch.zeros(200, 1, 60)
    impulses[:, :, 30] = 1
    peaks = shifted(impulses, 2, generator()).argmax(2).flatten().tolist()
    assert set(peaks) == {28, 29, 30, 31, 32}


def test_a_shift_repeats_the_end():
    ramp = torch.arange(10.0).repeat(50, 1, 1)
    values = shifted(ramp, 1, generator())
    assert set(values[:, 0, 0].tolist()) == {0, 1}
    assert set(values[:, 0, -1].tolist()) == {8, 9}


def test_gain_is_one_factor_a_beat():
    factors = scaled(WINDOWS, 0.2, generator()) / WINDOWS
    torch.testing.assert_close(factors, factors[:, :, :1].expand_as(factors))
    assert 0.15 < factors[:, 0, 0].log().std() < 0.25


def test_wander_is_slow_and_no_higher_than_said():
    wander = with_wander(WINDOWS, 0.3, 120, generator()) - WINDOWS
    assert 0.2 < wander.abs().max() <= 0.3
    assert wander.diff(dim=2).abs().max() < 0.3 * 2 * torch.pi * 0.7 / 120 + 1e-5


def test_noise_is_a_stretch_of_the_recording_without_its_mean():
    added = (with_noise(WINDOWS, 0.5, RECORDED, generator()) - WINDOWS).squeeze(1)
    torch.testing.assert_close(added.mean(1), torch.zeros(200), atol=1e-5, rtol=0)
    assert added.std(1).max() < 0.7
    stretches = RECORDED.unfold(1, 60, 1).reshape(-1, 60)
    likeness = torch.corrcoef(torch.cat([added[:1], stretches]))[0, 1:]
    assert likeness.max() > 0.999


def test_settings_of_zero_change_nothing_and_need_no_recording():
    assert torch.equal(augmented(WINDOWS, Augmentation(120), None, generator()), WINDOWS)


def test_all_changes_together():
    settings = Augmentation(120, gain=0.2, shift=2, wander=0.3, noise=0.5)
    changed = augmented(WINDOWS, settings, RECORDED, generator())
    assert changed.shape == WINDOWS.shape
    assert (changed != WINDOWS).all()
