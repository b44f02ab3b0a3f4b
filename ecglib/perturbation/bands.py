"""What stands between recorded EEG and a network: a band-pass, and the alignment of people."""

import numpy as np
import torch
from scipy.signal import butter, sosfiltfilt
from torch import Tensor, nn

from ecglib.data.errors import DataError

ORDER = 4
SINGULAR = 1e-6  # of the largest eigenvalue; below it a channel repeats others, or is flat


class Band(nn.Module):
    """A Butterworth band-pass forwards and backwards over each trial, (..., samples) as it came.

    So it has no delay. Before and behind a trial the filter reads its mirror image: then no input
    comes out with more than 1.05 times its root mean square. With scipy's default, an odd extension
    of 27 samples, those that rise at an end come out five times as large, and a perturbation would
    use that. A single value can become up to three times the largest of the input, as with any
    band-pass. Whatever a linear filter does to a trial of fixed length is one matrix: so it is
    quick, and a gradient goes through it.

    Raises:
        ValueError: limits that are not 0 < low < high < half of the rate.
    """

    def __init__(self, low_hz: float, high_hz: float, samples: int, fs_hz: float) -> None:
        super().__init__()
        if not 0 < low_hz < high_hz < fs_hz / 2:
            raise ValueError(f"no band at {fs_hz:g} Hz: {low_hz:g} to {high_hz:g} Hz")
        sections = butter(ORDER, (low_hz, high_hz), "bandpass", fs=fs_hz, output="sos")
        # Row i: what becomes of a one at sample i.
        matrix = sosfiltfilt(sections, np.eye(samples), padtype="even", padlen=samples - 1)
        self.register_buffer("matrix", torch.from_numpy(matrix.astype(np.float32)))

    def forward(self, x: Tensor) -> Tensor:
        """(..., samples) -> (..., samples), in the unit of x."""
        return x @ self.matrix


def alignment(x: Tensor, group: np.ndarray) -> Tensor:
    """(n, channels, channels): for each of the trials x (n, channels, time) its person's matrix.

    Euclidean alignment (He and Wu, IEEE Trans. Biomed. Eng. 67(2):399-410, 2020, arXiv:1808.05464):
    R^(-1/2) with R the mean of X X^T over the trials of the person, no label used. Here R is that
    mean per sample, so that aligned channels have unit power.

    Raises:
        DataError: a person whose channels are not independent, as where one is flat.
    """
    names, of = np.unique(group, return_inverse=True)
    of = torch.from_numpy(of)
    total = torch.zeros(len(names), x.shape[1], x.shape[1]).index_add_(0, of, x @ x.mT)
    mean = total / (of.bincount()[:, None, None] * x.shape[2])
    values, vectors = torch.linalg.eigh(mean.double())
    singular = values[:, 0] <= SINGULAR * values[:, -1]
    if singular.any():
        raise DataError(f"channels of {names[singular.numpy()][0]} are flat or repeat others")
    root = vectors * values.rsqrt()[:, None] @ vectors.mT
    return root[of].to(x.dtype)
