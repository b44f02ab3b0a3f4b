"""A band-pass that a gradient goes through, and the alignment of people."""

import numpy as np
import pytest
import torch
from scipy.signal import butter, sosfiltfilt

from ecglib.data.errors import DataError
from ecglib.perturbation.bands import ORDER, Band, alignment

TIME_S = torch.arange(512) / 128


def sine(fs_hz):
    return torch.sin(2 * torch.pi * fs_hz * TIME_S)


def test_it_is_the_filter_of_scipy_forwards_and_backwards():
    x = torch.randn(3, 8, 512, dtype=torch.float64)
    sections = butter(ORDER, (4, 38), "bandpass", fs=128, output="sos")
    wanted = sosfiltfilt(sections, x.numpy(), padtype="even", padlen=511)
    assert np.abs(Band(4, 38, 512, 128)(x.float()).numpy() - wanted).max() < 1e-5


@pytest.mark.parametrize("low_hz", [0.5, 4])
def test_nothing_comes_out_larger_than_it_went_in(low_hz):
    gains = torch.linalg.svdvals(Band(low_hz, 38, 512, 128).matrix)
    assert 0.98 < gains.max() < 1.05


@pytest.mark.parametrize(("low_hz", "inside"), [(0.5, (2, 10, 30)), (4, (8, 10, 30))])
def test_it_passes_its_band_without_delay_and_stops_the_rest(low_hz, inside):
    band, middle = Band(low_hz, 38, 512, 128), slice(128, 384)
    for fs_hz in inside:
        assert (band(sine(fs_hz)) - sine(fs_hz))[middle].abs().max() < 0.05
    for fs_hz in (low_hz / 4, 55):
        assert band(sine(fs_hz))[middle].abs().max() < 0.1


def test_a_gradient_goes_through_it():
    band, v = Band(0.5, 38, 512, 128), torch.zeros(1, 8, 512, requires_grad=True)
    band(torch.randn(4, 8, 512) + v).square().sum().backward()
    assert v.grad.isfinite().all() and v.grad.abs().max() > 0


@pytest.mark.parametrize("limits", [(0, 38), (38, 4), (4, 64), (float("nan"), 38)])
def test_limits_of_no_band(limits):
    with pytest.raises(ValueError, match="no band at 128 Hz"):
        Band(*limits, 512, 128)


def test_aligned_people_have_the_same_covariance():
    mixing = torch.linalg.qr(torch.randn(2, 8, 8)).Q * torch.linspace(1, 4, 8)  # well conditioned
    group = np.array(["b", "a", "b", "a", "b"])
    of = torch.tensor([1, 0, 1, 0, 1])
    x = 20 * mixing[of] @ torch.randn(5, 8, 512)
    aligned = alignment(x, group) @ x
    for name in (0, 1):
        parts = aligned[of == name]
        covariance = (parts @ parts.mT).mean(0) / 512
        torch.testing.assert_close(covariance, torch.eye(8), rtol=0, atol=1e-4)
    assert (aligned[:3] - x[:3]).abs().max() > 1  # else nothing was to be done


def test_the_alignment_of_one_person_knows_nothing_of_another():
    x, group = torch.randn(6, 8, 512), np.repeat(["a", "b"], 3)
    both, one = alignment(x, group), alignment(x[:3], group[:3])
    torch.testing.assert_close(both[:3], one)
    torch.testing.assert_close(both, both.mT)


@pytest.mark.parametrize("flat", [True, False])
def test_a_person_with_a_flat_or_repeated_channel_is_named(flat):
    x, group = torch.randn(4, 8, 512), np.repeat(["S001", "S002"], 2)
    x[2:, 3] = 0 if flat else x[2:, 4]
    with pytest.raises(DataError, match="channels of S002 are flat or repeat others"):
        alignment(x, group)
