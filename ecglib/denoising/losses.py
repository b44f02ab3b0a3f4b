"""What a network is trained to make small, by name: error in time, and on the spectrum's magnitude."""

from collections.abc import Callable

import torch
from torch import Tensor

from ecglib.settings.registry import Registry

LOSSES = Registry("loss")
Loss = Callable[[Tensor, Tensor], Tensor]  # of outputs and references (B, 1, time): a number


@LOSSES.register("L1", name="l1")
def absolute(output: Tensor, reference: Tensor) -> Tensor:
    """Mean absolute error."""
    return (output - reference).abs().mean()


@LOSSES.register("MSE", name="mse")
def squared(output: Tensor, reference: Tensor) -> Tensor:
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
    def loss(output: Tensor, reference: Tensor) -> Tensor:
        return absolute(output, reference) + share * spectral(output, reference)

    return loss


# Ravichandran et al., arXiv:1903.12536: L1 in time and on the magnitude of the spectrum.
for _share in (0.1, 1.0, 10.0):
    LOSSES.register(f"L1 + {_share:g} spectrum", name=f"l1_spectrum_{_share:g}")(
        _with_spectrum(_share)
    )
