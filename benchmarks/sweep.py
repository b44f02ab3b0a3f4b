"""The sweep on two workers against one: real cells, in a copy of the committed files."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from ecglib import paths

CELLS = 4  # dense networks of the study's model, each trained as the study does


def rates() -> dict[str, float]:
    """Cells per minute of `python -m ecglib.sweep` on `one` and on `two` workers, start included.

    Twice two as much as one would be perfect; what is lost is the start, some seconds, and what
    two trainings at once take from each other.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        subprocess.run(["git", "clone", "-q", str(paths.ROOT), str(copy)], check=True)
        shutil.copytree(paths.DATA / "beats", copy / "data" / "beats")
        params = yaml.safe_load((copy / "params.yaml").read_text())
        params["sweep"] = {"seeds": list(range(CELLS)), "cells": [{"stage": "baseline"}]}
        (copy / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        return {"one": _cells_per_minute(copy, 1), "two": _cells_per_minute(copy, 2)}


def _cells_per_minute(copy: Path, workers: int) -> float:
    shutil.rmtree(copy / "reports" / "sweep", ignore_errors=True)
    command = [sys.executable, "-m", "ecglib.sweep", "--workers", str(workers)]
    start = time.perf_counter()
    subprocess.run(command, cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, check=True)
    return 60 * CELLS / (time.perf_counter() - start)
