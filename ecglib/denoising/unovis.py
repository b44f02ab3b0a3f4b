"""UnoViS auto2012: capacitive ECG of people who drive, with a reference at the skin.

Source: Wartzek, Czaplik, Hoog Antink, Eilebrecht, Walocha, Leonhardt, Health Inf. Sci. Syst. 3:2,
2015, doi:10.1186/s13755-015-0010-1: 31 records of six people, one MATLAB file, see `unovis_mat`. It
is not fetched, but found where a user has put it. There is no official list of checksums, so that
the file is checked for its structure only.
"""

import csv
import os
from pathlib import Path
from typing import NamedTuple

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.denoising import unovis_mat
from ecglib.denoising.seat import Drive
from ecglib.denoising.unovis_mat import FILE

URL = "https://www.medit.hia.rwth-aachen.de/publikationen/unovis/"
BESIDE = paths.MITDB_BESIDE.with_name("unovis")
THREE_WAYS = (
    f"Get {FILE} from {URL} and provide it in one of three ways: set ECGLIB_UNOVIS to the folder "
    f"that holds it, or put it in {BESIDE} or in {paths.DATA / 'unovis'}"
)
# The people of the 31 records, which the file does not tell: as in the code published with Hoog
# Antink, Breuer, Uguz, Leonhardt, Computing in Cardiology 45, 2018 (CNN_Fusion.zip at URL).
PUBLISHED = tuple("1112312233444445255526613444444")
PEOPLE = "people.csv"
LINES = "a first line `record,person` and then one of each record, such as `{},anna`"


class Found(NamedTuple):
    """The drives that can be used, the person of each by its name, and why others are left out."""

    drives: list[Drive]
    person: dict[str, str]
    left_out: dict[str, str]


def acquire() -> Path:
    """Return a folder that holds FILE: $ECGLIB_UNOVIS, `../shared/unovis` or `data/unovis`.

    Raises:
        DataError: there is none; it says what to do, in one line.
    """
    if named := os.environ.get("ECGLIB_UNOVIS"):
        if not (Path(named) / FILE).is_file():
            raise DataError(f"ECGLIB_UNOVIS names no folder with {FILE}: {named}. {THREE_WAYS}")
        return Path(named)
    for folder in (BESIDE, paths.DATA / "unovis"):
        if (folder / FILE).is_file():
            return folder
    raise DataError(f"no UnoViS auto2012 here. {THREE_WAYS}")


def read(folder: Path) -> Found:
    """All drives of a folder at 180 Hz, see `unovis_mat.drive`.

    Raises:
        DataError: no file, one that cannot be read or has another structure, people that are not
            known, or no record that can be used.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise DataError(f"missing file {path}. {THREE_WAYS}")
    records = unovis_mat.records(path)
    person, drives, left_out = _people(Path(folder), list(records)), [], {}
    for name, channels in records.items():
        try:
            drives.append(unovis_mat.drive(name, channels))
        except DataError as reason:
            left_out[name] = str(reason)
    if not drives:
        raise DataError("\n".join([f"{path} has no record that can be used", *left_out.values()]))
    return Found(drives, {drive.name: person[drive.name] for drive in drives}, left_out)


def _people(folder: Path, names: list[str]) -> dict[str, str]:
    """The person of each record of the file: by people.csv where it is there, else as published."""
    path = folder / PEOPLE
    if path.is_file():
        return _listed(path, names)
    if len(names) == len(PUBLISHED):
        return dict(zip(names, PUBLISHED, strict=True))
    raise DataError(
        f"{folder / FILE} has {len(names)} records, not the {len(PUBLISHED)} whose people are "
        f"published: add {path} with {LINES.format(names[0])}"
    )


def _listed(path: Path, names: list[str]) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [(line["record"], line["person"]) for line in csv.DictReader(file)]
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise DataError(f"{path} is no such list: write {LINES.format(names[0])}") from None
    found = dict(lines)
    unnamed = [name for name in names if not found.get(name)]
    if wrong := unnamed or sorted(set(found) - set(names), key=str):
        raise DataError(f"{path} is wrong about {wrong[0]}: write {LINES.format(names[0])}")
    if len(lines) > len(names):
        raise DataError(f"{path} names a record twice: write {LINES.format(names[0])}")
    return found


def folds(person: dict[str, str]) -> dict[str, tuple[list[str], list[str]]]:
    """The person left out -> records of all others to train on, and that person's to test on.

    person: that of each record that is used.

    Raises:
        DataError: there are fewer than two people.
    """
    everybody = sorted(set(person.values()))
    if len(everybody) < 2:
        raise DataError("records of fewer than two people: nobody can be left out")
    return {
        out: (
            [name for name, one in person.items() if one != out],
            [name for name, one in person.items() if one == out],
        )
        for out in everybody
    }
