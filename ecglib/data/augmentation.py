"""Training beats made harder: other amplitude, baseline wander, recorded noise, shifted R peaks.

Pure functions of a batch of windows (B, 1, length) and a generator; each beat draws its own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """How strong each change is; zero leaves it out. Amplitudes are in units of the windows.

    gain: standard deviation of the logarithm of a factor. shift: most samples the window moves
    either way. wander: highest amplitude of a sine of 0.1 to 0.7 Hz. noise: highest standard
    deviation of recorded noise (squared uniform draws, so that most beats get little). fs_hz: the
    windows' rate.
    """

    fs_hz: int
    gain: float = 0.0
    shift: int = 0
    wander: float = 0.0
    noise: float = 0.0


def augmented(
    windows: Tensor, settings: Augmentation, recorded: Tensor | None, generator: torch.Generator
) -> Tensor:
    """The batch with every change the settings name; `recorded` is needed if noise is one."""
    if settings.shift:
        windows = shifted(windows, settings.shift, generator)
    if settings.gain:
        windows = scaled(windows, settings.gain, generator)
    if settings.wander:
        windows = with_wander(windows, settings.wander, settings.fs_hz, generator)
    if settings.noise:
        windows = with_noise(windows, settings.noise, recorded, generator)
    return windows


def shifted(windows: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each window moved by -most..most samples; the end that becomes free repeats its sample."""
    batch, _, length = windows.shape
    by = torch.randint(-most, most + 1, (batch, 1, 1), generator=generator)
    return windows.gather(2, (torch.arange(length) + by).clamp(0, length - 1))


def scaled(windows: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Each window times exp(deviation x a standard normal draw)."""
    return windows * torch.exp(deviation * torch.randn(len(windows), 1, 1, generator=generator))


def with_wander(windows: Tensor, highest: float, fs_hz: int, generator: torch.Generator) -> Tensor:
    """Each window plus a sine of 0.1 to 0.7 Hz, any phase, amplitude uniform to `highest`."""
    rate_hz, phase, amplitude = torch.rand(3, len(windows), 1, 1, generator=generator)
    seconds = torch.arange(windows.shape[2]) / fs_hz
    wave = torch.sin(2 * torch.pi * ((0.1 + 0.6 * rate_hz) * seconds + phase))
    return windows + highest * amplitude * wave


def with_noise(
    windows: Tensor, highest: float, recorded: Tensor, generator: torch.Generator
) -> Tensor:
    """Each window plus a zero-mean stretch of `recorded` (channels, samples), z-scored noise."""
    (batch, _, length), (channels, samples) = windows.shape, recorded.shape
    channel = torch.randint(channels, (batch, 1), generator=generator)
    start = torch.randint(samples - length + 1, (batch, 1), generator=generator)
    stretch = recorded[channel, start + torch.arange(length)]
    strength = highest * torch.rand(batch, 1, generator=generator) ** 2
    return windows + (strength * (stretch - stretch.mean(1, keepdim=True))).unsqueeze(1)
