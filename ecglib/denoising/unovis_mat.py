"""The MATLAB file of UnoViS auto2012, read and brought to the form of a simulated drive.

`unovis(1xN)`, in each record `channels(1x4)`: 1 to 3 capacitive, 4 the reference; in each channel
`.data`, `.fs` in Hz and `.ann(1|2).loc`, positions of R peaks: (1) a detector's, (2) by hand.
"""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from ecglib.data.errors import DataError
from ecglib.denoising.leads import BAND_HZ, FS_HZ, WINDOW, at_rate, banded
from ecglib.denoising.seat import Drive

FILE, VARIABLE = "UnoViS_auto2012.mat", "unovis"
CHANNELS = 4
FIELDS = ("data", "fs", "ann")


def records(path: Path) -> dict[str, list[Any]]:
    """`auto2012_1` and so on, in the order of the file -> the four channels, as structures.

    Nothing but their variable is read, and nothing is unpickled.

    Raises:
        DataError: a file that cannot be read, of version 7.3, or of another structure.
    """
    try:
        held = scipy.io.loadmat(
            path, variable_names=[VARIABLE], struct_as_record=False, squeeze_me=True
        )
        others = [name for name, *_ in scipy.io.whosmat(path)]
    except NotImplementedError:
        raise DataError(
            f"{path} is of MATLAB's version 7.3, which is not read: load it in MATLAB, then "
            f"save('{FILE}', '{VARIABLE}', '-v7')"
        ) from None
    except Exception as error:  # SciPy's reader and zlib raise many kinds
        raise DataError(f"{path} is no whole MATLAB file: {error}; get it again") from None
    if VARIABLE not in held:
        raise DataError(f"{path} has no variable {VARIABLE!r}, but {', '.join(others) or 'none'}")
    return {
        f"auto2012_{number}": _channels(record, f"{path}, {VARIABLE}({number})")
        for number, record in enumerate(np.atleast_1d(held[VARIABLE]), 1)
    }


def _channels(record: Any, where: str) -> list[Any]:
    if not hasattr(record, "channels"):
        raise DataError(f"{where} has no field 'channels': is it a {FILE}?")
    channels = np.atleast_1d(record.channels)
    if len(channels) != CHANNELS:
        raise DataError(
            f"{where} has {len(channels)} channels, expected {CHANNELS}: three capacitive ones and "
            "the reference; other parts of UnoViS are not read"
        )
    for number, channel in enumerate(channels, 1):
        if missing := [field for field in FIELDS if not hasattr(channel, field)]:
            raise DataError(f"{where}.channels({number}) has no field {missing[0]!r}")
    return list(channels)


def drive(name: str, channels: list[Any]) -> Drive:
    """One record at 180 Hz within the band; its SNR is not known: NaN.

    The reference has standard deviation 1. sample: the R peaks annotated in the reference, by hand
    where it has such; label: 0 for all, for their classes are unknown.

    Raises:
        DataError: a channel that is flat or not finite, channels of different lengths or rates, too
            low a rate, less than one window, or fewer than two R peaks.
    """
    signals = [_signal(one, f"record {name}, channel {n}") for n, one in enumerate(channels, 1)]
    rates = {float(_numbers(channel.fs, f"record {name}, fs")[0]) for channel in channels}
    lengths = {len(signal) for signal in signals}
    if len(rates) > 1 or len(lengths) > 1:
        raise DataError(
            f"record {name}: channels of {_listed(lengths)} samples at {_listed(rates)} Hz; they "
            "must be of one length and rate"
        )
    fs_hz = rates.pop()
    if not 2 * BAND_HZ[1] < fs_hz < np.inf:
        raise DataError(f"record {name} has {fs_hz:g} Hz; the band needs {2 * BAND_HZ[1]:g} Hz")
    at_180 = at_rate(np.stack(signals), fs_hz)
    if at_180.shape[1] < WINDOW:
        raise DataError(
            f"record {name} lasts {at_180.shape[1] / FS_HZ:.1f} s, less than one window of "
            f"{WINDOW / FS_HZ:.1f} s"
        )
    *capacitive, reference = banded(at_180)
    sample = _positions(channels[-1], name, fs_hz, at_180.shape[1])
    return Drive(
        name,
        float("nan"),
        np.stack(capacitive).astype(np.float32),
        (reference / reference.std()).astype(np.float32),
        sample,
        np.zeros(len(sample), np.uint8),
    )


def _signal(channel: Any, where: str) -> np.ndarray:
    signal = _numbers(channel.data, where)
    if wrong := int((~np.isfinite(signal)).sum()):
        raise DataError(f"{where}: {wrong} of {len(signal)} samples are not finite")
    if not np.ptp(signal):
        raise DataError(f"{where} is flat")
    return signal


def _positions(reference: Any, name: str, fs_hz: float, samples: int) -> np.ndarray:
    """(beats,) int64 at 180 Hz, in order. MATLAB counts from 1."""
    for annotations in np.atleast_1d(reference.ann)[1::-1]:
        found = np.atleast_1d(getattr(annotations, "loc", []))
        if found.size > 1:
            at_180 = np.rint((_numbers(found, f"record {name}, loc") - 1) * (FS_HZ / fs_hz))
            return np.unique(at_180[(at_180 >= 0) & (at_180 < samples)]).astype(np.int64)
    raise DataError(f"record {name}: its reference has fewer than two annotated R peaks")


def _numbers(value: Any, where: str) -> np.ndarray:
    """(n,) float64, not empty."""
    try:
        found = np.asarray(value, float).ravel()
    except (TypeError, ValueError):
        raise DataError(f"{where}: it holds no numbers") from None
    if not found.size:
        raise DataError(f"{where} is empty")
    return found


def _listed(values: set[float]) -> str:
    return " and ".join(f"{value:.10g}" for value in sorted(values))
