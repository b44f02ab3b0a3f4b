"""Two leads of MIT-BIH and recorded noise, as the simulated seat takes them: 180 Hz, one band."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, resample_poly, sosfiltfilt

from ecglib.data import noise, records
from ecglib.data.beats import annotated_beats, ratio
from ecglib.data.errors import DataError, RecordWarning
from ecglib.data.header import read_header

FS_HZ = 180
WINDOW = 1024  # samples that a network sees at once: 5.7 s
BAND_HZ = (0.5, 40.0)  # what is kept: the band of an ECG monitor (IEC 60601-2-27)
LEAD = "MLII"
_BAND = butter(2, BAND_HZ, "bandpass", fs=FS_HZ, output="sos")


class Clean(NamedTuple):
    """One record without simulated noise: what electrodes on the skin see.

    leads: (2, samples) float32, MLII and the record's other lead, in standard deviations of MLII
    over the record. sample: (beats,) int64 positions; label: (beats,) uint8, indices of CLASSES.
    """

    name: str
    leads: np.ndarray
    sample: np.ndarray
    label: np.ndarray


def banded(signal: np.ndarray) -> np.ndarray:
    """(..., samples) at 180 Hz within the band that is kept, without delay.

    Butterworth of order 4, forwards and backwards; offline, as the whole comparison is.
    """
    return sosfiltfilt(_BAND, signal, axis=-1)


def at_rate(signal: np.ndarray, fs_hz: float) -> np.ndarray:
    """(..., samples) at fs_hz -> at 180 Hz, polyphase around the mean."""
    up, down = ratio(fs_hz, FS_HZ)
    mean = signal.mean(-1, keepdims=True)
    return resample_poly(signal - mean, up, down, axis=-1) + mean


def read(names: Sequence[str]) -> list[Clean]:
    """Both leads of these MIT-BIH records. DataError as `records.acquire` and `read_record`."""
    folder = records.acquire(names)
    return [_read_one(folder, name) for name in names]


def _read_one(folder, name: str) -> Clean:
    leads = [signal.lead for signal in read_header(folder / name, name).signals]
    if LEAD not in leads or len(leads) != 2:
        raise DataError(f"record {name} has leads {leads}: the seat needs {LEAD} and one other")
    both = [records.read_record(folder, name, lead=lead) for lead in sorted(leads, key=_first)]
    main = both[0]
    signals = banded(at_rate(np.stack([one.signal_mv for one in both]), main.fs_hz))
    with warnings.catch_warnings():  # beats at one sample: told by the data stage
        warnings.simplefilter("ignore", RecordWarning)
        sample, label = annotated_beats(main)
    at = np.rint(sample * (FS_HZ / main.fs_hz)).astype(np.int64)
    inside = at < signals.shape[1]
    scaled = (signals / signals[0].std()).astype(np.float32)
    return Clean(name, scaled, at[inside], label[inside])


def _first(lead: str) -> bool:
    return lead != LEAD


def read_noise() -> np.ndarray:
    """(3, 2, samples) float32: baseline wander, electrode motion and muscle artefact, two channels.

    Within the band, each of standard deviation 1 there. Only a hundredth of the baseline wander's
    power lies in the band, so that its scale before the filter says nothing.
    """
    signals = banded(noise.read_noise(FS_HZ).astype(float))
    scaled = signals / signals.std(-1, keepdims=True)
    return scaled.reshape(len(noise.NOISES), 2, -1).astype(np.float32)
