"""The top level of the project's modules: definitions, what each names, and a digest of it."""

import ast
import copy
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from ecglib import paths
from ecglib.sweep import digests

PACKAGE = "ecglib"
Definition = tuple[str, str]  # a file from the root, such as ecglib/paths.py, and a name in it
BODY = ""  # the name of a module's other statements, which run when it is imported


@dataclass(frozen=True)
class Module:
    """One file's top level: its definitions by name, and what its imports stand for."""

    file: str
    tree: ast.Module

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """Name -> the statements that define it; BODY -> those that define nothing."""
        found: dict[str, list[ast.stmt]] = {BODY: []}
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
                continue
            for name in _names_of(node) or [BODY]:
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str | None]]:
        """Name here -> (file, name there), or (file, None) for a whole module."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
                for alias in node.names:
                    found[alias.asname or alias.name] = _imported(node.module, alias.name)
        return found

    @cached_property
    def elsewhere(self) -> dict[str, str]:
        """Name here -> what was imported under it from outside the project, dotted."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                for alias in node.names:
                    found[alias.asname or alias.name.split(".")[0]] = start + alias.name
        return {name: of for name, of in found.items() if name not in self.imports}

    def registers(self, decorator: ast.expr) -> bool:
        """Whether a decorator only enters a function into a registry: no matter of its result."""
        if not isinstance(decorator, ast.Call):
            return False
        if isinstance(decorator.func, ast.Attribute):
            return decorator.func.attr == "register"
        file, name = self.imports.get(decorator.func.id, (self.file, decorator.func.id))
        return any(
            isinstance(node, ast.Assign) and _is_partial_register(module_of(file), node.value)
            for node in module_of(file).definitions.get(name, [])
        )

    @cache  # noqa: B019  (modules are as few as files)
    def stripped(self, name: str) -> list[ast.stmt]:
        """A definition without docstrings, annotations of functions and registering decorators."""
        return [_Strip(self).visit(copy.deepcopy(node)) for node in self.definitions[name]]

    @cache  # noqa: B019
    def digest(self, name: str) -> str:
        """SHA-256 of a definition: its statements, and what its names from elsewhere stand for."""
        nodes = [inner for one in self.stripped(name) for inner in ast.walk(one)]
        used = {node.id for node in nodes if isinstance(node, ast.Name)} & self.elsewhere.keys()
        statements = [ast.dump(node) for node in self.stripped(name)]
        return digests.of_json([*statements, *sorted((of, self.elsewhere[of]) for of in used)])

    @cache  # noqa: B019
    def names_used(self, name: str) -> frozenset[Definition]:
        """The definitions that one of this module's names, by their files."""
        found = {(self.file, BODY)}
        for node in (inner for one in self.stripped(name) for inner in ast.walk(one)):
            if isinstance(node, ast.Name) and node.id in self.definitions:
                found.add((self.file, node.id))
            elif isinstance(node, ast.Name) and self.imports.get(node.id, (0, None))[1]:
                found.add(self.imports[node.id])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                file, whole = self.imports.get(node.value.id, ("", ""))
                if whole is None:
                    found.add((file, node.attr))
        return frozenset(found - {(self.file, name)})


def module_of(file: str) -> Module:
    """The module of a file from the root, read again only where it was written again."""
    return digests.of_file(paths.ROOT / file, _read)


def _read(path: Path) -> Module:
    return Module(path.relative_to(paths.ROOT).as_posix(), ast.parse(path.read_text()))


def _imported(module: str, name: str) -> tuple[str, str | None]:
    """What `from module import name` stands for: a module of the package, or a name in one."""
    whole, inside = _file_of(f"{module}.{name}"), _file_of(module)
    return (whole, None) if whole else (inside, name)


@lru_cache(maxsize=1000)
def _file_of(module: str) -> str:
    path = module.replace(".", "/")
    files = (f"{path}.py", f"{path}/__init__.py")
    return next((file for file in files if (paths.ROOT / file).is_file()), "")


def _names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = {ast.Assign: "targets", ast.AnnAssign: "target"}.get(type(node))
    if not targets:
        return []
    of = getattr(node, targets)
    parts = (part for one in (of if isinstance(of, list) else [of]) for part in ast.walk(one))
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_partial_register(module: Module, value: ast.expr) -> bool:
    """Whether an expression is `partial(REGISTRY.register, ...)`, or a partial of such a one."""
    if not isinstance(value, ast.Call) or not value.args:
        return False
    first = value.args[0]
    if isinstance(first, ast.Attribute):
        return first.attr == "register"
    return isinstance(first, ast.Name) and any(
        isinstance(node, ast.Assign) and _is_partial_register(module, node.value)
        for node in module.definitions.get(first.id, [])
    )


class _Strip(ast.NodeTransformer):
    """Takes out what changes no result."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self._documented(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._documented(node)

    def _documented(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        node.decorator_list = [one for one in node.decorator_list if not self.module.registers(one)]
        if _is_text(node.body[0]):
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)
