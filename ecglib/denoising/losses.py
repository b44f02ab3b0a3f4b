"""What a network is trained to make small, by name: errors in time, of the spectrum, of answers.

A loss is a function of outputs and references (B, 1, time) and of `Windows.beats`: a number.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ecglib.denoising.beat_windows import MODEL, beat_windows, whole
from ecglib.denoising.classifiers import Classifier, network
from ecglib.denoising.settings import settings
from ecglib.settings.registry import Registry

LOSSES = Registry("loss")
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
WITH_ANSWERS = "l1_answers"  # the loss that reads `denoise.answers`
READER = Classifier(MODEL, "inter", 0)  # of DS1; it judges nothing


@LOSSES.register("L1", name="l1")
def absolute(output: Tensor, reference: Tensor, beats: Tensor) -> Tensor:
    """Mean absolute error."""
    return (output - reference).abs().mean()


@LOSSES.register("MSE", name="mse")
def squared(output: Tensor, reference: Tensor, beats: Tensor) -> Tensor:
    """Mean squared error."""
    return (output - reference).square().mean()


def spectral(output: Tensor, reference: Tensor) -> Tensor:
    """Mean absolute error of the magnitudes of the orthonormal spectrum.

    Orthonormal, so that it is of the size of the error in time, whatever the window's length: the
    plain transform's is sqrt(samples) times as large, 32 times at 1024.
    """
    return (_magnitude(output) - _magnitude(reference)).abs().mean()


def _magnitude(signal: Tensor) -> Tensor:
    return torch.fft.rfft(signal, norm="ortho").abs()


def _with_spectrum(share: float) -> Loss:
    def loss(output: Tensor, reference: Tensor, beats: Tensor) -> Tensor:
        return absolute(output, reference, beats) + share * spectral(output, reference)

    return loss


# Ravichandran et al., arXiv:1903.12536: L1 in time and on the magnitude of the spectrum.
for _share in (1.0, 10.0):
    LOSSES.register(f"L1 + {_share:g} spectrum", name=f"l1_spectrum_{_share:g}")(
        _with_spectrum(_share)
    )


@LOSSES.register("L1 + answers", name=WITH_ANSWERS)
def with_answers(output: Tensor, reference: Tensor, beats: Tensor) -> Tensor:
    """L1, and what a frozen classifier says of the beats: see `answers`."""
    share = settings().answers
    return absolute(output, reference, beats) + share * answers(output, reference, beats)


def answers(output: Tensor, reference: Tensor, beats: Tensor) -> Tensor:
    """The cross-entropy of READER's answers on the output to those on the reference.

    A denoiser that is only to be near the clean signal makes beats look usual: what is rare costs
    it little. So answers are to stay as they were; no label is used. Each class that occurs in a
    batch, by the answers on the reference, weighs the same.
    """
    rows, columns = (beats >= 0).nonzero(as_tuple=True)
    at = beats[rows, columns]
    positions = torch.stack([rows, at], 1)[whole(at, output.shape[-1])]
    frozen = network(READER)
    with torch.no_grad():
        wanted = frozen(beat_windows(reference, positions)).softmax(1)
    each = functional.cross_entropy(
        frozen(beat_windows(output, positions)), wanted, reduction="none"
    )
    kind = wanted.argmax(1)
    counts = torch.bincount(kind, minlength=wanted.shape[1])
    return (each / (counts[kind] * (counts > 0).sum())).sum()
