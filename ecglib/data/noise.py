"""Recorded noise without a heart in it: baseline wander, electrode motion, muscle artefact.

Source: MIT-BIH Noise Stress Test Database 1.0.0 (Moody, Muldrow, Mark, Computers in Cardiology
11:381-384, 1984; PhysioNet, doi:10.13026/C2HS3T).
"""

import os
from pathlib import Path

import numpy as np
import pooch
import wfdb
from scipy.signal import resample_poly

from ecglib import paths
from ecglib.data.records import DataError

NSTDB_URL = "https://physionet.org/files/nstdb/1.0.0/"
NSTDB_FS_HZ = 360
NOISES = ("bw", "em", "ma")
BESIDE = paths.MITDB_BESIDE.with_name("nstdb")

# The SHA-256 of the signals. A header holds three lines of text, whose ends copies may change.
NSTDB_SHA256: dict[str, str] = {
    name: digest
    for digest, name in (
        line.split() for line in Path(__file__).with_name("nstdb.sha256").read_text().splitlines()
    )
}
THREE_WAYS = (
    "Provide the noise records in one of three ways: set ECGLIB_NSTDB to a folder that holds them, "
    f"put a copy in {BESIDE}, or connect to the network so that they can be fetched from "
    f"{NSTDB_URL}; or train without them (noise 0)"
)


def acquire_noise() -> Path:
    """Return a folder that holds the three noise records, every signal checked by SHA-256.

    Looked for in $ECGLIB_NSTDB, then in `../shared/nstdb` beside the checkout, then fetched from
    PhysioNet into `data/nstdb`.

    Raises:
        DataError: a missing or altered file, or no source at all; the message says what to do.
    """
    if named := os.environ.get("ECGLIB_NSTDB"):
        folder = Path(named)
    else:
        folder = BESIDE if BESIDE.is_dir() else _download()
    for name in NOISES:
        for file in (folder / f"{name}.hea", folder / f"{name}.dat"):
            if not file.is_file():
                raise DataError(f"missing file {file}. {THREE_WAYS}")
        if pooch.file_hash(str(file), alg="sha256") != NSTDB_SHA256[file.name]:
            raise DataError(f"{file} does not match its SHA-256; copy it again. {THREE_WAYS}")
    return folder


def _download() -> Path:
    folder = paths.DATA / "nstdb"
    registry = NSTDB_SHA256 | {f"{name}.hea": None for name in NOISES}
    fetcher = pooch.create(folder, base_url=NSTDB_URL, registry=registry, retry_if_failed=3)
    try:
        for file in registry:
            fetcher.fetch(file)
    except (OSError, ValueError) as error:
        raise DataError(f"could not fetch {file} from PhysioNet ({error}). {THREE_WAYS}") from error
    return folder


def read_noise(fs_hz: int) -> np.ndarray:
    """Both channels of the three records (6, samples) float32 at `fs_hz`, z-scored by channel."""
    folder = acquire_noise()
    signals = [wfdb.rdrecord(str(folder / name)).p_signal.T for name in NOISES]
    common = np.gcd(fs_hz, NSTDB_FS_HZ)
    noise = resample_poly(np.concatenate(signals), fs_hz // common, NSTDB_FS_HZ // common, axis=1)
    noise -= noise.mean(1, keepdims=True)
    return (noise / noise.std(1, keepdims=True)).astype(np.float32)
