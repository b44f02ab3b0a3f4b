"""Losses: the spectral term is of the size of the error in time; answers weigh classes alike."""

import numpy as np
import pytest
import torch
from torch import nn

from ecglib.denoising import losses
from ecglib.denoising.losses import LOSSES, answers, spectral

NONE = torch.full((2, 24), -1)
POSITIONS = torch.tensor([[200, 500, 800] + [-1] * 21, [300, 600] + [-1] * 22])


def drawn(samples=1024, rows=2, seed=0):
    return torch.randn(rows, 1, samples, generator=torch.Generator().manual_seed(seed))


def absolute(output, reference):
    return of("l1", output, reference)


def of(name, output, reference, beats=NONE):
    return LOSSES[name].function(output, reference, beats)


@pytest.mark.parametrize("samples", [256, 1024, 4096])
def test_the_spectral_term_is_of_the_size_of_the_error_in_time(samples):
    """At any length: an unnormalised transform's grows as its root, 32 times at 1024."""
    wrong, nothing = drawn(samples, rows=20), torch.zeros(20, 1, samples)
    assert 0.5 < spectral(wrong, nothing) / absolute(wrong, nothing) < 2
    doubled = spectral(2 * wrong, nothing) / spectral(wrong, nothing)
    assert doubled == pytest.approx(2, rel=1e-5)


def test_the_spectrum_is_orthonormal():
    signal = drawn()[0, 0]
    power = losses._magnitude(signal) ** 2
    both_sides = 2 * power.sum() - power[0] - power[-1]
    assert both_sides == pytest.approx(float((signal**2).sum()), rel=1e-4)


def test_a_spectrum_does_not_know_where_a_wave_is_but_time_does():
    reference = drawn()
    late = torch.roll(reference, 2, 2)
    assert spectral(late, reference) < 1e-5 < 0.5 < absolute(late, reference)


@pytest.mark.parametrize("share", [1, 10])
def test_shares_of_the_spectrum_are_as_named(share):
    output, reference = drawn(seed=1), drawn()
    found = of(f"l1_spectrum_{share}", output, reference)
    expected = absolute(output, reference) + share * spectral(output, reference)
    assert found == pytest.approx(float(expected))
    plain = np.abs((output - reference).numpy()).mean()
    assert of("l1", output, reference) == pytest.approx(plain)
    assert of("mse", output, reference) == pytest.approx(float(((output - reference) ** 2).mean()))


class Reads(nn.Module):
    """Class 2 where a beat's highest value stands out little, else 0; sure of it by `sure`."""

    def __init__(self, sure=10.0):
        super().__init__()
        self.sure = sure

    def forward(self, x):
        wide = torch.sigmoid(8 * (4 - x.amax((1, 2))))
        nothing = torch.zeros_like(wide)
        return self.sure * torch.stack([1 - wide, nothing, wide, nothing, nothing], 1)


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(losses, "network", lambda of: Reads())


def beats_of(widths):
    """(2, 1, 1024): a peak of such a width at each of POSITIONS."""
    time, found = torch.arange(1024.0), torch.zeros(2, 1, 1024)
    rows, columns = (POSITIONS >= 0).nonzero(as_tuple=True)
    for row, at, width in zip(rows, POSITIONS[rows, columns], widths, strict=True):
        found[row, 0] += torch.exp(-(((time - at) / width) ** 2))
    return found


def test_a_beat_that_looks_like_another_class_costs_more(reader):
    reference = beats_of([3, 3, 3, 20, 3])
    same, usual = reference.clone(), beats_of([3, 3, 3, 3, 3])
    kept, erased = (answers(one, reference, POSITIONS) for one in (same, usual))
    assert kept < 0.2 and erased > kept + 1
    assert of("l1_answers", usual, reference, POSITIONS) == pytest.approx(
        float(absolute(usual, reference) + losses.settings().answers * erased)
    )


def test_a_rare_class_weighs_as_much_as_a_usual_one(reader):
    """Of four usual beats and a rare one, the rare one's answer is half of the loss."""
    reference = beats_of([3, 3, 3, 20, 3])
    rare_lost, usual_lost = beats_of([3, 3, 3, 3, 3]), beats_of([20, 20, 20, 20, 20])
    rare, usual = (answers(one, reference, POSITIONS) for one in (rare_lost, usual_lost))
    assert rare == pytest.approx(float(usual), rel=0.15)


def test_answers_have_gradients_and_the_reader_none(reader):
    reference = beats_of([3, 3, 3, 20, 3])
    output = beats_of([3] * 5).requires_grad_()
    answers(output, reference, POSITIONS).backward()
    assert output.grad.isfinite().all() and output.grad.any()


def test_a_batch_without_a_whole_beat_costs_nothing(reader):
    output = drawn().requires_grad_()
    at_the_edge = NONE.clone()
    at_the_edge[0, 0] = 2
    for beats in (NONE, at_the_edge):
        found = answers(output, drawn(seed=1), beats)
        assert found == 0


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"l1_answers"}))
def test_silence_has_gradients_without_nan(name):
    output = torch.zeros(2, 1, 1024, requires_grad=True)
    of(name, output, drawn()).backward()
    assert output.grad.isfinite().all()
    assert of(name, drawn(), drawn()) == pytest.approx(0, abs=1e-6)
    assert of("mse", output, torch.ones_like(output)) == 1
