"""Every path of the study, from the repository root, and files that are whole or absent."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]

PARAMS = ROOT / "params.yaml"
DATA = ROOT / "data"
MODELS = ROOT / "models"
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "build"
REPORTS = ROOT / "reports"
RESULTS = REPORTS / "results"
TABLES = REPORTS / "tables"
FIGURES = REPORTS / "figures"
EXECUTED = REPORTS / "executed"  # notebooks with what they showed
HTML = REPORTS / "html"  # their pages

# A copy of the MIT-BIH database kept beside the checkout is used before the network is.
MITDB_BESIDE = ROOT.parent / "shared" / "mitdb"
MITDB_DOWNLOAD = DATA / "mitdb"


def notebook(stage: str) -> Path:
    """The notebook of a pipeline stage; ValueError if there is none, or more than one."""
    found = sorted(NOTEBOOKS.glob(f"[0-9][0-9]_{stage}.ipynb"))
    if len(found) != 1:
        raise ValueError(
            f"{len(found)} notebooks of the stage {stage!r} in {NOTEBOOKS}; 1 is needed"
        )
    return found[0]


class FolderError(ValueError):
    """A folder holds what was not written here, or was changed since; nothing was touched."""


# How temporary names begin: what a killed run leaves is known by them, and by nothing else.
HALF_WRITTEN = ".half-written-"
# The list of a folder's files, as `sha256sum -c` reads it: by it a folder is known as one's own.
LIST = "ecglib.sha256"


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` only if the block succeeds.

    A run killed half-way leaves no file under the final name, so a half-written result can
    never be taken for a finished one. The temporary name keeps the suffix of `path`, because
    some writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{HALF_WRITTEN}{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_half_written(folder: Path) -> None:
    """Delete what killed runs left here under temporary names; only while none runs."""
    for path in folder.glob(f"{HALF_WRITTEN}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder under a temporary name; if the block succeeds `folder` holds what it holds.

    File by file, each whole: a kill leaves every file of `folder` as it was or new, none missing.

    Raises:
        FolderError: see `require_own`.
    """
    folder = Path(os.path.abspath(folder))
    require_own(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=HALF_WRITTEN, dir=folder.parent) as name:
        yield (temporary := Path(name))
        new = {_line(path, temporary) for path in _files(temporary)}
        old = require_own(folder)
        folder.mkdir(exist_ok=True)
        _write_list(folder, old | new)  # after a kill both are known
        for name in sorted(_names(new)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary / name, folder / name)
        for name in _names(old) - _names(new):
            (folder / name).unlink(missing_ok=True)
        _write_list(folder, new)


def require_own(folder: Path) -> set[str]:
    """The lines that list the folder's files; none where it is absent or empty.

    Raises:
        FolderError: `folder` is a link or a file, or lies in a file; or a file in it is not one
            that `whole_folder` wrote, or was changed since. It names the file.
    """
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir() or folder.is_symlink():
        raise FolderError(f"no folder can be written at {folder}: {there} is a file or a link")
    own = set()
    try:
        listed = folder / LIST
        lines = set(listed.read_text().splitlines()) if listed.is_file() else set()
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            known = name in _names(lines)  # what is not is not even read
            if not known or (line := _line(path, folder)) not in lines:
                raise FolderError(
                    f"{folder} is left as it is, for {name} in it was "
                    f"{'changed since it was' if known else 'not'} written by this project: "
                    "take another folder, or move the file out of this one"
                )
            own.add(line)
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{folder} cannot be read, and is left as it is: {error}") from None
    return own


def _files(folder: Path) -> Iterator[Path]:
    """All that is no folder, links to folders included, but not the list."""
    for path in folder.rglob("*"):
        if (path.is_symlink() or not path.is_dir()) and path != folder / LIST:
            yield path


def _line(path: Path, folder: Path) -> str:
    regular = path.is_file() and not path.is_symlink()
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if regular else "none"
    return f"{digest}  {path.relative_to(folder).as_posix()}"


def _names(lines: set[str]) -> set[str]:
    return {line.partition("  ")[2] for line in lines}


def _write_list(folder: Path, lines: set[str]) -> None:
    with atomic(folder / LIST) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in sorted(lines)))
