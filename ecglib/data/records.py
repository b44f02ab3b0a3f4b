"""Records: one lead in ADC units, and its annotations. MIT-BIH is fetched and verified here, too.

Source of the default records: MIT-BIH Arrhythmia Database 1.0.0 (Moody & Mark, IEEE Eng. Med.
Biol. 20(3):45-50, 2001; PhysioNet, doi:10.13026/C2F305).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import numpy as np
import pooch

from ecglib import paths
from ecglib.data import edf, segments
from ecglib.data.annotations import read_annotations
from ecglib.data.bars import calm_bar
from ecglib.data.errors import DataError, RecordWarning, left_out  # noqa: F401
from ecglib.data.leads import Lead, filled, narrowed, usable

MITDB_URL = "https://physionet.org/files/mitdb/1.0.0/"
SUFFIXES = (".hea", ".dat", ".atr")
EDF = (".edf", ".EDF", ".rec")  # where there is no header

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


@dataclass(frozen=True)
class Record:
    """One lead of one record with its annotations.

    signal_adc: (samples,) int16, or wider where the samples need it; subtract `baseline_adc`,
    divide by `gain_adc_per_mv`, which is positive, for mV. sample: (annotations,) int64 positions,
    in order; symbol: the WFDB annotation codes there. invalid: (samples,) bool, samples without a
    value, where `signal_adc` is a straight line; none by default.

    Raises:
        DataError: fields that are not so.
    """

    name: str
    lead: str
    fs_hz: float
    signal_adc: np.ndarray
    gain_adc_per_mv: float
    baseline_adc: float
    sample: np.ndarray
    symbol: np.ndarray
    invalid: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.invalid is None:
            object.__setattr__(self, "invalid", np.zeros(len(self.signal_adc), bool))
        for fault, found in {
            "a signal of integers": self.signal_adc.dtype.kind != "i",
            "a positive gain": not 0 < self.gain_adc_per_mv < np.inf,
            "a positive sampling rate": not 0 < self.fs_hz < np.inf,
            "annotations in order": (np.diff(self.sample) < 0).any(),
            "a symbol for each annotation": len(self.sample) != len(self.symbol),
            "a mark for each sample": len(self.invalid) != len(self.signal_adc),
        }.items():
            if found:
                raise DataError(f"record {self.name} needs {fault}")

    @property
    def signal_mv(self) -> np.ndarray:
        """The lead in millivolt, (samples,) float64, NaN where it has no value."""
        signal_mv = (self.signal_adc.astype(float) - self.baseline_adc) / self.gain_adc_per_mv
        signal_mv[self.invalid] = np.nan
        return signal_mv


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


def read_record(
    folder: Path,
    name: str,
    *,
    lead: str = "MLII",
    or_first: bool = False,
    fs_hz: float | None = None,
) -> Record:
    """Read one lead of `folder/name`, a WFDB or EDF record, and its `.atr` annotations.

    The lead is found by its name, because its channel differs (record 114 has MLII second), without
    regard to case and blanks. With or_first a record without it (102 and 104) gives its first
    channel, and `Record.lead` says which. fs_hz: the expected sampling rate, within a thousandth;
    by default any will do. What is left out or mended comes as one `RecordWarning` a kind.

    Raises:
        DataError: no such record or lead, another rate or none of an ECG, a lead that is no
            voltage, flat or without any valid sample, or files that are not what they announce.
    """
    path = Path(folder) / name
    read = _usable_lead(path, name, lead, or_first)
    if fs_hz and not isclose(read.fs_hz, fs_hz, rel_tol=1e-3):
        raise DataError(f"record {name} is sampled at {read.fs_hz:g} Hz, expected {fs_hz:g} Hz")
    left_out(name, int(read.invalid.sum()), f"samples of {read.name} have no value")
    signal, baseline = narrowed(filled(read), read.baseline_adc)
    notes = path.with_name(path.name + ".atr")
    sample, symbol = read_annotations(
        notes, name, clock_hz=read.clock_hz, fs_hz=read.fs_hz, length=len(signal)
    )
    return Record(
        name=name,
        lead=read.name,
        fs_hz=int(read.fs_hz) if read.fs_hz == int(read.fs_hz) else read.fs_hz,
        signal_adc=signal,
        gain_adc_per_mv=read.gain_adc_per_mv,
        baseline_adc=baseline,
        sample=sample,
        symbol=symbol,
        invalid=read.invalid,
    )


def _usable_lead(path: Path, record: str, wanted: str, or_first: bool) -> Lead:
    """The lead from a header or an EDF file, whichever there is; DataError where it is no ECG."""
    found = [s for s in (".hea", *EDF) if path.with_name(path.name + s).is_file()]
    if not found:
        raise DataError(f"record {record}: missing {path}.hea, or {path.name}.edf")
    if found[0] == ".hea":
        lead = segments.read_lead(path, record, wanted, or_first=or_first)
    else:
        edf_file = path.with_name(path.name + found[0])
        lead = edf.read_lead(edf_file, record, wanted, or_first=or_first)
    return usable(lead, record)
