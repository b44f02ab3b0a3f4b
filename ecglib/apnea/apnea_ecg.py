"""Apnea-ECG: 70 nights as series of RR intervals, with a label for every minute.

Source: Apnea-ECG Database 1.0.0 (Penzel, Moody, Mark, Goldberger, Peter, Computers in Cardiology
27:255-258, 2000; PhysioNet, doi:10.13026/C23W2R). Beats are those of its `.qrs` files, which a
program found and nobody corrected. The ECG itself is not needed.
"""

import os
import re
from pathlib import Path

import numpy as np
import pooch
import wfdb

from ecglib import paths
from ecglib.apnea import rr
from ecglib.apnea.nights import APNEA, NORMAL, UNKNOWN, Night
from ecglib.data.bars import calm_bar
from ecglib.data.errors import DataError

URL = "https://physionet.org/files/apnea-ecg/1.0.0/"
BESIDE = paths.MITDB_BESIDE.with_name("apnea-ecg")
ANSWERS = "event-2-answers"  # the labels of the x records, published after the challenge
# Official sums; that of the answers, which the official list lacks, is of the published file.
SHA256: dict[str, str] = {
    name: digest
    for digest, name in (
        line.split()
        for line in Path(__file__).with_name("apnea_ecg.sha256").read_text().splitlines()
    )
}
NAMES = tuple(sorted(Path(name).stem for name in SHA256 if name.endswith(".qrs")))
TEST = tuple(name for name in NAMES if name[0] == "x")
# Recordings of one person, as a public comparison tells them (ECGBench); each other by itself.
SUBJECTS = (
    "a05 a10 a20 x07|a08 a13 x20|a07 a16 x01 x30|a19 x05 x08 x25|b02 b03 x16 x21|c01 x17 x22 x35|"
    "a15 x27 x28|c05 c06 x33|a02 x14|a03 x19|a06 x15|a17 x12|b01 x03|b05 x11|c03 x04|c04 x29|"
    "c07 x34|c10 x18|a01 a14|a04 a12|a09 a18|b04 c08|c02 c09|x06 x24|x09 x23|x13 x26|x31 x32"
)
# One recording under two names.
TWINS = {"c06": "c05", "x35": "x22"}

# The labels of most nights end within six minutes of the recording; these end earlier.
ENDS_EARLY = {"x30": 24, "x15": 23, "a14": 14, "b02": 12, "x12": 10, "x14": 8, "others": 6}

SUBJECT_OF = {name: name for name in NAMES} | {
    name: group.split()[0] for group in SUBJECTS.split("|") for name in group.split()
}
THREE_WAYS = (
    "Provide Apnea-ECG in one of three ways: set ECGLIB_APNEA_ECG to a folder that holds it, put a "
    f"copy in {BESIDE}, or connect to the network so that it can be fetched from {URL}"
)


def acquire(*, progress: bool = False) -> Path:
    """Return a folder that holds beats and labels of all nights, every file checked by SHA-256.

    Looked for in $ECGLIB_APNEA_ECG, then in `../shared/apnea-ecg` beside the checkout, then
    fetched from PhysioNet into `data/apnea-ecg`: 6 MB.

    Raises:
        DataError: a missing or altered file, or no source at all; the message says what to do.
    """
    if named := os.environ.get("ECGLIB_APNEA_ECG"):
        folder = Path(named)
    else:
        folder = BESIDE if BESIDE.is_dir() else _download(progress)
    for name, digest in SHA256.items():
        if not (folder / name).is_file():
            raise DataError(f"missing file {folder / name}. {THREE_WAYS}")
        if pooch.file_hash(str(folder / name), alg="sha256") != digest:
            raise DataError(f"{folder / name} does not match its SHA-256; copy it again unchanged")
    return folder


def _download(progress: bool) -> Path:
    folder = paths.DATA / "apnea-ecg"
    fetcher = pooch.create(folder, base_url=URL, registry=SHA256, retry_if_failed=3)
    try:
        with calm_bar(len(SHA256), unit="files", doing="Apnea-ECG", shown=progress) as bar:
            for file in SHA256:
                fetcher.fetch(file)
                bar.update()
    except (OSError, ValueError) as error:
        raise DataError(f"could not fetch {file} from PhysioNet ({error}). {THREE_WAYS}") from error
    return folder


