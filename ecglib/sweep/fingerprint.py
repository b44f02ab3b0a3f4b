"""What a cell's result depends on, as one hash: a finished cell is one whose hash is unchanged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecglib import config, paths
from ecglib.data.beats import path_of
from ecglib.filter_runs import is_filter_method
from ecglib.models import MODELS
from ecglib.pruning.prune import ALLOCATIONS
from ecglib.pruning.scores import CRITERIA
from ecglib.sweep import digests
from ecglib.sweep.errors import SweepError
from ecglib.sweep.grid import Cell

PACKAGE = paths.ROOT / "ecglib"
# The code that trains; the code that prunes is ecglib/pruning, the rivals, and METHODS.
TRAINS = ("trials.py", "classifier.py", "models/layers.py", "data/datamodule.py", "data/splits.py")
# What counts only where a model's inputs, or a split's training, call for it.
FOR_RHYTHM = ("data/rhythm.py", "data/patient.py")
FOR_AUGMENTATION = ("data/augmentation.py", "data/noise.py", "data/nstdb.sha256")
FOR_PRICES = ("device/cost.py",)
PRICED = {"macs", "small_dense", "magnitude_per_mac", "magnitude_half_per_mac"}
SCORING = ("oracle_filter", "taylor_filter")  # filters, on training beats
CHOOSING = ("one_shot_tuned", "layerwise_by_sensitivity")  # by validation scores
# Of these only the functions that the cell uses count.
METHODS, EXPERIMENT = PACKAGE / "methods.py", PACKAGE / "experiment.py"
METRICS = PACKAGE / "metrics.py"
PRUNE, SCORES = PACKAGE / "pruning" / "prune.py", PACKAGE / "pruning" / "scores.py"
FILTER_METHODS = PACKAGE / "filter_methods.py"
# The modules of ecglib/rivals that serve some methods only; others count for every method.
RIVALS = {
    "lightning_pruning": ("lightning_model_pruning",),
    "torch_prune": ("torch_prune",),
    "torch_pruning_channels": ("torch_pruning", "dependency_graph"),
}
AOFP = ("aofp", "followers", "searching")  # of pruning/filters/
FOR_FILTERS = ("models/slim.py", "device/structure.py", "device/cost.py")


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
    if of.get("criterion") == "gradient" or method.startswith(SCORING):
        used["scoring_beats"] = whole["scoring_beats"]
    if method.startswith("aofp"):
        used["search"] = whole["filter_prune"]["search"]
    if method.endswith("_in_blocks"):
        used["block"] = whole["filter_prune"]["block"]
    if method == "oracle_filter":  # AOFP's scores stand beside its own
        used["agreement_masks"] = whole["filter_prune"]["agreement_masks"]
    return used


def parts(cell: Cell, settings: config.Settings) -> dict[str, str]:
    """Everything the cell's result depends on: name -> SHA-256; names say where to look.

    Raises:
        SweepError: the beats that the cell needs are not there.
    """
    found = {
        "parameters": digests.of_json([cell.notebook, dict(cell.parameters)]),
        "settings": digests.of_json(settings_used(cell, settings)),
        "data": _of_beats(path_of(settings.data.windows[cell.parameters["model"]])),
    }
    for path in code(cell, settings):
        found[path.relative_to(paths.ROOT).as_posix()] = digests.of_file(path, digests.of_code)
    if not cell.is_dense:
        for name, (path, functions) in _functions_used(cell).items():
            found[f"ecglib/{name}"] = digests.of_functions(path, functions)
        found["dense"] = of_parts(parts(cell.dense, settings))
    return found


def _functions_used(cell: Cell) -> dict[str, tuple[Path, set[str]]]:
    """Of the modules that hold something for every method, the functions that this cell calls."""
    method, trial = cell.parameters["method"], {"experiment.py": (EXPERIMENT, {"trial"})}
    if is_filter_method(method):
        return trial | {"filter_methods.py": (FILTER_METHODS, {method})}
    allocate = ALLOCATIONS[cell.parameters["allocation"]].__name__
    # With one-shot its notebook records the network without fine-tuning too.
    called = {method, "no_finetune"} if method == "one_shot" else {method}
    pruning = {"prune", "pruner", allocate}
    scoring = {CRITERIA[cell.parameters["criterion"]].__name__}
    found = trial | {
        "methods.py": (METHODS, called),
        "pruning/prune.py": (PRUNE, pruning),
        "pruning/scores.py": (SCORES, scoring),
    }
    if method in CHOOSING:
        found["metrics.py"] = (METRICS, {"confusion", "f1_macro"})
    return found


def of_parts(found: Mapping[str, str]) -> str:
    """The fingerprint: one hash of all parts."""
    return digests.of_json(dict(found))


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
    if PRICED & set(cell.parameters.values()):
        names += FOR_PRICES
    if is_filter_method(method):
        names += FOR_FILTERS
    files = [PACKAGE / name for name in dict.fromkeys(names)]
    if is_filter_method(method):
        files += [
            file
            for file in PACKAGE.glob("pruning/filters/*.py")
            if file.stem not in AOFP or method.startswith(("aofp", "oracle"))
        ]
    if not cell.is_dense:
        files += [file for file in PACKAGE.glob("pruning/*.py") if file not in (PRUNE, SCORES)]
        rivals = PACKAGE.glob("rivals/*.py")
        files += [file for file in rivals if method in RIVALS.get(file.stem, (method,))]
    return [*sorted(files), paths.ROOT / "notebooks" / f"{cell.notebook}.ipynb"]


def _of_beats(path: Path) -> str:
    if not path.is_file():
        raise SweepError(f"no beats at {path}: run `make repro`, or notebooks/01_data.ipynb, first")
    return digests.of_file(path, digests.of_arrays)
