"""What was found of a network, kept in build/ for as long as nothing changes that it depends on."""

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path

import torch

from ecglib import paths
from ecglib.data.beats import path_of
from ecglib.deployment import rounded
from ecglib.device import compiler
from ecglib.results.runs import Key
from ecglib.settings.config import settings

FOLDER = paths.BUILD / "device"
CODE = paths.ROOT / "ecglib"
SUFFIXES = {".py", ".h", ".ld", ".sha256"}
OTHERS = {
    "apnea",
    "denoising",
    "offloading",
    "pages",
    "perturbation",
    "plots",
    "report",
    "stream",
    "sweep",
    "systems",
}  # what they do changes nothing here


def recall(key: Key, network: Path, find: Callable[[Key, Path], object]) -> object:
    """find(key, network) as JSON has it, or what it gave before; damage means to find it anew.

    network: its weight file. Its content, that of the tuned copy and the beats, the settings, the
    code, the compilers, packages and kind of processor are those of then, or it is found anew.
    """
    path = FOLDER / f"{_depends_on(key, network)}.json"
    try:
        digest, text = path.read_text().split("\n", 1)
        if digest == _digest(text.encode()):
            return json.loads(text)
    except (OSError, ValueError):
        pass  # there is none, or it is damaged
    text = json.dumps(find(key, network), default=lambda number: number.item())
    # Under today's name: what it depends on now, for it may have been tuned just then.
    with paths.atomic(FOLDER / f"{_depends_on(key, network)}.json") as temporary:
        temporary.write_text(f"{_digest(text.encode())}\n{text}")
    return json.loads(text)


def _depends_on(key: Key, network: Path) -> str:
    whole = settings()
    on = [
        key,
        [_of_file(path) for path in (network, rounded.path_of(key))],
        _of_large_file(path_of(whole.data.windows[key.model])),
        whole.on_device_estimate.model_dump(exclude={"targets", "steady"}),
        whole.data.model_dump(),
        whole.training[key.split].model_dump(),
        _of_everything_else(),
    ]
    return _digest(json.dumps(on, sort_keys=True).encode())


@lru_cache(maxsize=1)
def _of_everything_else() -> list:
    """Code, packages, compilers, and the processor's instructions, as this process found them."""
    code = [path for path in sorted(CODE.rglob("*")) if path.suffix in SUFFIXES]
    own = [path for path in code if path.relative_to(CODE).parts[0] not in OTHERS]
    return [
        [[path.relative_to(CODE).as_posix(), _of_file(path)] for path in own],
        sorted(f"{each.name} {each.version}" for each in distributions()),
        [_version(which) for which in (compiler.device_compiler, compiler.host_compiler)],
        torch.backends.cpu.get_cpu_capability(),
    ]


def _version(which: Callable[[], list[str]]) -> str:
    try:
        return compiler.version(which())
    except compiler.CompilerMissing:
        return "missing"


def _of_file(path: Path) -> str:
    return _digest(path.read_bytes()) if path.exists() else "absent"


_of_large_file = lru_cache(_of_file)  # of the beats, which no process changes


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
