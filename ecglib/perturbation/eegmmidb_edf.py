"""One person's runs of eegmmidb as EDF+ files, cut to the trials that are kept of them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyedflib

from ecglib.data.errors import DataError

RUNS = (4, 8, 12)  # the left or the right fist is imagined
CHANNELS = ("FC3", "FCZ", "FC4", "C3", "CZ", "C4", "CP3", "CP4")
FS_HZ, TRIAL_S = 160, 4
SAMPLES = FS_HZ * TRIAL_S
CUES = {"T1": 0, "T2": 1}  # left, right
PER_UV = 10  # what is kept is in 0.1 uV
UNIT = "uV"
PADDED = FS_HZ // 10  # samples of zeros in all channels, as some runs end with, are no recording


class LeftOut(DataError):
    """A person whose files are whole, but not of the kind that the others are; it says why."""


@dataclass(frozen=True)
class Person:
    """One person's trials: epochs (n, 8, 640) int16 in 0.1 uV from the cue on, at 160 Hz.

    Channels are in the order of CHANNELS. label: (n,) 0 left fist, 1 right fist. run: (n,).
    """

    name: str
    epochs: np.ndarray
    label: np.ndarray
    run: np.ndarray


def read_runs(name: str, files: dict[int, Path]) -> Person:
    """The trials of all runs, run -> file.

    Raises:
        LeftOut: another rate, a trial of another length, or amplitudes of more than 16 bits.
        DataError: a file that is no EDF+, lacks a channel or a cue, or has another unit.
    """
    parts = [_read_run(path) for path in files.values()]
    epochs, label = (np.concatenate(part) for part in zip(*parts, strict=True))
    run = np.repeat(np.array(list(files), np.uint8), [len(part[1]) for part in parts])
    return Person(name, epochs, label, run)


def _read_run(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(trials, 8, 640) int16 in 0.1 uV, (trials,) uint8."""
    try:
        with closing(pyedflib.EdfReader(str(path))) as file:
            at = _channels(path, file.getSignalLabels())
            _check_signals(path, file, at)
            signal_uv = np.stack([file.readSignal(index) for index in at])
            cues = [cue for cue in zip(*file.readAnnotations(), strict=True) if cue[2] in CUES]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no EDF file that can be read: {error}") from None
    if not cues:
        raise DataError(f"{path} has no cue, {' or '.join(CUES)}, among its annotations")
    kept = np.rint(signal_uv * PER_UV)
    epochs = np.stack([_trial(path, kept, onset_s, length_s) for onset_s, length_s, _ in cues])
    if np.abs(epochs).max() >= 2**15:
        raise LeftOut(f"{path}: {np.abs(epochs).max() / PER_UV:g} uV are more than 16 bits hold")
    return epochs.astype(np.int16), np.array([CUES[kind] for *_, kind in cues], np.uint8)


def _channels(path: Path, labels: Sequence[str]) -> list[int]:
    """Where the channels stand; their names are filled up with dots in the files."""
    names = [label.strip().strip(".").upper() for label in labels]
    if missing := [name for name in CHANNELS if name not in names]:
        raise DataError(f"{path} has no channel {', '.join(missing)}, but {', '.join(names)}")
    return [names.index(name) for name in CHANNELS]


def _check_signals(path: Path, file: pyedflib.EdfReader, at: list[int]) -> None:
    for index in at:
        fs_hz, unit = file.getSampleFrequency(index), file.getPhysicalDimension(index).strip()
        if fs_hz != FS_HZ:
            raise LeftOut(f"{path} has {fs_hz:g} Hz, not {FS_HZ}")
        if unit != UNIT:
            raise DataError(f"{path}: channels are in {unit or 'no unit'}, expected {UNIT}")


def _trial(path: Path, signal: np.ndarray, onset_s: float, length_s: float) -> np.ndarray:
    start = round(onset_s * FS_HZ)
    trial = signal[:, start : start + SAMPLES]
    recorded = trial.shape[1] == SAMPLES and trial[:, -PADDED:].any()
    if length_s < TRIAL_S or not recorded:
        raise LeftOut(f"{path}: the trial at {onset_s:g} s is shorter than {TRIAL_S} s")
    return trial
