"""Records with noise as in the MIT-BIH Noise Stress Test Database, at any signal-to-noise ratio.

Moody, Muldrow, Mark, Computers in Cardiology 11:381-384, 1984. Added as WFDB's `nst` does: after
five minutes as they are, two minutes with noise and two without, in turn, and no step where noise
begins or ends. Signal and noise are measured as `sigamp` does.
"""

from dataclasses import replace

import numpy as np

from ecglib.data.beats import annotated_beats
from ecglib.data.noise import NOISES, read_noise
from ecglib.data.records import Record

CLEAN_S, TURN_S, AROUND_S = 300, 120, 0.05
MEASURED = 300  # beats, or seconds of noise, of which a twentieth is left out at either end


def with_noise(record: Record, snr_db: float, noise: str = "em") -> Record:
    """The record with the first channel of one of `data.noise.NOISES` added.

    The signal's power is an eighth of the squared height of normal beats, peak to peak within 50 ms
    of the R peak; the noise's is that about the mean of each second. Samples stay whole units, and
    may leave the 11 bits of the record's converter, as the database's do.
    """
    fs_hz = round(record.fs_hz)
    added = read_noise(fs_hz)[2 * NOISES.index(noise)].astype(float)
    gain = _height(record) / np.sqrt(8 * 10 ** (snr_db / 10)) / _loudness(added, fs_hz)
    times = np.arange(len(record.signal_adc))
    added = added[times % len(added)]
    noisy = (times >= CLEAN_S * fs_hz) & ((times // fs_hz - CLEAN_S) // TURN_S % 2 == 0)
    drift = np.cumsum(np.diff(added, prepend=added[0]) * noisy)  # goes on from where it stood
    signal = np.rint(record.signal_adc + gain * drift).clip(-(2**15), 2**15 - 1)
    return replace(record, signal_adc=signal.astype(np.int16))


def _height(record: Record) -> float:
    sample, label = annotated_beats(record)
    normal = sample[label == 0] if (label == 0).any() else sample
    reach = round(AROUND_S * record.fs_hz)
    inside = normal[(normal >= reach) & (normal < len(record.signal_adc) - reach)][:MEASURED]
    windows = record.signal_adc[inside[:, None] + np.arange(-reach, reach + 1)]
    return _trimmed_mean(np.ptp(windows, axis=1))


def _loudness(noise: np.ndarray, fs_hz: int) -> float:
    seconds = min(len(noise) // fs_hz, MEASURED)
    return _trimmed_mean(noise[: seconds * fs_hz].reshape(seconds, fs_hz).std(axis=1))


def _trimmed_mean(values: np.ndarray) -> float:
    cut = len(values) // 20
    return float(np.sort(values)[cut : len(values) - cut].mean())
