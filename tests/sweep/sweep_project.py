"""A small project whose notebooks take no time: what a sweep does is seen by its files."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import torch
import yaml

from ecglib import paths
from ecglib.data.beats import path_of
from ecglib.results.runs import Run
from ecglib.settings import config
from ecglib.training import metrics

ENTRY = {"stage": "multistage_prune", "target_sparsity": [0.6, 0.9]}
HANG_S = 3600  # no test waits by the clock: this only ends one that hangs
VALUE = {str: "none", int: 1, float: 0.5}
PREDICTED, LABEL = (0, 1, 2), (0, 0, 2)  # by every network
RESULT = {
    name: VALUE[field.annotation] for name, field in Run.model_fields.items() if field.is_required()
} | metrics.all_scores(metrics.confusion(torch.tensor(PREDICTED), torch.tensor(LABEL)))

# The toy notebooks say in runs.log that they run and for which worker (their parent); they wait
# for the file `go` where there is a file `wait`, and fail where `fail` names them.
TOY = f"""
import json, os, time
import numpy as np
from ecglib import paths

def line(word):
    with open(paths.ROOT / "runs.log", "a") as log:
        log.write(f"{{word}} {{name}} {{os.getppid()}} {{os.getpid()}}\\n")

def write(stage, **values):
    result = {RESULT} | {{"model": model, "split": split, "seed": seed}} | values
    key = "-".join(map(str, values.values())) + f"-s{{seed}}"
    for kind in ("results", "models"):
        (paths.ROOT / into / kind / stage).mkdir(parents=True, exist_ok=True)
    (paths.ROOT / into / "results" / stage / f"{{key}}.json").write_text(json.dumps(result))
    record = np.array(["100", "100", "101"])
    np.savez(
        paths.ROOT / into / "models" / stage / f"{{key}}.npz",
        predicted=np.array({PREDICTED}, np.uint8), label=np.array({LABEL}, np.uint8), record=record,
    )

def meet_the_files():
    fail = paths.ROOT / "fail"
    if fail.exists() and fail.read_text() in name:
        print("as the test wants")
        raise ValueError("no such beat")
    while (paths.ROOT / "wait").exists() and not (paths.ROOT / "go").exists():
        time.sleep(0.02)
"""
BASELINE = """
dense = f"{split}-{model}-dense-s{seed}"
name = dense
line("start")
if (paths.ROOT / "fail").exists():
    meet_the_files()
write("baseline", method="dense")
for kind in ("", ".rewind"):
    path = paths.ROOT / into / "models" / "baseline" / f"{dense}{kind}.safetensors"
    path.write_bytes(f"weights{kind} of {dense}".encode())
line("end")
"""
PRUNE = """
dense = f"{split}-{model}-dense-s{seed}"
name = f"prune-{target_sparsity}-s{seed}"
line("start")
meet_the_files()
for kind in ("", ".rewind"):
    path = paths.ROOT / into / "models" / "baseline" / f"{dense}{kind}.safetensors"
    assert path.read_bytes() == f"weights{kind} of {dense}".encode()
write("multistage_prune", method="multistage", target_sparsity=target_sparsity)
folder = paths.ROOT / into / "models" / "multistage_prune"
weights = folder / f"multistage-{target_sparsity}-s{seed}.safetensors"
weights.write_text(f"weights of {name}")
line("end")
"""


# Runs each line that it is given, a program as JSON, and says what that printed and how it failed.
ASKED = """
import contextlib, io, json, sys, traceback
from ecglib.sweep import grid, kept, results, store
for line in sys.stdin:
    said, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(said):
        try:
            exec(json.loads(line), {})
        except Exception:
            failed = traceback.format_exc()
    print(json.dumps([said.getvalue(), failed]), flush=True)
