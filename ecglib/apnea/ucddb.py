"""The nights of the UCD Sleep Apnea Database: found or fetched, and one ECG with its events read.

Source: PhysioNet ucddb 1.0.0, doi:10.13026/C26C7D (St. Vincent's University Hospital / University
College Dublin; Goldberger et al., Circulation 101(23):e215-e220, 2000). A night is an EDF file
`ucddbNNN.rec` of 14 signals or more at three rates and a text file `ucddbNNN_respevt.txt`.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pooch
import pyedflib

from ecglib import paths
from ecglib.apnea.events import Event, read_events
from ecglib.data import arrays
from ecglib.data.bars import calm_bar
from ecglib.data.errors import DataError

URL = "https://physionet.org/files/ucddb/1.0.0/"
SUMS = "SHA256SUMS.txt"
BESIDE = paths.MITDB_BESIDE.with_name("ucddb")
NUMBERS = (2, 3, *range(5, 16), *range(17, 29))
NAMES = tuple(f"ucddb{number:03d}" for number in NUMBERS)
LEFT_OUT = ("ucddb008", "ucddb011", "ucddb013", "ucddb018")  # by the published study
PUBLISHED = tuple(name for name in NAMES if name not in LEFT_OUT)

LABEL, FS_HZ = "ECG", 128
THREE_WAYS = (
    "Provide UCDDB in one of three ways: set ECGLIB_UCDDB to a folder that holds it, put a copy in "
    f"{BESIDE}, or connect to the network so that it can be fetched from {URL}"
)


@dataclass(frozen=True)
class Recording:
    """One night: ecg_adc (samples,) int16 as digitised, start (a time of day), events after it."""

    name: str
    ecg_adc: np.ndarray
    fs_hz: int
    start: time
    events: tuple[Event, ...]

    @property
    def duration_s(self) -> float:
        return len(self.ecg_adc) / self.fs_hz


def acquire(names: Sequence[str] = NAMES, *, progress: bool = False) -> Path:
    """Return a folder that holds the named nights, for `read_night`.

    Looked for in $ECGLIB_UCDDB, then in `../shared/ucddb` if it holds recordings, then fetched from
    PhysioNet into `data/ucddb`, see `_fetch`. Only what is fetched is checked by SHA-256.

    Raises:
        DataError: an unknown name, a missing night, or no source at all; it says what to do.
    """
    if unknown := set(names) - set(NAMES):
        raise DataError(f"no such nights of UCDDB: {', '.join(sorted(unknown))}; see NAMES")
    if named := os.environ.get("ECGLIB_UCDDB"):
        folder = Path(named)
        if not folder.is_dir():
            raise DataError(f"ECGLIB_UCDDB names no folder: {folder}. {THREE_WAYS}")
    elif any(BESIDE.glob("*.rec")):
        folder = BESIDE
    else:
        folder = paths.DATA / "ucddb"
        _fetch(folder, [name for name in names if _missing(folder, name)], progress=progress)
    for name in names:
        if missing := _missing(folder, name):
            raise DataError(f"night {name}: missing file {missing}. {THREE_WAYS}")
    return folder


def read_night(folder: Path, name: str) -> Recording:
    """Read the ECG of one night, found by its label, and the apneas and hypopneas scored in it.

    Raises:
        DataError: a missing or damaged file, an EDF file without an ECG, or with one of another
            rate than 128 Hz, flat or wider than 16 bits, or events that are not of this night (see
            `read_events`).
    """
    folder = Path(folder)
    if missing := _missing(folder, name):
        raise DataError(f"night {name}: missing file {missing}. {THREE_WAYS}")
    kept = _kept(folder, name)
    ecg_adc, start = _read_kept(kept, name) if kept.is_file() else _read_edf(_edf(folder, name))
    duration_s = len(ecg_adc) / FS_HZ
    events = read_events(_events(folder, name), start, duration_s, name)
    return Recording(name, ecg_adc, FS_HZ, start, tuple(events))


def _edf(folder: Path, name: str) -> Path:
    return folder / f"{name}.rec"


def _kept(folder: Path, name: str) -> Path:
    return folder / f"{name}.npz"


def _events(folder: Path, name: str) -> Path:
    return folder / f"{name}_respevt.txt"


def _missing(folder: Path, name: str) -> Path | None:
    """The first file that a night lacks here; None if it is whole."""
    if not (_kept(folder, name).is_file() or _edf(folder, name).is_file()):
        return _edf(folder, name)
    return None if _events(folder, name).is_file() else _events(folder, name)


def _fetch(folder: Path, names: Sequence[str], *, progress: bool) -> None:
    """Fetch nights from PhysioNet into `folder`, one at a time; of each only the ECG is kept.

    The 25 EDF files have 0.8 GB, their ECG 0.16 GB. So an EDF file is fetched into a folder of
    its own, and both go as soon as its ECG is in `ucddbNNN.npz`. The official SHA-256 of each
    file comes from PhysioNet first: these tell a damaged transfer, but no other release.
    """
    if not names:
        return
    folder.mkdir(parents=True, exist_ok=True)
    fetched = SUMS
    try:
        with calm_bar(len(names), unit="nights", doing="UCDDB", shown=progress) as bar:
            sums = _official_sums(folder)
            for name in names:
                with TemporaryDirectory(prefix=paths.HALF_WRITTEN, dir=folder) as temporary:
                    for file in (_edf(folder, name).name, _events(folder, name).name):
                        fetched = file
                        _download(Path(temporary), file, sums[file])
                    ecg_adc, start = _read_edf(_edf(Path(temporary), name))
                    os.replace(_events(Path(temporary), name), _events(folder, name))
                clock = [start.hour, start.minute, start.second, start.microsecond]
                arrays.save(_kept(folder, name), ecg_adc=ecg_adc, start=np.array(clock))
                bar.update()
    except DataError:
        raise
    except (OSError, ValueError, KeyError) as error:  # ValueError: another SHA-256
        away = type(error).__name__ == "ConnectionError" and "out of reach"  # of requests
        reason = away or ("it is not listed" if isinstance(error, KeyError) else error)
        raise DataError(f"could not fetch {fetched} of UCDDB ({reason}). {THREE_WAYS}") from error


def _download(folder: Path, file: str, sha256: str | None) -> Path:
    """Fetch one file whole or not at all, verified, in four attempts."""
    pooch.get_logger().setLevel("ERROR")  # what it tells of each attempt is in the error, too
    fetcher = pooch.create(folder, base_url=URL, registry={file: sha256}, retry_if_failed=3)
    return Path(fetcher.fetch(file))


def _official_sums(folder: Path) -> dict[str, str]:
    """{file: SHA-256} as PhysioNet has it now."""
    with TemporaryDirectory(prefix=paths.HALF_WRITTEN, dir=folder) as temporary:
        text = _download(Path(temporary), SUMS, None).read_text()
    pairs = [line.split() for line in text.splitlines()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("it is no list of SHA-256")
    return {file: sha256 for sha256, file in pairs}


def _read_edf(path: Path) -> tuple[np.ndarray, time]:
    """The ECG of an EDF file, (samples,) int16 with its header's polarity, and its start.

    `data.edf.read_lead` wants a voltage as its unit. Nothing here needs one: the ECG is z-scored.
    """
    try:
        with closing(pyedflib.EdfReader(str(path))) as file:
            labels = [label.strip() for label in file.getSignalLabels()]
            if LABEL not in labels:
                raise DataError(f"{path} has no signal {LABEL!r}, but {', '.join(labels)}")
            index = labels.index(LABEL)
            fs_hz = file.getSampleFrequency(index)
            upright = file.getPhysicalMaximum(index) > file.getPhysicalMinimum(index)
            adc = file.readSignal(index, digital=True)
            start = file.getStartdatetime().time()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no EDF file that can be read: {error}") from None
    if fs_hz != FS_HZ:
        raise DataError(f"{path}: its {LABEL} has {fs_hz:g} Hz, expected {FS_HZ} Hz")
    adc = adc if upright else -adc
    if not len(adc) or adc.min() == adc.max() or adc.min() < -(2**15) or adc.max() >= 2**15:
        raise DataError(f"{path}: its {LABEL} is empty, flat or wider than 16 bits")
    return adc.astype(np.int16), start


def _read_kept(path: Path, name: str) -> tuple[np.ndarray, time]:
    try:
        held = arrays.load(path, ("ecg_adc", "start"))
        if held["ecg_adc"].dtype != np.int16:
            raise ValueError(f"{path} is damaged or of another kind: {arrays.AGAIN}")
        return held["ecg_adc"], time(*held["start"].tolist())
    except (ValueError, TypeError) as error:
        raise DataError(f"night {name}: {error}") from None