def read_night(folder: Path, name: str, step: int = rr.STEP) -> Night:
    """The series of RR intervals of a night (see `rr.series`), with its label for every minute.

    step: samples a minute. The window of a minute is centred on it. A minute without any beat is
    UNKNOWN: there is nothing to see, as where an electrode was off.

    Raises:
        DataError: a file that is missing or damaged, labels of another length than the night.
    """
    beats_s, minutes = read_beats(folder / name), read_labels(folder, name)
    length_s = _length_s(folder / f"{name}.hea")
    missing = length_s / 60 - len(minutes)
    if not -1 < missing < ENDS_EARLY.get(name, ENDS_EARLY["others"]):
        raise DataError(
            f"night {name} has {len(minutes)} labels of a minute, but lasts {length_s / 60:.0f} min"
        )
    label = np.where(rr.beats_in_minutes(beats_s, len(minutes)) > 0, minutes, UNKNOWN)
    signal = rr.series(beats_s, len(label), name, step)
    return Night(name, SUBJECT_OF.get(name, name), signal, label, step)


def read_nights(step: int = rr.STEP, *, progress: bool = False) -> dict[str, Night]:
    """All nights by name, but of twins only the first. Raises as `acquire` and `read_night`."""
    folder = acquire(progress=progress)
    return {name: read_night(folder, name, step) for name in NAMES if name not in TWINS}


def read_beats(path: Path) -> np.ndarray:
    """The times of the beats in seconds, (beats,), rising; DataError where there are none."""
    try:
        found = wfdb.rdann(str(path), "qrs")
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path}.qrs cannot be read: {error}") from None
    symbols = np.array(found.symbol)
    beats_s = np.unique(found.sample[symbols == "N"]) / rr.CLOCK_HZ  # "|" is no beat
    if len(beats_s) < 2:
        raise DataError(f"{path}.qrs holds fewer than two beats")
    return beats_s


def read_labels(folder: Path, name: str) -> np.ndarray:
    """NORMAL or APNEA for every minute, (minutes,) int64; DataError where they are not whole."""
    if name[0] == "x":
        letters = _answers(folder / ANSWERS, name)
    else:
        path = folder / f"{name}.apn"
        try:
            found = wfdb.rdann(str(folder / name), "apn")
        except (OSError, ValueError, IndexError) as error:
            raise DataError(f"{path} cannot be read: {error}") from None
        letters, minutes = found.symbol, np.arange(len(found.symbol))
        if not np.array_equal(found.sample, 60 * rr.CLOCK_HZ * minutes):
            raise DataError(f"{path} has no label for each minute from the beginning on")
    odd = set(letters) - {"A", "N"}
    if odd or not len(letters):
        raise DataError(f"night {name}: labels are A or N, not {', '.join(sorted(odd)) or 'none'}")
    return np.where(np.array(list(letters)) == "A", APNEA, NORMAL)


def _answers(path: Path, name: str) -> str:
    """The letters of one night, which stand in lines of up to 60 behind the number of the hour."""
    if not path.is_file():
        raise DataError(f"missing file {path}, which has the labels of {name}. {THREE_WAYS}")
    blocks = re.split(r"^(x\d\d)\s*$", path.read_text(errors="replace"), flags=re.MULTILINE)
    of = dict(zip(blocks[1::2], blocks[2::2], strict=True))
    if name not in of:
        raise DataError(f"{path} has no labels of {name}")
    lines = re.findall(r"^\s*(\d+)\s+(\S+)\s*$", of[name], flags=re.MULTILINE)
    whole = [hour for hour, _ in lines] == [str(hour) for hour in range(len(lines))]
    if not whole or any(len(letters) != 60 for _, letters in lines[:-1]):
        raise DataError(f"{path}: the hours of {name} are not whole and in order")
    return "".join(letters for _, letters in lines)


def _length_s(path: Path) -> float:
    try:
        return int(path.read_text().split()[3]) / rr.CLOCK_HZ
    except (OSError, UnicodeDecodeError, ValueError, IndexError):
        raise DataError(f"{path} does not say how long its night is") from None
