"""Heartbeats of a record: AAMI classes, windows around the R peak, RR intervals; one .npz file."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ecglib import paths
from ecglib.data import arrays
from ecglib.data.records import DataError, Record
from ecglib.settings.sections import Window
from ecglib.settings.words import CLASSES

# ANSI/AAMI EC57 classes; the mapping is Table 1 of de Chazal et al., IEEE Trans. Biomed. Eng.
# 51(7):1196-1206, 2004, as an explicit whitelist.
AAMI = {
    **dict.fromkeys("NLRej", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VE", "V"),
    "F": "F",
    **dict.fromkeys("/fQ", "Q"),
}
# Annotations that mark no beat: rhythm, signal quality, waves, comments (WFDB annotation codes).
NOT_BEATS = frozenset("+~!\"x|[]()ptu`'^sT*D=@")


@dataclass(frozen=True)
class Beats:
    """n heartbeats, as stored: raw ADC integers, not yet normalised.

    adc: (n, length) int16. label: (n,) uint8, index into CLASSES. record: (n,) uint8, index into
    record_names. sample: (n,) int32, the annotated position in the original record. rr_previous_s
    and rr_next_s: (n,) float32, the intervals to the neighbouring beats (at a record's ends the
    missing one repeats the other). record_names: (records,) str.
    """

    adc: np.ndarray
    label: np.ndarray
    record: np.ndarray
    sample: np.ndarray
    rr_previous_s: np.ndarray
    rr_next_s: np.ndarray
    record_names: np.ndarray

    def __len__(self) -> int:
        return len(self.label)

    def save(self, path: Path) -> None:
        """Write all arrays to one .npz, whole or not at all."""
        arrays.save(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Beats":
        """Read what `save` wrote; DataError says what to do where that is not possible."""
        try:
            return cls(**arrays.load(path, [f.name for f in fields(cls)]))
        except ValueError as error:
            raise DataError(f"no beats; notebooks/01_data.ipynb writes them: {error}") from None


def path_of(window: Window) -> Path:
    """Where the data stage stores all beats cut to this window."""
    return paths.DATA / "beats" / f"{window}.npz"


def annotated_beats(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n,) and AAMI labels (n,) of a record's beats, other annotations left out.

    Raises:
        DataError: a symbol that is neither a known beat nor a known non-beat.
    """
    unknown = np.array([s not in AAMI and s not in NOT_BEATS for s in record.symbol], dtype=bool)
    if unknown.any():
        first = int(unknown.argmax())
        raise DataError(
            f"record {record.name}: unknown annotation symbol {str(record.symbol[first])!r} at "
            f"sample {record.sample[first]}; add it to AAMI or NOT_BEATS in ecglib/data/beats.py"
        )
    is_beat = np.array([s in AAMI for s in record.symbol], dtype=bool)
    labels = [CLASSES.index(AAMI[s]) for s in record.symbol[is_beat]]
    return record.sample[is_beat], np.array(labels, dtype=np.uint8)


def rr_intervals_s(sample: np.ndarray, fs_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (n,), (n,) in seconds to the previous and the next beat; needs two beats."""
    between = np.diff(sample) / fs_hz
    previous = np.concatenate([between[:1], between]).astype(np.float32)
    following = np.concatenate([between, between[-1:]]).astype(np.float32)
    return previous, following


def resample(signal_adc: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """The signal at another rate (polyphase, anti-aliased), rounded to whole ADC units."""
    if from_hz == to_hz:
        return signal_adc
    common = np.gcd(from_hz, to_hz)
    # Filtering around the mean keeps the ends of the record free of a step from zero.
    mean = signal_adc.mean()
    resampled = resample_poly(signal_adc - mean, to_hz // common, from_hz // common) + mean
    return np.rint(resampled).astype(np.int16)


def cut(records: Iterable[Record], window: Window) -> Beats:
    """Cut every annotated beat whose whole window lies inside its record.

    Raises:
        DataError: no records, an unknown symbol, or a record with fewer than two beats or shorter
            than the window.
    """
    parts, names = [], []
    for record in records:
        sample, label = annotated_beats(record)
        if len(sample) < 2:
            raise DataError(f"record {record.name} has {len(sample)} annotated beats; two needed")
        signal = resample(record.signal_adc, record.fs_hz, window.fs_hz)
        if len(signal) < window.length:
            raise DataError(f"record {record.name} is shorter than one window of {window}")
        start = np.rint(sample * window.fs_hz / record.fs_hz).astype(int) - window.r_index
        whole = (start >= 0) & (start + window.length <= len(signal))
        windows = np.lib.stride_tricks.sliding_window_view(signal, window.length)
        rows = windows[start[whole]], label, sample.astype(np.int32)
        rows += rr_intervals_s(sample, record.fs_hz)
        parts.append([rows[0], *(row[whole] for row in rows[1:])])
        names.append(record.name)
    if not parts:
        raise DataError("no records to cut beats from")
    adc, label, sample, previous, following = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    record = np.repeat(np.arange(len(names), dtype=np.uint8), [len(part[0]) for part in parts])
    return Beats(adc, label, record, sample, previous, following, np.array(names))
