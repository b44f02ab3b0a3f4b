"""Named numpy arrays in one .npz file: written whole or not at all, read without unpickling."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from ecglib import paths

AGAIN = "delete it and run its stage again"


def save(path: Path, **arrays: np.ndarray) -> None:
    """Write the arrays to `path`, which ends in .npz."""
    with paths.atomic(path) as temporary:
        np.savez(temporary, **arrays)


def load(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The named arrays of a file that `save` wrote; by default all.

    Raises:
        ValueError: the file is absent, unreadable, damaged, or lacks one of the arrays.
    """
    if not path.exists():
        raise ValueError(f"no file {path}: run `make repro`, or the notebook that writes it")
    try:
        with ZipFile(path) as file:
            every = [name.removesuffix(".npy") for name in file.namelist()]
            return {name: _array(file, name) for name in (every if names is None else names)}
    except (PermissionError, IsADirectoryError) as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except Exception as error:  # whatever zipfile, its decompressors and numpy's header bring
        raise ValueError(
            f"{path} is damaged or of another kind ({error.__class__.__name__}): {AGAIN}"
        ) from None


def _array(file: ZipFile, name: str) -> np.ndarray:
    with file.open(f"{name}.npy") as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # to the end: the checksum is compared there
            raise ValueError(f"more than the array {name}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"the array {name} holds what is no finite number")
    return array
