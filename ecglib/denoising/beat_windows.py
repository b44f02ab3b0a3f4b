"""Beats of a denoiser's output as a frozen classifier reads them, with gradients: its loss trains.

The resampling, place and z-score of `classifiers.inputs_of`, but in PyTorch and within one window
of the denoiser: what `data.beats.cut` takes from beyond its ends is zero here.
"""

from functools import lru_cache

import torch
from scipy.signal import firwin
from torch import Tensor
from torch.nn import functional

from ecglib.data.beats import ratio
from ecglib.denoising.leads import FS_HZ
from ecglib.settings.config import settings
from ecglib.settings.sections import Window

# Of the study's classifiers the one whose input is a z-score of the beat alone, at a multiple of
# 180 Hz: at another rate, samples would lie elsewhere in a window than in the record.
MODEL = "acharya2017"
# A beat flatter than this, in standard deviations of the clean lead, is taken for a flat one: a
# z-score would make a beat of nothing, and a gradient without bound.
FLAT = 1e-3


def beat_windows(output: Tensor, positions: Tensor) -> Tensor:
    """(B, 1, samples) at 180 Hz -> (n, 1, length): z-scored beats as MODEL takes them.

    positions: (n, 2) int64, of each beat its row in the output and the annotated sample in it.

    Raises:
        ValueError: a beat that is not whole within the output, see `whole`; or settings by which
            MODEL reads beats at no multiple of 180 Hz, or not each by itself.
    """
    up, window = _window()
    if not whole(positions[:, 1], output.shape[-1]).all():
        raise ValueError("a beat is not whole within the output: keep those that `whole` names")
    first = up * positions[:, 1] - window.r_index
    of_beat = first[:, None] + torch.arange(window.length, device=first.device)
    beats = _raised(output, up)[positions[:, :1], 0, of_beat]
    centred = beats - beats.mean(1, keepdim=True)
    # The bound comes before the root, which has no gradient at 0.
    deviation = centred.square().mean(1, keepdim=True).clamp(min=FLAT**2).sqrt()
    return (centred / deviation)[:, None]


def whole(position: Tensor, samples: int) -> Tensor:
    """(n,) bool: whether a beat at this one of so many samples at 180 Hz has its whole window."""
    up, window = _window()
    first = up * position - window.r_index
    return (first >= 0) & (first + window.length <= up * samples)


def _window() -> tuple[int, Window]:
    """How many samples MODEL takes for one at 180 Hz, and its window."""
    window = settings().data.windows[MODEL]
    up, down = ratio(FS_HZ, window.fs_hz)
    if down != 1 or window.normalise != "beat":
        raise ValueError(
            f"the window of {MODEL} is at {window.fs_hz} Hz, normalised by {window.normalise}: its "
            f"loss needs a multiple of {FS_HZ} Hz, normalised by beat"
        )
    return up, window


def _raised(signal: Tensor, up: int) -> Tensor:
    """(B, 1, samples) -> (B, 1, up * samples): `scipy.signal.resample_poly` with gradients."""
    taps = _low_pass(up).to(signal)
    return functional.conv_transpose1d(
        signal, taps[None, None], stride=up, padding=len(taps) // 2, output_padding=up - 1
    )


@lru_cache
def _low_pass(up: int) -> Tensor:
    """(taps,) the filter that `resample_poly` takes by itself."""
    return up * torch.from_numpy(firwin(2 * 10 * up + 1, 1 / up, window=("kaiser", 5.0)))
