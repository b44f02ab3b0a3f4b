"""Named numpy arrays in one .npz file: written whole or not at all, read without unpickling."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ecglib import paths


def save(path: Path, **arrays: np.ndarray) -> None:
    """Write the arrays to `path`, which ends in .npz."""
    with paths.atomic(path) as temporary:
        np.savez(temporary, **arrays)


def load(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """The named arrays of a file that `save` wrote.

    Raises:
        ValueError: the file is absent, damaged, or lacks one of the arrays.
    """
    if not path.is_file():
        raise ValueError(f"no file {path}: run `make repro`, or the notebook that writes it")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (ValueError, KeyError, EOFError, OSError, BadZipFile) as error:
        raise ValueError(
            f"{path} is damaged or of another kind ({error.__class__.__name__}): delete it and run "
            "its stage again"
        ) from None
