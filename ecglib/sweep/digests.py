"""SHA-256 of what files mean: code without comments, arrays without the zip around them."""

import ast
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ecglib.sweep.grid import code_cells


def of_file(path: Path, digest) -> str:
    """The digest of a file, taken again only where the file was written again."""
    stat = path.stat()
    return _remembered(path, digest, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@lru_cache(maxsize=1000)
def _remembered(path: Path, digest, written: tuple) -> str:
    return digest(path)


def of_code(path: Path) -> str:
    """A module, or those cells of a notebook that train and record, as statements: no comments.

    They are known by what they use: other cells only print and draw.
    """
    if path.suffix == ".sha256":
        return of_json(path.read_text())
    if path.suffix != ".ipynb":
        return of_json(_statements(path.read_text()))
    sources = [source for tags, source in code_cells(path.stem) if "parameters" not in tags]
    return of_json([_statements(source) for source in sources if _trains(source)])


def _trains(source: str) -> bool:
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return bool(names & {"trials", "experiment", "trial"})


def of_functions(path: Path, names: set[str]) -> str:
    """Some functions of a module, and those of the same module that they call.

    Not the whole module, so that a new method or allocation leaves the others' cells finished.
    """
    whole = ast.parse(path.read_text()).body
    functions = {node.name: node for node in whole if isinstance(node, ast.FunctionDef)}
    if not names <= functions.keys():
        return of_file(path, of_code)
    found, waiting = set(), set(names)
    while waiting:
        current = waiting.pop()
        found.add(current)
        used = {node.id for node in ast.walk(functions[current]) if isinstance(node, ast.Name)}
        waiting |= (used & functions.keys()) - found
    return of_json([_statements(ast.unparse(functions[one])) for one in sorted(found)])


def _statements(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        )
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def of_arrays(path: Path) -> str:
    """The arrays of an .npz file: the zip around them holds times, which do not matter."""
    digest = hashlib.sha256()
    with np.load(path, allow_pickle=False) as arrays:
        for name in sorted(arrays.files):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def of_json(value: Any) -> str:
    """The hash of what JSON can hold, keys sorted."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
