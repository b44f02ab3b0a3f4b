"""Which project files a notebook or module needs, found by walking its imports (not running it)."""

import ast
from functools import cache
from pathlib import Path

import nbformat

from ecglib.methods import catalogue  # noqa: F401  (registers all)
from ecglib.settings.config import Settings
from ecglib.settings.registry import ALLOCATIONS, BUDGETS, CRITERIA, METHODS
from ecglib.sweep import modules, reach

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ecglib"
# How code names the whole of params.yaml: its attributes are sections.
SETTINGS = {"settings", "settings()", "asked", "config.load()"}


def source_of(path: Path) -> str:
    """The Python source of a module, or of a notebook's code cells."""
    if path.suffix != ".ipynb":
        return path.read_text()
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def file_of(name: str) -> Path | None:
    """The file of a dotted module name of the package, or None if it names something else."""
    path = ROOT.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def imported_names(path: Path) -> set[str]:
    """Every module that the file imports, dotted; `from a import b` gives both a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(source_of(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def direct_imports(path: Path) -> set[Path]:
    """Files of the package that the file imports itself."""
    ours = {name for name in imported_names(path) if name.split(".")[0] == "ecglib"}
    return {file for name in ours if (file := file_of(name))}


@cache
def needed_files(path: Path) -> frozenset[Path]:
    """All files of the package that importing the file runs, packages' __init__ included."""
    found, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        new = direct_imports(current)
        new |= {init for file in new for init in _packages_of(file)}
        waiting += new - found
        found |= new
    return frozenset(found - {path})


def _packages_of(file: Path) -> set[Path]:
    folders = [parent for parent in file.parents if parent.is_relative_to(PACKAGE)]
    return {folder / "__init__.py" for folder in folders}


def sections_read(path: Path) -> set[str]:
    """The sections of params.yaml that a notebook reads, itself or through what it may call.

    It may call all that its names reach, and what stands in a registry of choices.
    """
    notebook = modules.Module(path.name, ast.parse(source_of(path)))
    used = set().union(*(notebook.names_used(name) for name in notebook.definitions))
    roots = {(file, name) for file, name in used if file != notebook.file}
    stage = path.stem.split("_", 1)[1]
    chosen = [method for method in METHODS.values() if method.stage == stage]
    if chosen and stage != "baseline":
        chosen += [*CRITERIA.values(), *ALLOCATIONS.values(), *BUDGETS.values()]
    roots |= {reach.of_function(choice.function) for choice in chosen}
    trees = [notebook.tree]
    for file, name in reach.reached(roots, unseen=()):
        trees += modules.module_of(file).stripped(name)
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in SETTINGS
    } & Settings.model_fields.keys()
