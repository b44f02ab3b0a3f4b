"""The library's layers: who may import whom, as one table."""

import pytest
from imports import PACKAGE, ROOT, direct_imports, imported_names

# Each module -> the modules of the package it may import. A package's own __init__ is free to all.
BASE = {"paths"}
MAY_IMPORT = {
    "paths": set(),
    "tables": BASE,
    "sections": set(),
    "config": BASE | {"sections"},
    "parameters": {"sections"},
    "arrays": BASE,
    "runs": BASE | {"arrays", "tables"},
    "plots/style": BASE,
    "plots/beats": {"plots/style"},
    "plots/networks": {"plots/style"},
    "plots/costs": {"plots/style"},
    "plots/comparisons": {"plots/style"},
    "data/records": BASE,
    "data/beats": BASE | {"arrays", "config", "sections", "data/records"},
    "data/splits": {"data/beats", "data/records"},
    "data/datamodule": {"data/beats", "data/records", "data/splits"},
    "models/layers": set(),
    "models/acharya2017": {"models/layers"},
    "models/kachuee2018": set(),
    "models": BASE | {"models/acharya2017", "models/kachuee2018"},
    "metrics": {"sections"},
    "classifier": {"data/datamodule", "metrics"},
    "pruning/masks": BASE,
    "pruning/scores": set(),
    "pruning/schedules": set(),
    "pruning/prune": {"pruning/masks", "pruning/scores"},
    "pruning/callbacks": {"pruning/masks"},
    "pruning/multistage": {
        "pruning/masks",
        "pruning/scores",
        "pruning/schedules",
        "pruning/prune",
        "pruning/callbacks",
    },
    "device/storage": set(),
    "device/cost": {"device/storage"},
    "report": {"config", "metrics", "runs", "tables"},
    "statements": {"config"},
    "execute": BASE | {"config"},
    "experiment": None,  # what the notebooks share may use everything but the report
}
LIGHTNING = {"data/datamodule", "classifier", "pruning/callbacks"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def short(path) -> str:
    """ecglib/data/beats.py -> data/beats; a package's __init__.py -> the package."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_imports_only_what_its_layer_may(path):
    imported = {short(file) for file in direct_imports(path)} - {"__init__"}
    imported -= {"data", "plots", "pruning", "device"}  # their __init__ holds a docstring
    name = short(path)
    if name in {"__init__", "data", "plots", "pruning", "device"}:
        assert not imported
    elif MAY_IMPORT[name] is None:
        assert "report" not in imported and "execute" not in imported
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
    named = {short(path) for path in MODULES} - {"__init__", "data", "plots", "pruning", "device"}
    assert named == MAY_IMPORT.keys()
    assert ROOT.joinpath("ecglib").is_dir()
