"""What a cell's result depends on, as one hash: a finished cell is one whose hash is unchanged.

Code counts by definition, not by file: those that the cell's method, criterion, allocation, budget,
model, split and normalisation can reach. Each of these is an entry of its registry, so a new one
leaves the finished cells as they are.
"""

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from ecglib import paths
from ecglib.data import noise
from ecglib.data.beats import path_of
from ecglib.methods import dense, fitting
from ecglib.settings.config import Settings
from ecglib.settings.registry import (
    ALLOCATIONS,
    BUDGETS,
    CRITERIA,
    METHODS,
    MODELS,
    NORMALISATIONS,
    SPLITS,
    Choice,
)
from ecglib.study import experiment
from ecglib.sweep import digests, reach
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell
from ecglib.sweep.modules import Definition

# What is never seen in a result: files that are read or written (the beats count by their content,
# settings by their values), scores of an epoch that are only logged, and progress that is shown.
UNSEEN = {
    *("ecglib/paths.py", "ecglib/results"),
    *("ecglib/data/arrays.py", "ecglib/data/beats.py", "ecglib/data/records.py"),
    *(f"ecglib/settings/{name}.py" for name in ("config", "parameters", "registry", "words")),
    *(f"ecglib/settings/{name}.py" for name in ("sections", "pruning")),
    ("ecglib/study/experiment.py", "ecglib/models/__init__.py"),  # loads the dense network
    ("ecglib/training/classifier.py", "ecglib/training/metrics.py"),
    ("ecglib/training/classifier.py", "ecglib/training/progress.py"),
}
# What a trial names, and uses only where a method takes a criterion, an allocation and a budget.
FOR_MASKS = {("ecglib/methods/trial.py", "ecglib/pruning/prune.py")}
# What a data module names, and uses only where a model has features or a split is augmented.
DATA = "ecglib/data/datamodule.py"
FOR_FEATURES = {(DATA, "ecglib/data/rhythm.py")}
FOR_AUGMENTATION = {
    (file, f"ecglib/data/{name}.py")
    for file in (DATA, "ecglib/methods/fitting.py")
    for name in ("augmentation", "noise")
}


def choices(cell: Cell, settings: Settings) -> list[Choice]:
    """The registered entries that the cell was told to use; `no_finetune` goes with `one_shot`."""
    of = cell.parameters
    window = settings.data.windows[of["model"]]
    found = [MODELS[of["model"]], SPLITS[of["split"]], NORMALISATIONS[window.normalise]]
    if cell.is_dense:
        return found
    found.append(METHODS[of["method"]])
    if of["method"] == "one_shot":  # its notebook records the network without fine-tuning, too
        found.append(METHODS["no_finetune"])
    of_masks = {"criterion": CRITERIA, "allocation": ALLOCATIONS, "budget": BUDGETS}
    taken = METHODS[of["method"]].takes
    return found + [choose[of[name]] for name, choose in of_masks.items() if name in taken]


def settings_used(cell: Cell, settings: Settings) -> dict[str, Any]:
    """The settings that bear on the cell's result; those of the data are in its beats."""
    of, whole = cell.parameters, settings.model_dump()
    training = settings.training[of["split"]].for_model(of["model"])
    used = {
        "training": training.model_dump(exclude={"learning_rate_of"}),
        "baseline": whole["baseline"],
        "window": whole["data"]["windows"][of["model"]],
    }
    if "schedule" in of:
        used["stages"] = [tuple(stage) for stage in settings.stages(of["schedule"])]
    for place in {place for choice in choices(cell, settings) for place in choice.settings}:
        used[place] = reduce(lambda section, key: section[key], place.split("."), whole)
    return used


def code(cell: Cell, settings: Settings) -> frozenset[Definition]:
    """The definitions that decide the weights of the cell's networks."""
    start = dense.train_baseline if cell.is_dense else experiment.trial
    functions = [fitting.load_data, start, *(one.function for one in choices(cell, settings))]
    unseen = set(UNSEEN)
    if not cell.is_dense and not METHODS[cell.parameters["method"]].takes:
        unseen |= FOR_MASKS
    if not MODELS[cell.parameters["model"]].function.n_features:
        unseen |= FOR_FEATURES
    if not any(settings.training[cell.parameters["split"]].augmentation.model_dump().values()):
        unseen |= FOR_AUGMENTATION
    return reach.reached(map(reach.of_function, functions), unseen)


def parts(cell: Cell, settings: Settings) -> dict[str, str]:
    """Everything the cell's result depends on: name -> SHA-256; names say where to look.

    Raises:
        SweepError: the beats that the cell needs are not there.
    """
    definitions = code(cell, settings)
    notebook = paths.notebook(cell.stage)
    found = {
        "parameters": digests.of_json([cell.stage, dict(cell.parameters)]),
        "settings": digests.of_json(settings_used(cell, settings)),
        "data": _of_beats(path_of(settings.data.windows[cell.parameters["model"]])),
        notebook.relative_to(paths.ROOT).as_posix(): digests.of_training(cell.stage),
        **reach.digests_by_file(definitions),
    }
    if reach.of_function(noise.read_noise) in definitions:
        found["recorded noise"] = digests.of_json(noise.NSTDB_SHA256)
    if not cell.is_dense:
        found["dense"] = of_parts(parts(cell.dense, settings))
    return found


def of_parts(found: Mapping[str, str]) -> str:
    """The fingerprint: one hash of all parts."""
    return digests.of_json(dict(found))


def _of_beats(path: Path) -> str:
    if not path.is_file():
        raise SweepError(f"no beats at {path}: run `make repro`, or notebooks/01_data.ipynb, first")
    return digests.of_file(path, digests.of_arrays)
