"""An invented heart in an invented seat, for what is tested without a database."""

import numpy as np
import torch
from torch import nn

from ecglib.denoising.leads import Clean, banded
from ecglib.denoising.networks import UNet
from ecglib.denoising.settings import Denoise
from ecglib.settings import config

FS_HZ = 180
POLARITY = (1, -1, 1)
STEPS = 64  # of the windows of `unet`


def heart(samples=8192, seed=0):
    """(samples,) float32 of standard deviation 1, and where its beats are: 60 to 90 a minute."""
    rr = np.random.default_rng(seed).integers(120, 180, samples // 120)
    sample = 90 + np.concatenate([[0], np.cumsum(rr)])
    sample = sample[sample < samples - 90]
    time = np.arange(samples)[:, None] - sample
    waves = np.exp(-((time / 3) ** 2)) + 0.25 * np.exp(-(((time - 50) / 15) ** 2))
    signal = waves.sum(1) - waves.sum(1).mean()
    return (signal / signal.std()).astype(np.float32), sample


def seat(reference, noise=0.0, gains=(3.0, 0.2, 40.0), polarity=POLARITY, seed=1):
    """(3, samples) float32: the heart in three channels of unknown gain, white noise in each."""
    draw = np.random.default_rng(seed).normal(0, 1, (3, len(reference)))
    level = np.broadcast_to(noise, 3)[:, None]
    signs, gains = np.array(polarity)[:, None], np.array(gains)[:, None]
    return (gains * (signs * reference + level * draw)).astype(np.float32)


def record(name="100", samples=12_000, seed=0, rare=()):
    """A record of that heart in two leads, the second one lower and later; `rare` beats are V."""
    signal, sample = heart(samples, seed)
    label = np.zeros(len(sample), np.uint8)
    label[list(rare)] = 2
    other = 0.4 * np.roll(signal, 3) + 0.3 * signal
    return Clean(name, np.stack([signal, other]).astype(np.float32), sample, label)


def noise(samples=30_000, seed=5):
    """(3, 2, samples) float32 within the band, of standard deviation 1."""
    found = banded(np.random.default_rng(seed).normal(size=(3, 2, samples)))
    return (found / found.std(-1, keepdims=True)).astype(np.float32)


def plain(**changed):
    """A seat that adds noise and does nothing else: no gain, no turn, no spells, no clipping."""
    nothing = {"angles_deg": [0.0, 0.0, 0.0], "turned_deg": 0.0, "inverted": 0.0, "gain_db": 0.0}
    nothing |= {"bursts_a_minute": 0.0, "losses_a_minute": 0.0, "clipping": 1e9}
    return config.section("denoise", Denoise).seat.model_copy(update=nothing | changed)


def as_they_are(**changed):
    """Sittings of patients who exist."""
    own = {"invented": 0.0, "rare": 0.0} | changed
    return config.section("denoise", Denoise).sittings.model_copy(update=own)


def unet(widths=(8, 12, 6), sparsity=0.0, channels=3, seed=0):
    """A U-Net of random weights, some of them pruned, on short windows."""
    torch.manual_seed(seed)
    network = UNet(channels, widths, 5).eval()
    network.input_shape = (channels, STEPS)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                module.weight[torch.rand_like(module.weight) < sparsity] = 0
                module.bias.normal_(0, 0.1)
    return network
