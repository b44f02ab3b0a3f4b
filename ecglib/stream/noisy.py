"""Records with noise as in the MIT-BIH Noise Stress Test Database, at any signal-to-noise ratio.

After five minutes as they are, two minutes with noise and two without, in turn: Moody, Muldrow,
Mark, Computers in Cardiology 11:381-384, 1984. The signal's power is an eighth of the squared mean
height of normal beats, peak to peak within 50 ms of the R peak (the database's `nst`).
"""

from dataclasses import replace

import numpy as np

from ecglib.data.beats import annotated_beats
from ecglib.data.noise import NOISES, read_noise
from ecglib.data.records import Record

CLEAN_S, TURN_S, AROUND_S = 300, 120, 0.05
NORMAL_BEATS = 300


def with_noise(record: Record, snr_db: float, noise: str = "em") -> Record:
    """The record with the first channel of one of `data.noise.NOISES` added, its samples clipped.

    Samples stay whole units of an 11-bit converter, as the database's are.
    """
    fs_hz = round(record.fs_hz)
    added = read_noise(fs_hz)[2 * NOISES.index(noise)].astype(float)
    times = np.arange(len(record.signal_adc))
    added = added[times % len(added)]
    noisy = (times >= CLEAN_S * fs_hz) & ((times // fs_hz - CLEAN_S) // TURN_S % 2 == 0)
    gain = _height(record) / np.sqrt(8 * 10 ** (snr_db / 10))
    signal = np.rint(record.signal_adc + gain * added * noisy).clip(0, 2047)
    return replace(record, signal_adc=signal.astype(record.signal_adc.dtype))


def _height(record: Record) -> float:
    sample, label = annotated_beats(record)
    normal = sample[label == 0] if (label == 0).any() else sample
    reach = round(AROUND_S * record.fs_hz)
    inside = normal[(normal >= reach) & (normal < len(record.signal_adc) - reach)][:NORMAL_BEATS]
    windows = record.signal_adc[inside[:, None] + np.arange(-reach, reach + 1)]
    return float(np.ptp(windows, axis=1).mean())
