"""Every path of the study, from the repository root, and files that are whole or absent."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` only if the block succeeds.

    A run killed half-way leaves no file under the final name, so a half-written result can
    never be taken for a finished one. The temporary name keeps the suffix of `path`, because
    some writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder under a temporary name; if the block succeeds `folder` holds what it holds.

    File by file, each whole: a kill leaves every file of `folder` as it was or new, none missing.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{os.getpid()}-{folder.name}")
    temporary.mkdir()
    try:
        yield temporary
        new = {path.relative_to(temporary) for path in temporary.rglob("*") if path.is_file()}
        for name in sorted(new):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary / name, folder / name)
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            if path.relative_to(folder) not in new:
                path.unlink()
    finally:
        shutil.rmtree(temporary)