"""
STATUS = """
import json
from ecglib.settings import config
from ecglib.sweep import grid, results, store
cells = grid.load()
found = store.status(cells, results.fingerprints(cells, config.load()))
names = {word: [cell.name for cell in getattr(found, word)] for word in ("missing", "stale")}
print(json.dumps(names))
"""


class Project:
    """A copy of the library with toy notebooks, and the command that a user would give."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.started: list[subprocess.Popen] = []
        self.asked: subprocess.Popen | None = None
        self.environment = os.environ | {"PYTHONPATH": str(root)}

    def make(self) -> None:
        for name in ("ecglib", "params.yaml", "dvc.yaml"):
            copy = shutil.copytree if (paths.ROOT / name).is_dir() else shutil.copy
            copy(paths.ROOT / name, self.root / name)
        self.grid(ENTRY)
        for name, source in {
            "02_baseline": BASELINE,
            "03_one_shot_prune": PRUNE,
            "04_multistage_prune": PRUNE,
        }.items():
            self.notebook(name, TOY, source)
        self.beats(np.zeros(3))

    def grid(self, *cells: dict, seeds: tuple[int, ...] = (0, 1)) -> None:
        params = yaml.safe_load((paths.ROOT / "params.yaml").read_text())
        params["sweep"] = {"seeds": list(seeds), "cells": list(cells)}
        (self.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    def notebook(self, name: str, *sources: str) -> None:
        """Write a toy notebook with the real one's parameters cell."""
        real = nbformat.read(paths.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        cells = [c for c in real.cells if "parameters" in c.metadata.get("tags", ())]
        cells += [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
        toy = nbformat.v4.new_notebook(cells=cells, metadata=real.metadata)
        (self.root / "notebooks").mkdir(exist_ok=True)
        nbformat.write(toy, self.root / "notebooks" / f"{name}.ipynb")

    def beats(self, adc: np.ndarray) -> None:
        """Write stand-ins for the beats of every model."""
        for window in config.load().data.windows.values():
            path = self.root / path_of(window).relative_to(paths.ROOT)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, adc=adc)

    def start(self, *arguments: str) -> subprocess.Popen:
        return self.python("-m", "ecglib.sweep", *arguments)

    def python(self, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, *arguments]
        started = subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(started)
        return started

    def sweep(self, *arguments: str) -> subprocess.CompletedProcess:
        started = self.start(*arguments)
        out, err = started.communicate(timeout=HANG_S)
        return subprocess.CompletedProcess(arguments, started.returncode, out, err)

    def ask(self, program: str) -> tuple[str, str]:
        """What a program prints here, and how it failed; all in one process, which starts once."""
        if self.asked is None:
            self.asked = subprocess.Popen(
                [sys.executable, "-c", ASKED],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self.started.append(self.asked)
        self.asked.stdin.write(json.dumps(program) + "\n")
        self.asked.stdin.flush()
        out, failed = json.loads(self.asked.stdout.readline())
        return out, failed

    def status(self) -> dict[str, set[str]]:
        """The cells that are `missing` or `stale`."""
        out, failed = self.ask(STATUS)
        assert not failed, failed
        return {word: set(names) for word, names in json.loads(out).items()}

    def log(self, word: str = "start") -> list[tuple[str, int, int]]:
        """Since the last `forget`: (cell, process id of its worker, of its kernel)."""
        path = self.root / "runs.log"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [(name, int(ppid), int(pid)) for said, name, ppid, pid in lines if said == word]

    def forget(self) -> None:
        for name in ("runs.log", "wait", "go", "fail"):
            (self.root / name).unlink(missing_ok=True)

    def stored(self) -> dict[str, dict]:
        files = sorted((self.root / "reports" / "sweep").glob("*.json"))
        return {file.stem: json.loads(file.read_text()) for file in files}


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended but was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds, sweep: subprocess.Popen | None = None, timeout_s: float = HANG_S):
    """What `holds()` returns, as soon as that is true; an error if the sweep ends before."""
    end = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < end, "waited in vain"
        assert sweep is None or sweep.poll() is None, sweep.stderr.read()
        time.sleep(0.05)
    return found
