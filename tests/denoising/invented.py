"""An invented heart in an invented seat, for what is tested without a database."""

import numpy as np

FS_HZ = 180
POLARITY = (1, -1, 1)


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
