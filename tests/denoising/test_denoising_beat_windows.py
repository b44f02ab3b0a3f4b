"""Beats from the output for a classifier's loss: the same as in numpy, with gradients."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from ecglib.denoising import beat_windows as module
from ecglib.denoising import classifiers
from ecglib.denoising.beat_windows import beat_windows, whole
from ecglib.denoising.classifiers import Classifier, Signal
from ecglib.denoising.leads import banded
from ecglib.settings.config import settings

SAMPLE = np.array([60, 200, 390, 555, 700, 880])


@pytest.fixture
def signals():
    """(2, 1024) within the band, of standard deviation 1."""
    noise = banded(np.random.default_rng(0).normal(size=(2, 1024)))
    return noise / noise.std()


def positions(of):
    return torch.tensor([(row, at) for row in range(2) for at in of])


def test_they_are_what_the_classifiers_read(signals):
    label = np.zeros(len(SAMPLE), np.uint8)
    of = [Signal(str(i), one, SAMPLE, label) for i, one in enumerate(signals)]
    expected = classifiers.inputs_of(module.MODEL, classifiers.beats_of(module.MODEL, of))
    output = torch.from_numpy(signals[:, None]).float()
    found = beat_windows(output, positions(SAMPLE))
    assert found.shape == (2 * len(SAMPLE), 1, 260)
    # Integers of 1/1000 of a deviation there, and none here
    np.testing.assert_allclose(found[:, 0], expected, atol=5e-3)
    late = beat_windows(output, positions(SAMPLE + 1))
    assert (np.abs(late[:, 0].numpy() - expected).max(1) > 0.2).all()


def test_gradients_are_those_of_the_function(signals):
    output = torch.from_numpy(signals[:1, None, :200]).requires_grad_()
    at = torch.tensor([(0, 60), (0, 90)])
    assert torch.autograd.gradcheck(lambda x: beat_windows(x, at)[..., ::29], output)


def test_a_flat_output_has_beats_and_gradients_without_nan():
    output = torch.zeros(2, 1, 1024, requires_grad=True)
    beats = beat_windows(output, positions(SAMPLE))
    beats.square().sum().backward()
    assert (beats == 0).all() and output.grad.isfinite().all()


def test_a_beat_must_be_whole_within_the_output():
    at = torch.tensor([0, 49, 50, 943, 944, 1023])
    assert whole(at, 1024).tolist() == [False, False, True, True, False, False]
    output = torch.randn(1, 1, 1024)
    assert beat_windows(output, torch.tensor([(0, 50), (0, 943)])).isfinite().all()
    for outside in (49, 944):
        with pytest.raises(ValueError, match="a beat is not whole within the output"):
            beat_windows(output, torch.tensor([(0, 50), (0, outside)]))


def test_the_loss_of_a_frozen_classifier_falls(signals):
    network = classifiers.network(Classifier(module.MODEL, "intra", 0))
    output = torch.from_numpy(signals[:, None]).float().requires_grad_()
    wanted = torch.tensor([1, 2] * len(SAMPLE))
    optimiser = torch.optim.Adam([output], 0.05)
    losses = []
    for _ in range(25):
        loss = functional.cross_entropy(network(beat_windows(output, positions(SAMPLE))), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.parametrize("changed", [{"fs_hz": 125}, {"normalise": "patient"}])
def test_settings_by_which_it_would_not_be_the_same(use_settings, changed):
    data, window = settings().data, settings().data.windows[module.MODEL]
    windows = data.windows | {module.MODEL: window.model_copy(update=changed)}
    use_settings(
        settings().model_copy(update={"data": data.model_copy(update={"windows": windows})})
    )
    with pytest.raises(ValueError, match="its loss needs a multiple of 180 Hz, normalised by beat"):
        whole(torch.tensor([100]), 1024)
