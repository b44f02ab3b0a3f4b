"""What an engineer would do first to three noisy channels, with nothing trained.

Each rival is a function (channels (3, samples) float32, fs_hz, polarity=(1, -1, 1)) -> (samples,)
float32. `polarity`: the sign of the heart's peaks in each channel, (channels,), as of the wiring or
of `windows.polarity`. A dead channel, all zeros, is left out; of dead channels alone comes silence.
DataError as `channels.checked`. The scale of what comes out means nothing: see `oracle_scale`.
"""

from collections.abc import Sequence

import neurokit2
import numpy as np
import pywt
from scipy.ndimage import uniform_filter1d
from scipy.stats import kurtosis

from ecglib.denoising.channels import qrs, scaled
from ecglib.settings.registry import Registry

RIVALS: Registry = Registry("rival")

STRETCH_S = 5  # of one choice of the best channel: a few beats of any rhythm
BLEND_S = 0.2  # from one channel to the next
SILENT = 0.1  # the share of a stretch without a signal from which on a channel is not chosen
WAVELET = "sym4"  # near a QRS complex in shape
LEVELS = 3  # at 180 Hz down to 11 Hz: of DS1, a level more loses more of the heart than of noise


def _upright(channels: np.ndarray, polarity: Sequence[int]) -> np.ndarray:
    """(live channels, samples), scaled, the lead upright in each; one row if all are dead."""
    upright = scaled(channels) * np.asarray(polarity)[:, None]
    live = upright.any(1)
    return upright[live] if live.any() else upright[:1]


@RIVALS.register("mean of the channels")
def mean(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """The mean of the channels, each at the scale of its window."""
    return _upright(channels, polarity).mean(0).astype(np.float32)


@RIVALS.register("best channel")
def best_channel(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """In every stretch of STRETCH_S the channel with the highest kurtosis in the QRS band.

    kSQI of Li, Mark and Clifford, Physiol. Meas. 29(1):15-32, 2008: beats are sparse and give a
    high kurtosis, noise is not. Choices are blended over BLEND_S, so that none begins with a step.
    """
    upright = _upright(channels, polarity)
    size = int(STRETCH_S * fs_hz)
    ends = np.arange(size, upright.shape[1] - size + 1, size)  # the last takes what is left over
    stretches = np.split(np.stack([upright, qrs(upright, fs_hz)]), ends, axis=2)
    best = [_quality(*stretch).argmax() for stretch in stretches]
    lengths = [stretch.shape[2] for stretch in stretches]
    chosen = np.repeat(np.eye(len(upright))[:, best], lengths, axis=1)
    weights = uniform_filter1d(chosen, int(BLEND_S * fs_hz), axis=1)
    return (weights * upright).sum(0).astype(np.float32)


def _quality(channels: np.ndarray, in_band: np.ndarray) -> np.ndarray:
    """(channels,) kurtosis of a stretch; a channel that is silent in part would have a high one."""
    silent = (channels == 0).mean(1) > SILENT
    return np.where(silent, -np.inf, np.nan_to_num(kurtosis(in_band, axis=1)))


@RIVALS.register("band-pass of the mean")
def band_pass(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """The mean within the band of the QRS complex; P and T waves go with the noise."""
    return qrs(mean(channels, fs_hz, polarity=polarity), fs_hz).astype(np.float32)


@RIVALS.register("wavelets, of the mean")
def wavelet(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """The mean, its wavelet coefficients shrunk level by level, softly.

    Donoho's noise estimate, the median absolute deviation, for each level by itself, because this
    noise is not white; BayesShrink's threshold (Chang, Yu and Vetterli, IEEE Trans. Image Process.
    9(9):1532-1546, 2000).
    """
    noisy = mean(channels, fs_hz, polarity=polarity)
    coarse, *details = pywt.wavedec(noisy, WAVELET, level=LEVELS)
    found = pywt.waverec([coarse, *map(_shrunk, details)], WAVELET)
    return found[: len(noisy)].astype(np.float32)


def _shrunk(detail: np.ndarray) -> np.ndarray:
    """A level's coefficients nearer to zero; all gone where noise explains all of them."""
    noise = np.median(np.abs(detail)) / 0.6745  # of a normal distribution
    power = np.mean(detail**2) - noise**2
    if power <= 0:
        return np.zeros_like(detail)
    if noise == 0:  # of a record that is mostly silent; pywt would divide zero by zero
        return detail
    return pywt.threshold(detail, noise**2 / np.sqrt(power), "soft")


@RIVALS.register("neurokit2, of the mean")
def neurokit(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """The mean, cleaned as neurokit2 does it by default: a high-pass of 0.5 Hz, and 50 Hz out."""
    noisy = mean(channels, fs_hz, polarity=polarity)
    return np.asarray(neurokit2.ecg_clean(noisy, sampling_rate=fs_hz), np.float32)


@RIVALS.register("first principal component")
def principal(channels: np.ndarray, fs_hz: float, *, polarity: Sequence[int]) -> np.ndarray:
    """The direction of most power over the record, its sign that of the polarity's sum."""
    upright = _upright(channels, polarity)
    direction = np.linalg.eigh(upright @ upright.T)[1][:, -1]
    sign = -1 if direction.sum() < 0 else 1
    return (sign * direction @ upright).astype(np.float32)


def oracle_scale(found: np.ndarray, reference: np.ndarray) -> float:
    """The factor of `found` (samples,) with the least squared error; 0 for silence.

    It is told by the reference, which no device has: generous to the rivals, of which it even turns
    one that is upside down. A network has to find scale and sign by itself.
    """
    found, reference = np.asarray(found, float), np.asarray(reference, float)
    power = found @ found
    return float(found @ reference / power) if power > 0 else 0.0
