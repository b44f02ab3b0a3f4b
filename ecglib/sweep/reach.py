"""Which definitions a function can reach through the project's modules, and a digest of them.

Read from the source, nothing is run. A name counts wherever it stands in a definition, so more may
be reached than is ever called, never less, but for two kinds: what is looked up in a registry (the
one who asks names the chosen entry beside), and what `fingerprint` says is never seen in a result.
"""

import inspect
import itertools
from collections.abc import Collection, Iterable
from pathlib import Path

from ecglib import paths
from ecglib.sweep import digests
from ecglib.sweep.errors import SweepError
from ecglib.sweep.modules import Definition, module_of


def of_function(function: object) -> Definition:
    """Where a function or class is defined."""
    path = Path(inspect.getsourcefile(function))
    return path.relative_to(paths.ROOT).as_posix(), function.__qualname__


def reached(
    roots: Iterable[Definition], unseen: Collection[str | tuple[str, str]]
) -> frozenset[Definition]:
    """The roots and all that they can reach; SweepError for a root that cannot be read.

    unseen: files and folders that are not entered, and pairs of files (from, to) of which the
    first does not lead into the second.
    """
    found: set[Definition] = set()
    waiting = list(roots)
    for file, name in waiting:
        if name not in module_of(file).definitions | module_of(file).imports:
            raise SweepError(f"{name} is no definition at the top of {file}: write it as one")
    while waiting:
        file, name = current = waiting.pop()
        module = module_of(file)
        if name not in module.definitions:
            if name in module.imports and module.imports[name][1]:
                waiting.append(module.imports[name])  # handed on by a package
            continue
        if current in found:
            continue
        found.add(current)
        waiting += [
            used
            for used in module.names_used(name)
            if (file, used[0]) not in unseen and not _is_within(used[0], unseen)
        ]
    return frozenset(found)


def digests_by_file(definitions: Iterable[Definition]) -> dict[str, str]:
    """File -> SHA-256 of these of its definitions."""
    by_file: dict[str, dict[str, str]] = {}
    for file, name in definitions:
        by_file.setdefault(file, {})[name] = module_of(file).digest(name)
    return {file: digests.of_json(by_file[file]) for file in sorted(by_file)}


def _is_within(file: str, unseen: Collection) -> bool:
    return any(part in unseen for part in itertools.accumulate(file.split("/"), "{}/{}".format))
