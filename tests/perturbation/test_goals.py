"""The bound, shifts and band of a perturbation."""

import pytest
import torch

from ecglib.perturbation import crafts
from ecglib.perturbation.goals import Goal, moved, require_perturbation, smoothed


@pytest.mark.parametrize("xi", [0.0, -0.1, float("nan"), float("inf")])
def test_a_bound_that_is_none_is_refused(xi):
    with pytest.raises(ValueError, match="bound of a perturbation is finite and above 0"):
        Goal(xi)


@pytest.mark.parametrize("wrong", [{"shift": -1}, {"smooth": -1.0}, {"smooth": float("nan")}])
def test_shifts_and_bands_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="0 or above"):
        Goal(0.1, **wrong)


def test_a_shift_is_late_and_goes_round_the_ends():
    v = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])
    late = moved(v, torch.tensor([0, 1, -1]))
    assert late[:, 0].tolist() == [[1, 2, 3, 4], [4, 1, 2, 3], [2, 3, 4, 1]]


def test_a_smoothed_perturbation_keeps_the_bound():
    v = Goal(0.3, smooth=1.5).formed(torch.randn(1, 3, 40) * 10)
    assert v.shape == (1, 3, 40)
    assert v.abs().max() <= 0.3 + 1e-6


def test_smoothing_takes_away_half_the_power_at_40_hz():
    fs_hz, count = 360, 360
    time = torch.arange(count) / fs_hz
    wave = torch.sin(2 * torch.pi * crafts.CUTOFF_HZ * time)[None, None]
    ratio = smoothed(wave, crafts.gaussian(fs_hz)).square().mean() / wave.square().mean()
    assert float(ratio) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("v", "message"),
    [
        (torch.full((1, 2, 8), 0.11), "beyond its bound"),
        (torch.full((1, 2, 8), float("nan")), "not finite"),
        (torch.zeros(1, 2, 9), r"shape \(1, 2, 8\), not \(1, 2, 9\)"),
        (torch.zeros(2, 2, 8), "shape"),
    ],
)
def test_what_is_no_perturbation_of_these_inputs_is_refused(v, message):
    with pytest.raises(ValueError, match=message):
        require_perturbation(v, torch.zeros(5, 2, 8), 0.1)


def test_shifts_are_drawn_from_both_sides_alike():
    drawn = Goal(0.1, shift=2).shifts(5000, torch.Generator().manual_seed(0))
    assert drawn.unique().tolist() == [-2, -1, 0, 1, 2]
    assert abs(float(drawn.float().mean())) < 0.1


@pytest.mark.parametrize(("arrival", "samples"), [("in time", 0), ("8 ms late", 3)])
def test_an_arrival_in_words_is_so_many_samples(arrival, samples):
    assert crafts.shifts(arrival, 4, 260, 360, 0).tolist() == [samples] * 4
