"""Fetch, verify and read WFDB records: one lead in ADC units, and its annotations.

Source of the default records: MIT-BIH Arrhythmia Database 1.0.0 (Moody & Mark, IEEE Eng. Med.
Biol. 20(3):45-50, 2001; PhysioNet, doi:10.13026/C2F305).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
import wfdb

from ecglib import paths
from ecglib.data.bars import calm_bar

MITDB_URL = "https://physionet.org/files/mitdb/1.0.0/"
MITDB_FS_HZ = 360
SUFFIXES = (".hea", ".dat", ".atr")

# The official SHA-256 of every signal, header and annotation file of the database.
MITDB_SHA256: dict[str, str] = {
    name: digest
    for digest, name in (
        line.split() for line in Path(__file__).with_name("mitdb.sha256").read_text().splitlines()
    )
}
MITDB_RECORDS = tuple(sorted({Path(name).stem for name in MITDB_SHA256}))

THREE_WAYS = (
    "Provide MIT-BIH in one of three ways: set ECGLIB_MITDB to a folder that holds it, put a copy "
    f"in {paths.MITDB_BESIDE}, or connect to the network so that it can be fetched from {MITDB_URL}"
)


class DataError(ValueError):
    """The data are missing, damaged or not what the study needs; the message says what to do."""


@dataclass(frozen=True)
class Record:
    """One lead of one record with its annotations.

    signal_adc: (samples,) int16; subtract `baseline_adc`, divide by `gain_adc_per_mv` for mV.
    sample: (annotations,) int64 positions; symbol: the WFDB annotation codes there.
    """

    name: str
    lead: str
    fs_hz: int
    signal_adc: np.ndarray
    gain_adc_per_mv: float
    baseline_adc: int
    sample: np.ndarray
    symbol: np.ndarray

    @property
    def signal_mv(self) -> np.ndarray:
        """The lead in millivolt, (samples,) float64."""
        return (self.signal_adc.astype(float) - self.baseline_adc) / self.gain_adc_per_mv


def acquire(names: Sequence[str] = MITDB_RECORDS, *, progress: bool = False) -> Path:
    """Return a folder that holds the named MIT-BIH records, every file checked by SHA-256.

    Looked for in $ECGLIB_MITDB, then in `../shared/mitdb` beside the checkout, then fetched from
    PhysioNet into `data/mitdb`.

    Raises:
        DataError: an unknown record name, a missing or altered file, or no source at all.
    """
    unknown = sorted(set(names) - set(MITDB_RECORDS))
    if unknown:
        raise DataError(f"no such MIT-BIH records: {', '.join(unknown)}; see MITDB_RECORDS")
    files = [name + suffix for name in names for suffix in SUFFIXES]
    if named := os.environ.get("ECGLIB_MITDB"):
        folder = Path(named)
        if not folder.is_dir():
            raise DataError(f"ECGLIB_MITDB names no folder: {folder}. {THREE_WAYS}")
    elif paths.MITDB_BESIDE.is_dir():
        folder = paths.MITDB_BESIDE
    else:
        folder = download(files, progress=progress)
    for file in files:
        verify(folder / file, MITDB_SHA256[file])
    return folder


def download(files: Sequence[str], *, progress: bool) -> Path:
    """Fetch the files from PhysioNet (each verified, retried, and whole or absent)."""
    fetcher = pooch.create(
        paths.MITDB_DOWNLOAD, base_url=MITDB_URL, registry=MITDB_SHA256, retry_if_failed=3
    )
    try:
        with calm_bar(len(files), unit="files", doing="MIT-BIH", shown=progress) as bar:
            for file in files:
                fetcher.fetch(file)
                bar.update()
    except (OSError, ValueError) as error:  # requests' errors are OSErrors, a bad hash a ValueError
        raise DataError(f"could not fetch {file} from PhysioNet ({error}). {THREE_WAYS}") from error
    return paths.MITDB_DOWNLOAD


def verify(path: Path, sha256: str) -> None:
    """Raise DataError unless the file is there and has this SHA-256."""
    if not path.is_file():
        raise DataError(f"missing file {path}. {THREE_WAYS}")
    if pooch.file_hash(str(path), alg="sha256") == sha256:
        return
    reason = f"it has {path.stat().st_size} bytes; fetch it again"
    if path.suffix == ".hea" and b"\r\n" not in path.read_bytes():
        # The official headers end their lines in CRLF; git may check them out with LF.
        reason = "its line ends look changed (CRLF to LF, as git does); copy it again unchanged"
    raise DataError(f"{path} does not match the official SHA-256: {reason}")


def read_record(folder: Path, name: str, *, lead: str = "MLII", fs_hz: int = MITDB_FS_HZ) -> Record:
    """Read one record's lead and its `.atr` annotations.

    The lead is found by its name, because its channel differs (record 114 has MLII second); a
    record without it (102 and 104) gives its first channel, and `Record.lead` says which.

    Raises:
        DataError: unreadable or truncated files, another sampling rate than `fs_hz`, samples
            marked invalid (NaN), a lead that is flat, or annotations outside the signal.
    """
    path = folder / name
    for suffix in (".hea", ".atr"):
        if not path.with_suffix(suffix).is_file():
            raise DataError(f"record {name}: missing {path.with_suffix(suffix)}")
    if not path.with_suffix(".atr").read_bytes().endswith(b"\0\0"):  # the format's end mark
        raise DataError(f"record {name}: {path.with_suffix('.atr')} is cut short; copy it again")
    try:
        header = wfdb.rdheader(str(path))
        if not header.n_sig:
            raise DataError(f"record {name} has no usable lead: its header lists no signals")
        for file in header.file_name:
            if not (folder / file).is_file():
                raise DataError(f"record {name}: missing {folder / file}")
        channel = header.sig_name.index(lead) if lead in (header.sig_name or ()) else 0
        wave = wfdb.rdrecord(str(path), channels=[channel], physical=False, return_res=16)
        notes = wfdb.rdann(str(path), "atr")
    except DataError:
        raise
    except Exception as error:  # wfdb raises many kinds, some bare; all mean the same to a caller
        raise DataError(
            f"record {name} in {folder} cannot be read, a file is truncated or damaged: {error!r}"
        ) from error
    if wave.fs != fs_hz:
        raise DataError(f"record {name} is sampled at {wave.fs} Hz, expected {fs_hz} Hz")
    if wave.units[0] != "mV":
        raise DataError(f"record {name}: lead {wave.sig_name[0]} is in {wave.units[0]}, not mV")
    if invalid := int(np.isnan(wave.dac()).sum()):  # WFDB stores NaN as a reserved integer
        raise DataError(f"record {name}: {invalid} samples of lead {wave.sig_name[0]} are invalid")
    signal = wave.d_signal[:, 0]
    if np.ptp(signal) == 0:
        raise DataError(f"record {name} has no usable lead: {wave.sig_name[0]} is flat throughout")
    if len(notes.sample) and not 0 <= min(notes.sample) <= max(notes.sample) < len(signal):
        raise DataError(f"record {name}: annotations lie outside its {len(signal)} samples")
    return Record(
        name=name,
        lead=wave.sig_name[0],
        fs_hz=fs_hz,
        signal_adc=signal,
        gain_adc_per_mv=wave.adc_gain[0],
        baseline_adc=wave.baseline[0],
        sample=np.asarray(notes.sample),
        symbol=np.asarray(notes.symbol),
    )
