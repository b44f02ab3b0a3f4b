"""The library's layers: which room may import which, as one table."""

import pytest
from imports import PACKAGE, direct_imports, imported_names

# Each room -> the rooms it may import, beside itself. Read downwards: nothing imports what stands
# below it here. The rooms of further systems come below `deployment`.
DATA = {"paths", "settings", "data"}
TRAINED = DATA | {"models", "training"}
PRUNED = TRAINED | {"device", "pruning", "pruning/filters"}
MAY_IMPORT = {
    "paths": set(),
    "settings": {"paths"},
    "plots": {"paths"},
    "pages": {"paths"},
    "data": {"paths", "settings"},
    "models": {"paths", "settings"},
    "device": {"paths", "settings"},
    "training": DATA,
    "results": DATA,
    "pruning": {"paths", "settings", "device"},
    "pruning/filters": {"settings", "device", "models", "pruning"},
    "methods/rivals": {"settings", "pruning"},
    "methods": PRUNED | {"methods/rivals"},
    "study": PRUNED | {"methods", "results"},
    "report": {"paths", "settings", "training", "results", "device"},
    "sweep": PRUNED | {"methods", "results", "study"},
    "deployment": PRUNED | {"methods", "results"},
    "systems": {"data"},
    "apnea": PRUNED | {"methods", "results", "study", "deployment", "report", "systems"},
    "perturbation": PRUNED | {"methods", "results", "study", "deployment", "report", "systems"},
    "denoising": PRUNED | {"methods", "methods/rivals", "results", "report", "systems"},
    "offloading": PRUNED | {"results", "deployment", "report", "systems"},
    "unseen": PRUNED | {"methods", "results", "report", "systems"},
    "stream": PRUNED | {"results", "deployment", "report", "systems", "unseen"},
    "frontier": PRUNED | {"methods", "results", "report", "deployment", "systems"},
}
TRAINS_WITH_LIGHTNING = {
    *("data", "training", "pruning", "pruning/filters", "methods/rivals"),
    *("apnea", "perturbation", "denoising", "unseen", "frontier"),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def short(path) -> str:
    """ecglib/data/beats.py -> data/beats."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def room_of(path) -> str:
    """ecglib/data/beats.py -> data; a module at the top is a room of its own."""
    folder = path.parent.relative_to(PACKAGE).as_posix()
    return path.stem if folder == "." else folder


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_imports_only_what_its_room_may(path):
    rooms = {room_of(file) for file in direct_imports(path)} - {"__init__", room_of(path)}
    # A package's own __init__ says what it is for; importing from it is no arrow of its own.
    assert rooms <= MAY_IMPORT.get(room_of(path), set()), short(path)


def test_every_room_has_its_row_and_one_module_stands_at_the_top():
    assert {room_of(path) for path in MODULES} - {"__init__"} == MAY_IMPORT.keys()
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "paths"}


def test_no_arrow_runs_upwards():
    rooms = list(MAY_IMPORT)
    for room, below in MAY_IMPORT.items():
        assert all(rooms.index(other) < rooms.index(room) for other in below), room


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_only_the_rooms_that_train_import_lightning(path):
    tops = {name.split(".")[0] for name in imported_names(path) if name}
    assert "pytorch_lightning" not in tops or room_of(path) in TRAINS_WITH_LIGHTNING


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
