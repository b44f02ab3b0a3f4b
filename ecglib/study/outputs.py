"""A stage's outputs that lie in git: as they were until it is done, then its own and no others.

DVC would delete them when the stage begins, and a stage that fails or is killed would leave none.
So dvc.yaml says `persist` of them, notebooks replace each file whole (`paths.atomic`), and what a
finished stage has not written again is of other settings: it moves to build/replaced/. It is not
deleted, as nothing tells it from a file that somebody put there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from ecglib import paths
from ecglib.settings import yaml_file

STAGE = "DVC_STAGE"  # DVC tells a command by this variable which stage it runs


@contextmanager
def replaced() -> Iterator[None]:
    """Once the block has succeeded, move away the old outputs that the stage did not write again.

    Hidden files are of other programs, and stay. Does nothing where no stage of the pipeline runs:
    what is run by hand adds to what is there.
    """
    kept = _kept_files(os.environ.get(STAGE, ""))
    before = {path: _written(path) for path in kept if not _hidden(path)}
    for folder in {above for path in kept for above in path.parents if paths.ROOT in above.parents}:
        paths.remove_half_written(folder)
    yield
    for path, written in before.items():
        if path.is_file() and _written(path) == written:
            old = _free(paths.BUILD / "replaced" / path.relative_to(paths.ROOT))
            old.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, old)
            print(f"{path.relative_to(paths.ROOT)} is of other settings: moved to {old.parent}")


def _free(path: Path) -> Path:
    """The same name, or with a number where there is such a file: it was moved there before."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(free for free in chain([path], numbered) if not os.path.lexists(free))


def _kept_files(stage: str) -> list[Path]:
    """The files under the outputs of a stage that DVC leaves in place."""
    if not stage:
        return []
    of = yaml_file.read(paths.ROOT / "dvc.yaml")["stages"][stage]
    declared = [out for out in of["outs"] + of.get("metrics", []) if isinstance(out, dict)]
    kept = [paths.ROOT / name for out in declared for name, how in out.items() if "persist" in how]
    return [file for path in kept for file in (path, *path.rglob("*")) if file.is_file()]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(paths.ROOT).parts)


def _written(path: Path) -> tuple[int, int]:
    """Different for every writing of a file: `paths.atomic` puts a new one in its place."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns
