"""Heartbeats of a record: AAMI classes, windows around the R peak, RR intervals; one .npz file."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ecglib import paths
from ecglib.data import arrays
from ecglib.data.errors import DataError, left_out
from ecglib.data.records import Record
from ecglib.settings.sections import Window
from ecglib.settings.words import CLASSES

# ANSI/AAMI EC57 classes; the mapping is Table 1 of de Chazal et al., IEEE Trans. Biomed. Eng.
# 51(7):1196-1206, 2004, as an explicit whitelist. Not in MIT-BIH, and so not in it: B, a bundle
# branch block that is L or R, n, an escape beat that is e or j, and r, which EC57 counts as V.
AAMI = {
    **dict.fromkeys("NLRejBn", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VEr", "V"),
    "F": "F",
    **dict.fromkeys("/fQ", "Q"),
}
# Annotations that mark no beat: rhythm, signal quality, waves, comments (WFDB annotation codes).
NOT_BEATS = frozenset("+~!\"x|[]()ptu`'^sT*D=@")


@dataclass(frozen=True)
class Beats:
    """n heartbeats, as stored: raw ADC integers, not yet normalised.

    adc: (n, length) int16, or wider where a record is. label: (n,) uint8, index into CLASSES.
    record: (n,) uint8, or wider for more than 256 records, index into record_names. sample: (n,)
    int32, the annotated position in the original record. rr_previous_s and rr_next_s: (n,) float32,
    the intervals to the neighbouring beats, above 0 (at a record's ends the missing one repeats the
    other). record_names: (records,) str.

    Raises:
        DataError: intervals or windows from which a network's input would not be finite.
    """

    adc: np.ndarray
    label: np.ndarray
    record: np.ndarray
    sample: np.ndarray
    rr_previous_s: np.ndarray
    rr_next_s: np.ndarray
    record_names: np.ndarray

    def __post_init__(self) -> None:
        for name in ("rr_previous_s", "rr_next_s"):
            wrong = np.flatnonzero(~((rr_s := getattr(self, name)) > 0) | np.isinf(rr_s))
            if len(wrong):
                raise DataError(f"beat {wrong[0]} has {name} {rr_s[wrong[0]]}; it must be above 0")
        if not np.isfinite(self.adc).all():
            raise DataError("windows of beats must be finite; leave out those that are not")

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


def annotated_beats(record: Record, *, skip_unknown: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n,) and AAMI labels (n,) of a record's beats, other annotations left out.

    Of two beats at one sample the later one is left out, and with skip_unknown annotations that
    are neither known beats nor known non-beats, with a `RecordWarning` each.

    Raises:
        DataError: such an unknown symbol, without skip_unknown.
    """
    is_beat = np.array([s in AAMI for s in record.symbol], dtype=bool)
    unknown = np.array([s not in NOT_BEATS for s in record.symbol], dtype=bool) & ~is_beat
    if unknown.any() and not skip_unknown:
        first = int(unknown.argmax())
        raise DataError(
            f"record {record.name}: unknown annotation symbol {str(record.symbol[first])!r} at "
            f"sample {record.sample[first]}; leave such annotations out with skip_unknown=True, or "
            "add it to AAMI or NOT_BEATS in ecglib/data/beats.py"
        )
    what = ", ".join(sorted(set(record.symbol[unknown].tolist())))
    left_out(record.name, int(unknown.sum()), f"annotations of unknown symbols left out: {what}")
    sample, symbol = record.sample[is_beat], record.symbol[is_beat]
    again = np.diff(sample, prepend=-1) == 0
    left_out(record.name, int(again.sum()), "beats at the sample of another beat left out")
    labels = [CLASSES.index(AAMI[s]) for s in symbol[~again]]
    return sample[~again], np.array(labels, dtype=np.uint8)


def rr_intervals_s(sample: np.ndarray, fs_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (n,), (n,) in seconds to the previous and the next beat; needs two beats."""
    between = np.diff(sample) / fs_hz
    previous = np.concatenate([between[:1], between]).astype(np.float32)
    following = np.concatenate([between, between[-1:]]).astype(np.float32)
    return previous, following


def ratio(from_hz: float, to_hz: float) -> tuple[int, int]:
    """Up and down: how many samples at the second rate take the time of how many at the first.

    Exact for rates of whole numbers and few decimals, else right to some 1e-8.
    """
    return (
        (Fraction(str(to_hz)) / Fraction(str(from_hz))).limit_denominator(10_000).as_integer_ratio()
    )


def resample(signal_adc: np.ndarray, from_hz: float, to_hz: float) -> np.ndarray:
    """The signal at another rate (polyphase, anti-aliased), rounded to whole ADC units.

    What overshoots beyond the integers of the signal's type is clipped.
    """
    up, down = ratio(from_hz, to_hz)
    if up == down:
        return signal_adc
    # Filtering around the mean keeps the ends of the record free of a step from zero.
    mean, limits = signal_adc.mean(), np.iinfo(signal_adc.dtype)
    resampled = np.rint(resample_poly(signal_adc - mean, up, down) + mean)
    return resampled.clip(limits.min, limits.max).astype(signal_adc.dtype)


def cut(records: Iterable[Record], window: Window, *, skip_unknown: bool = False) -> Beats:
    """Cut every annotated beat whose whole window lies inside its record and has all its samples.

    What is left out for other reasons than a record's ends comes as a `RecordWarning` a kind.
    skip_unknown is that of `annotated_beats`.

    Raises:
        DataError: no records, an unknown symbol, a record with fewer than two beats or shorter
            than the window or without a value in all windows, or no beat in any record.
    """
    parts, names = [], []
    for record in records:
        parts.append(_cut_one(record, window, skip_unknown))
        names.append(record.name)
    if not parts:
        raise DataError("no records to cut beats from")
    adc, label, sample, previous, following = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    if not len(label):
        raise DataError(f"no beat of record {', '.join(names)} has its whole window inside")
    index = np.arange(len(names), dtype=np.min_scalar_type(len(names) - 1))
    record = np.repeat(index, [len(part[0]) for part in parts])
    return Beats(adc, label, record, sample, previous, following, np.array(names))


def _cut_one(record: Record, window: Window, skip_unknown: bool) -> list[np.ndarray]:
    """Windows, labels, positions and both intervals of one record's beats."""
    sample, label = annotated_beats(record, skip_unknown=skip_unknown)
    if len(sample) < 2:
        raise DataError(f"record {record.name} has {len(sample)} annotated beats; two needed")
    signal = resample(record.signal_adc, record.fs_hz, window.fs_hz)
    if len(signal) < window.length:
        raise DataError(f"record {record.name} is shorter than one window of {window}")
    up, down = ratio(record.fs_hz, window.fs_hz)
    start = np.rint(sample * up / down).astype(int) - window.r_index
    inside = (start >= 0) & (start + window.length <= len(signal))
    kept = inside & ~_lacks_values(record.invalid, start, window.length, up, down)
    if (gone := int((inside & ~kept).sum())) and not kept.any():
        raise DataError(f"record {record.name}: samples without a value in all {gone} windows")
    left_out(record.name, gone, "beats left out, their windows have samples without a value")
    windows = np.lib.stride_tricks.sliding_window_view(signal, window.length)[start[kept]]
    rows = label, sample.astype(np.int32), *rr_intervals_s(sample, record.fs_hz)
    return [windows, *(row[kept] for row in rows)]


def _lacks_values(
    invalid: np.ndarray, start: np.ndarray, length: int, up: int, down: int
) -> np.ndarray:
    """Which windows (n,), that begin at these resampled positions, need an invalid sample."""
    # SciPy's filter reaches over ten samples of the slower of the two rates.
    reach = 0 if up == down else 10 * max(1, -(-down // up)) + 1
    before = np.concatenate([[0], np.cumsum(invalid)])
    first = (start * down // up - reach).clip(0, len(invalid))
    last = ((start + length - 1) * down // up + 1 + reach).clip(0, len(invalid))
    return before[last] > before[first]
