"""What a cell's result depends on, as one hash: a finished cell is one whose hash is unchanged."""

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ecglib import config, paths
from ecglib.data.beats import path_of
from ecglib.models import MODELS
from ecglib.pruning.prune import ALLOCATIONS
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell, code_cells

PACKAGE = paths.ROOT / "ecglib"
# The code that trains; the code that prunes is ecglib/pruning, the rivals, and METHODS.
TRAINS = ("trials.py", "classifier.py", "models/layers.py", "data/datamodule.py", "data/splits.py")
# What counts only where a model's inputs, or a split's training, call for it.
FOR_RHYTHM = ("data/rhythm.py", "data/patient.py")
FOR_AUGMENTATION = ("data/augmentation.py", "data/noise.py", "data/nstdb.sha256")
FOR_PRICES = ("device/cost.py",)
FOR_CHOICES = ("metrics.py",)  # by validation, within a method
CHOOSING = ("one_shot_tuned", "layerwise_by_sensitivity")
# Of these only the functions that the cell uses count.
METHODS, EXPERIMENT = PACKAGE / "methods.py", PACKAGE / "experiment.py"
PRUNE = PACKAGE / "pruning" / "prune.py"
# The modules of ecglib/rivals that serve one method only; others count for every method.
RIVALS = {
    "lightning_pruning": "lightning_model_pruning",
    "torch_prune": "torch_prune",
    "torch_pruning_channels": "torch_pruning",
}


def settings_used(cell: Cell, settings: config.Settings) -> dict[str, Any]:
    """The settings that bear on the cell's result; those of the data are in its beats."""
    of, whole = cell.parameters, settings.model_dump()
    method = of.get("method", "")
    training = settings.training[of["split"]].for_model(of["model"])
    used = {
        "training": training.model_dump(exclude={"learning_rate_of"}),
        "baseline": whole["baseline"],
        "window": whole["data"]["windows"][of["model"]],
    }
    if "schedule" in of:
        used["stages"] = [tuple(stage) for stage in settings.stages(of["schedule"])]
    if method.endswith("_distilled"):
        used["distillation"] = whole["distillation"]
    if method == "one_shot_tuned":
        used["learning_rates"] = whole["one_shot_prune"]["learning_rates"]
    if of.get("criterion") == "gradient":
        used["scoring_beats"] = whole["scoring_beats"]
    return used


def parts(cell: Cell, settings: config.Settings) -> dict[str, str]:
    """Everything the cell's result depends on: name -> SHA-256; names say where to look.

    Raises:
        SweepError: the beats that the cell needs are not there.
    """
    found = {
        "parameters": _of_json([cell.notebook, dict(cell.parameters)]),
        "settings": _of_json(settings_used(cell, settings)),
        "data": _of_beats(path_of(settings.data.windows[cell.parameters["model"]])),
    }
    for path in code(cell, settings):
        found[path.relative_to(paths.ROOT).as_posix()] = _of_file(path, _of_code)
    if not cell.is_dense:
        method = cell.parameters["method"]
        # With one-shot its notebook records the network without fine-tuning too.
        called = {method, "no_finetune"} if method == "one_shot" else {method}
        found["ecglib/methods.py"] = _of_functions(METHODS, called)
        found["ecglib/experiment.py"] = _of_functions(EXPERIMENT, {"trial"})
        allocate = ALLOCATIONS[cell.parameters["allocation"]].__name__
        found["ecglib/pruning/prune.py"] = _of_functions(PRUNE, {"prune", "pruner", allocate})
        found["dense"] = of_parts(parts(cell.dense, settings))
    return found


def of_parts(found: Mapping[str, str]) -> str:
    """The fingerprint: one hash of all parts."""
    return _of_json(dict(found))


def code(cell: Cell, settings: config.Settings) -> list[Path]:
    """The files that train, and for a pruned network prune, in this cell.

    Of the models only the cell's own, and of the rivals' modules only those of its method: a new
    model or rival leaves the finished cells as they are. See also PRUNE and the like above.
    """
    method, model = cell.parameters.get("method", ""), cell.parameters["model"]
    names = [*TRAINS, f"models/{model}.py"]
    if MODELS[model].n_features or settings.data.windows[model].normalise == "patient":
        names += FOR_RHYTHM
    if any(settings.training[cell.parameters["split"]].augmentation.model_dump().values()):
        names += FOR_AUGMENTATION
    if cell.parameters.get("budget") == "macs" or method == "small_dense":
        names += FOR_PRICES
    if method in CHOOSING:
        names += FOR_CHOICES
    files = [PACKAGE / name for name in names]
    if not cell.is_dense:
        files += [file for file in PACKAGE.glob("pruning/*.py") if file != PRUNE]
        rivals = PACKAGE.glob("rivals/*.py")
        files += [file for file in rivals if RIVALS.get(file.stem, method) == method]
    return [*sorted(files), paths.ROOT / "notebooks" / f"{cell.notebook}.ipynb"]


def _of_file(path: Path, digest) -> str:
    """The digest of a file, taken again only where the file was written again."""
    stat = path.stat()
    return _remembered(path, digest, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@lru_cache(maxsize=1000)
def _remembered(path: Path, digest, written: tuple) -> str:
    return digest(path)


def _of_code(path: Path) -> str:
    """A module, or those cells of a notebook that train and record, as statements: no comments.

    They are known by what they use: other cells only print and draw.
    """
    if path.suffix == ".sha256":
        return _of_json(path.read_text())
    if path.suffix != ".ipynb":
        return _of_json(_statements(path.read_text()))
    sources = [source for tags, source in code_cells(path.stem) if "parameters" not in tags]
    return _of_json([_statements(source) for source in sources if _trains(source)])


def _trains(source: str) -> bool:
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return bool(names & {"trials", "experiment", "trial"})


def _of_functions(path: Path, names: set[str]) -> str:
    """Some functions of a module, and those of the same module that they call.

    Not the whole module, so that a new method or allocation leaves the others' cells finished.
    """
    whole = ast.parse(path.read_text()).body
    functions = {node.name: node for node in whole if isinstance(node, ast.FunctionDef)}
    if not names <= functions.keys():
        return _of_file(path, _of_code)
    found, waiting = set(), set(names)
    while waiting:
        current = waiting.pop()
        found.add(current)
        used = {node.id for node in ast.walk(functions[current]) if isinstance(node, ast.Name)}
        waiting |= (used & functions.keys()) - found
    return _of_json([_statements(ast.unparse(functions[one])) for one in sorted(found)])


def _statements(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        )
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _of_beats(path: Path) -> str:
    if not path.is_file():
        raise SweepError(f"no beats at {path}: run `make repro`, or notebooks/01_data.ipynb, first")
    return _of_file(path, _of_arrays)


def _of_arrays(path: Path) -> str:
    """The arrays of an .npz file: the zip around them holds times, which do not matter."""
    digest = hashlib.sha256()
    with np.load(path, allow_pickle=False) as arrays:
        for name in sorted(arrays.files):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _of_json(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
