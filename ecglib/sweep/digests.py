"""SHA-256 of what files mean: code without comments, arrays without the zip around them."""

import ast
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ecglib.data import arrays
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import code_cells

# What a notebook's cells train and record with.
TRAINING = {"dense", "fitting", "recording", "experiment", "trial"}


def of_file(path: Path, digest: Callable[[Path], Any]) -> Any:
    """What `digest` makes of a file, taken again only where the file was written again."""
    stat = path.stat()
    return _remembered(path, digest, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@lru_cache(maxsize=1000)
def _remembered(path: Path, digest, written: tuple) -> Any:
    return digest(path)


def of_training(stage: str) -> str:
    """The cells of a stage's notebook that train and record, as statements: no comments.

    They are known by what they use: other cells only print and draw.
    """
    sources = [source for tags, source in code_cells(stage) if "parameters" not in tags]
    training = [source for source in sources if _trains(source)]
    if not training:
        raise SweepError(f"no cell of the notebook of {stage} uses any of {', '.join(TRAINING)}")
    return of_json([ast.dump(ast.parse(source)) for source in training])


def _trains(source: str) -> bool:
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return bool(names & TRAINING)


def of_arrays(path: Path) -> str:
    """The arrays of an .npz file: the zip around them holds times, which do not matter.

    SweepError: the file is damaged.
    """
    digest = hashlib.sha256()
    try:
        found = arrays.load(path)
    except ValueError as error:
        raise SweepError(str(error)) from None
    for name, array in sorted(found.items()):
        array = np.ascontiguousarray(array)
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def of_json(value: Any) -> str:
    """The hash of what JSON can hold, keys sorted."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
