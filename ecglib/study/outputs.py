"""A stage's outputs that lie in git: as they were until it is done, then its own and no others.

DVC would delete them when the stage begins, and a stage that fails or is killed would leave none.
So dvc.yaml says `persist` of them, notebooks replace each file whole (`paths.atomic`), and what a
finished stage has not written again is of other settings, and goes here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from ecglib import paths

STAGE = "DVC_STAGE"  # DVC tells a command by this variable which stage it runs


@contextmanager
def replaced() -> Iterator[None]:
    """Once the block has succeeded, delete the stage's old outputs that it did not write again.

    Does nothing where no stage of the pipeline runs: what is run by hand adds to what is there.
    """
    before = {path: _written(path) for path in _kept_files(os.environ.get(STAGE, ""))}
    yield
    for path, written in before.items():
        if path.is_file() and _written(path) == written:
            path.unlink()


def _kept_files(stage: str) -> list[Path]:
    """The files under the outputs of a stage that DVC leaves in place."""
    if not stage:
        return []
    of = yaml.safe_load((paths.ROOT / "dvc.yaml").read_text())["stages"][stage]
    declared = [out for out in of["outs"] + of.get("metrics", []) if isinstance(out, dict)]
    kept = [paths.ROOT / name for out in declared for name, how in out.items() if "persist" in how]
    folders = [file for path in kept if path.is_dir() for file in path.rglob("*") if file.is_file()]
    return folders + [path for path in kept if path.is_file()]


def _written(path: Path) -> tuple[int, int]:
    """Different for every writing of a file: `paths.atomic` puts a new one in its place."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns
