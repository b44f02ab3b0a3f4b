"""EEG of imagined fists: the people of eegmmidb, found or fetched, and their trials read.

Source: EEG Motor Movement/Imagery Dataset 1.0.0 (Schalk, McFarland, Hinterberger, Birbaumer,
Wolpaw, IEEE Trans. Biomed. Eng. 51(6):1034-1043, 2004; PhysioNet, doi:10.13026/C28G6P). A folder
holds people as `SNNN.npz`, the arrays of a `Person`, or as the official `SNNN/SNNNR04.edf`, R08 and
R12, with or without the folder of the person.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pooch

from ecglib import paths
from ecglib.data import arrays
from ecglib.data.bars import calm_bar
from ecglib.data.errors import DataError
from ecglib.perturbation.eegmmidb_edf import CHANNELS, RUNS, SAMPLES, LeftOut, Person, read_runs

URL = "https://physionet.org/files/eegmmidb/1.0.0/"
SUMS = "SHA256SUMS.txt"
BESIDE = paths.MITDB_BESIDE.with_name("eegmmidb")
NAMES = tuple(f"S{number:03d}" for number in range(1, 110))
ARRAYS = ("epochs", "label", "run")
THREE_WAYS = (
    "Provide eegmmidb in one of three ways: set ECGLIB_EEGMMIDB to a folder that holds it, put a "
    f"copy in {BESIDE}, or connect to the network so that it can be fetched from {URL}"
)


def acquire(names: Sequence[str] = NAMES, *, progress: bool = False) -> Path:
    """Return a folder that holds people, for `read_people`.

    Looked for in $ECGLIB_EEGMMIDB, then in `../shared/eegmmidb` if it holds people, then fetched
    from PhysioNet into `data/eegmmidb`, see `_fetch`. Only what is fetched is checked by SHA-256,
    and only that has all the named people: a copy may be of a part of them.

    Raises:
        DataError: an unknown name, or no source at all; it says what to do.
    """
    if unknown := set(names) - set(NAMES):
        raise DataError(f"no such people of eegmmidb: {', '.join(sorted(unknown))}; see NAMES")
    if named := os.environ.get("ECGLIB_EEGMMIDB"):
        folder = Path(named)
        if not any(_there(folder, name) for name in names):
            raise DataError(f"ECGLIB_EEGMMIDB names no folder of people: {folder}. {THREE_WAYS}")
    elif any(_there(BESIDE, name) for name in names):
        folder = BESIDE
    else:
        folder = paths.DATA / "eegmmidb"
        wanted = [name for name in names if not _there(folder, name)]
        _fetch(folder, wanted, progress=progress)
    return folder


def read_people(
    folder: Path, names: Sequence[str] = NAMES
) -> tuple[dict[str, Person], dict[str, str]]:
    """The people of a folder by name, and those who are left out, with the reason.

    Raises:
        DataError: a missing or damaged file, or nobody at all.
    """
    people, left_out = {}, {}
    for name in names:
        if not _there(folder, name):
            left_out[name] = f"not in {folder}"
            continue
        try:
            people[name] = _read_person(folder, name)
        except LeftOut as reason:
            left_out[name] = str(reason)
    if not people:
        raise DataError(f"nobody can be read in {folder}. {THREE_WAYS}")
    return people, left_out


def _kept(folder: Path, name: str) -> Path:
    return folder / f"{name}.npz"


def _reason(folder: Path, name: str) -> Path:
    """Says why nothing is kept of a person that was fetched."""
    return folder / f"{name}.left_out"


def _edf(folder: Path, name: str) -> dict[int, Path]:
    """Run -> its file, in the folder of the person where there is one."""
    beneath = folder / name
    where = beneath if beneath.is_dir() else folder
    return {run: where / f"{name}R{run:02d}.edf" for run in RUNS}


def _there(folder: Path, name: str) -> bool:
    """Whether a person has any file here."""
    files = (_kept(folder, name), _reason(folder, name), *_edf(folder, name).values())
    return any(path.is_file() for path in files)


def _read_person(folder: Path, name: str) -> Person:
    if _kept(folder, name).is_file():
        return _read_kept(_kept(folder, name), name)
    if (reason := _reason(folder, name)).is_file():
        raise LeftOut(reason.read_text(errors="replace").strip())
    files = _edf(folder, name)
    if missing := [path for path in files.values() if not path.is_file()]:
        raise DataError(f"person {name}: missing file {missing[0]}. {THREE_WAYS}")
    return read_runs(name, files)


def _read_kept(path: Path, name: str) -> Person:
    try:
        held = arrays.load(path, ARRAYS)
    except ValueError as error:
        raise DataError(f"person {name}: {error}") from None
    epochs, label, run = held.values()
    n = len(label) if label.ndim == 1 else 0
    right = {
        "epochs": n and epochs.shape == (n, len(CHANNELS), SAMPLES) and epochs.dtype == np.int16,
        "label": n and label.dtype.kind in "iu" and np.isin(label, (0, 1)).all(),
        "run": run.shape == (n,) and np.isin(run, RUNS).all(),
    }
    if wrong := [what for what, is_right in right.items() if not is_right]:
        raise DataError(
            f"person {name}: {path} holds {wrong[0]} of another kind, {held[wrong[0]].shape} "
            f"{held[wrong[0]].dtype}: copy it again, or delete it so that it is fetched again"
        )
    return Person(name, epochs, label, run)


def _fetch(folder: Path, names: Sequence[str], *, progress: bool) -> None:
    """Fetch people from PhysioNet into `folder`, one at a time; of each only the trials are kept.

    The three runs of all people have 0.8 GB, their trials 0.05 GB. So EDF files are fetched into a
    folder of their own, which goes as soon as the trials are in `SNNN.npz`. The official SHA-256 of
    each file comes from PhysioNet first: these tell a damaged transfer, but no other release.
    """
    if not names:
        return
    folder.mkdir(parents=True, exist_ok=True)
    fetched = SUMS
    try:
        with calm_bar(len(names), unit="people", doing="eegmmidb", shown=progress) as bar:
            sums = _official_sums(folder)
            for name in names:
                with TemporaryDirectory(prefix=paths.HALF_WRITTEN, dir=folder) as temporary:
                    for run in RUNS:
                        fetched = f"{name}/{name}R{run:02d}.edf"
                        _download(Path(temporary), fetched, sums[fetched])
                    _keep(folder, name, _edf(Path(temporary), name))
                bar.update()
    except DataError:
        raise
    except (OSError, ValueError, KeyError) as error:  # ValueError: another SHA-256
        away = type(error).__name__ == "ConnectionError" and "out of reach"  # of requests
        reason = away or ("it is not listed" if isinstance(error, KeyError) else error)
        raise DataError(
            f"could not fetch {fetched} of eegmmidb ({reason}). {THREE_WAYS}"
        ) from error


def _keep(folder: Path, name: str, files: dict[int, Path]) -> None:
    """The trials of these files, or why there are none."""
    try:
        person = read_runs(name, files)
    except LeftOut as reason:
        with paths.atomic(_reason(folder, name)) as temporary:
            temporary.write_text(str(reason).replace(f"{files[RUNS[0]].parent}{os.sep}", ""))
        return
    arrays.save(_kept(folder, name), epochs=person.epochs, label=person.label, run=person.run)


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
