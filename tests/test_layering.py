"""The library's layers: who may import whom, as one table."""

import pytest
from imports import PACKAGE, ROOT, direct_imports, imported_names

# Each module -> the modules of the package it may import. A package's own __init__ is free to all.
BASE = {"paths"}
RIVAL = {"pruning/masks", "pruning/schedules", "pruning/multistage"}
MAY_IMPORT = {
    "paths": set(),
    "tables": BASE,
    "sections": set(),
    "schema": {"sections"},
    "schema_pruning": {"schema", "sections"},
    "config": BASE | {"sections", "schema", "schema_pruning", "pruning/schedules"},
    "parameters": {"sections"},
    "arrays": BASE,
    "runs": BASE | {"arrays", "sections", "tables"},
    "filter_runs": BASE | {"runs"},
    "plots/style": BASE,
    "plots/beats": {"plots/style"},
    "plots/filters": {"plots/rankings", "plots/style"},
    "plots/networks": {"plots/style"},
    "plots/costs": {"plots/style"},
    "plots/devices": {"plots/rankings", "plots/style"},
    "plots/comparisons": {"plots/style"},
    "plots/rankings": {"plots/style"},
    "plots/budgets": {"plots/style", "plots/rankings"},
    "data/records": BASE,
    "data/beats": BASE | {"arrays", "schema", "sections", "data/records"},
    "data/splits": {"data/beats", "data/records"},
    "data/rhythm": {"data/beats"},
    "data/patient": {"data/beats", "data/rhythm"},
    "data/augmentation": set(),
    "data/noise": BASE | {"data/records"},
    "data/datamodule": {
        *("sections", "data/augmentation", "data/beats", "data/noise", "data/patient"),
        *("data/records", "data/rhythm", "data/splits"),
    },
    "models/layers": set(),
    "models/acharya2017": {"models/layers"},
    "models/kachuee2018": set(),
    "models/rhythm_cnn": {"models/layers"},
    "models/slim": set(),
    "models": BASE
    | {"models/acharya2017", "models/kachuee2018", "models/rhythm_cnn", "models/slim"},
    "metrics": {"sections"},
    "ectopic": {"metrics", "sections"},
    "classifier": {"data/datamodule", "metrics"},
    "pruning/masks": BASE,
    "pruning/scores": {"device/cost", "pruning/masks"},
    "pruning/schedules": set(),
    "pruning/prune": {"pruning/masks", "pruning/scores"},
    "pruning/callbacks": {"pruning/masks"},
    "pruning/multistage": {"pruning/masks", "pruning/schedules", "pruning/callbacks"},
    "pruning/controls": {
        *("pruning/masks", "pruning/schedules", "pruning/callbacks", "pruning/multistage"),
    },
    "pruning/filters/groups": {"device/structure"},
    "pruning/filters/shrink": {"models/slim", "pruning/filters/groups"},
    "pruning/filters/scores": {"pruning/filters/groups"},
    "pruning/filters/followers": {
        *("device/structure", "pruning/filters/aofp", "pruning/filters/groups"),
        "pruning/filters/scores",
    },
    "pruning/filters/aofp": set(),
    "pruning/filters/removal": {
        *("pruning/masks", "pruning/schedules", "pruning/multistage"),
        *("pruning/filters/groups", "pruning/filters/scores", "pruning/filters/shrink"),
    },
    "pruning/filters/searching": {
        *("pruning/filters/aofp", "pruning/filters/followers", "pruning/filters/groups"),
        *("pruning/filters/removal", "pruning/filters/shrink"),
    },
    "rivals/torch_prune": RIVAL,
    "rivals/lightning_pruning": RIVAL,
    "rivals/torch_pruning_channels": RIVAL,
    "device/storage": set(),
    "device/cost": {"device/storage"},
    "device/integer": set(),
    "device/structure": {"device/cost", "device/integer"},
    "device/quantize": {"device/integer", "device/structure"},
    "device/exchange": BASE,
    "device/packing": {"device/integer"},
    "device/kernels": {"device/integer"},
    "device/arena": set(),
    "device/plan": {"device/arena", "device/integer", "device/kernels", "device/packing"},
    "device/layer_code": {"device/integer", "device/kernels", "device/packing", "device/plan"},
    "device/zscore": {"device/integer"},
    "device/firmware": BASE
    | {"device/integer", "device/layer_code", "device/plan", "device/zscore", "sections"},
    "device/compiler": BASE,
    "device/cortex_m4": set(),
    "device/hooks": {"device/compiler"},
    "device/execution": {"device/cortex_m4", "device/hooks"},
    "device/meter": {"device/cortex_m4", "device/execution"},
    "device/boards": set(),
    "device/host": {"device/compiler", "device/firmware", "device/integer", "sections"},
    "device/measure": {
        *("device/compiler", "device/cortex_m4", "device/firmware", "device/integer"),
        *("device/kernels", "device/meter", "sections"),
    },
    "report/devices": {"device/boards", "ectopic", "report/variants", "schema"},
    "report/device_tables": {"device/boards", "ectopic", "report/markdown"},
    "report/device_statements": {
        *("device/boards", "report/devices", "report/device_tables", "report/markdown", "schema"),
    },
    "report/filters": {"filter_runs", "report/ranking", "report/variants"},
    "report/filter_statements": {"report/filters", "report/markdown"},
    "report/study": {"schema", "metrics", "report/resampling", "runs", "tables"},
    "report/statements": {"schema", "report/markdown"},
    "report/variants": {"metrics"},
    "report/resampling": set(),
    "report/ranking": {"metrics", "report/resampling", "report/variants"},
    "report/limits": {"report/ranking", "schema", "report/variants"},
    "report/questions": {"report/variants"},
    "report/answering": {
        *("metrics", "report/questions", "report/ranking", "report/resampling"),
        *("report/variants", "sections"),
    },
    "report/interpatient": {
        *("ectopic", "report/ranking", "report/resampling", "report/variants", "sections")
    },
    "report/summary": {
        *("report/filters", "report/markdown", "report/questions", "report/resampling"),
        "schema",
    },
    "report/markdown": {"report/resampling"},
    "report/conclusions": {*("report/markdown", "report/questions", "report/resampling")},
    "execute": BASE | {"config"},
    "sweep/errors": set(),
    "sweep/grid": BASE | {"config", "parameters", "pruning/schedules", "runs", "sections"},
    "sweep/fingerprint": BASE
    | {"config", "data/beats", "filter_runs", "models", "pruning/prune", "pruning/scores"}
    | {"sweep/digests", "sweep/errors", "sweep/grid"},
    "sweep/digests": {"sweep/grid"},
    "sweep/store": BASE | {"runs", "sweep/errors", "sweep/grid"},
    "sweep/bundle": BASE
    | {
        *("arrays", "filter_runs", "runs", "sections"),
        *("sweep/errors", "sweep/grid", "sweep/store"),
    },
    "sweep/results": {
        *("config", "metrics", "runs", "sections"),
        *("sweep/errors", "sweep/fingerprint", "sweep/grid", "sweep/store"),
    },
    "sweep/task": BASE
    | {"config", "execute", "sweep/bundle", "sweep/errors", "sweep/fingerprint"}
    | {"sweep/grid", "sweep/store"},
    "sweep/kept": {
        *("config", "filter_runs", "pruning/schedules", "runs"),
        *("sweep/grid", "sweep/results", "sweep/store"),
    },
    "sweep/cluster": {"sweep/errors", "sweep/task"},
    "sweep/run": BASE
    | {"config", "sweep/errors", "sweep/fingerprint", "sweep/grid", "sweep/store", "sweep/task"},
    "sweep/__main__": BASE
    | {"config", "sections", "sweep/cluster", "sweep/errors", "sweep/grid", "sweep/results"}
    | {"sweep/run", "sweep/store"},
    # What decides the weights of a run, and what the notebooks share, may use all but the report.
    "trials": None,
    "methods": None,
    "filter_methods": None,
    "experiment": None,
    "deployment/compact": {"pruning/filters/groups", "pruning/filters/shrink"},
    "deployment/aware": {
        *("device/integer", "device/quantize", "device/structure"),
        *("pruning/callbacks", "pruning/masks"),
    },
    "deployment/integers": None,
    "deployment/memory": None,
    "deployment/rounded": None,
    "deployment/survey": None,
    "deployment/folder": None,
}
LIGHTNING = {
    *("data/datamodule", "classifier", "pruning/callbacks", "rivals/lightning_pruning"),
    "pruning/filters/searching",
}
PACKAGES = {"data", "plots", "pruning", "device", "report", "rivals", "sweep", "deployment"}
PACKAGES |= {"pruning/filters"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def short(path) -> str:
    """ecglib/data/beats.py -> data/beats; a package's __init__.py -> the package."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_imports_only_what_its_layer_may(path):
    imported = {short(file) for file in direct_imports(path)} - {"__init__"}
    imported -= PACKAGES  # their __init__ holds a docstring
    name = short(path)
    if name in PACKAGES | {"__init__"}:
        assert not imported
    elif MAY_IMPORT[name] is None:
        assert not any(other.startswith(("report", "sweep", "execute")) for other in imported)
    else:
        assert imported <= MAY_IMPORT[name]


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_only_the_training_modules_import_lightning(path):
    tops = {name.split(".")[0] for name in imported_names(path) if name}
    assert "pytorch_lightning" not in tops or short(path) in LIGHTNING


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_no_module_imports_a_notebook_or_unpickles(path):
    source = path.read_text()
    for forbidden in ("import pickle", "torch.load", "allow_pickle=True", "read_pickle", "%run"):
        assert forbidden not in source


def test_figures_are_drawn_without_torch():
    for path in (PACKAGE / "plots").glob("*.py"):
        assert not any(name and name.startswith("torch") for name in imported_names(path))


def test_modules_stay_small():
    long = {short(path): n for path in MODULES if (n := len(path.read_text().splitlines())) > 200}
    assert not long


def test_every_module_has_its_row():
    named = {short(path) for path in MODULES} - PACKAGES - {"__init__"}
    assert named == MAY_IMPORT.keys()
    assert ROOT.joinpath("ecglib").is_dir()
