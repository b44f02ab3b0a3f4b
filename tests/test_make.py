"""`make` deletes what it made, and nothing that somebody else put beside it."""

import shutil
import subprocess
import sys

import pytest

from ecglib import paths


@pytest.fixture
def make(tmp_path):
    """A function that runs `make` with a copy of the Makefile, in a folder of its own."""
    shutil.copy(paths.ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = ["make", f"PYTHON={sys.executable}", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


def put(root, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("there")


def there(root) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_clean_deletes_what_the_project_wrote_and_nothing_else(make, tmp_path):
    put(tmp_path, "notebooks/04_multistage_prune.ipynb")
    theirs = {"build/firmware/c/main.c", "build/x.ipynb", "build/network.onnx", "build/.gitkeep"}
    theirs |= {"build/04_notes/notes.md", "build/replaced/reports/results/notes.md"}
    own = {"04_multistage_prune/seed-1.ipynb", "device/a.json", "sweep/x/a.ipynb", "sweep/.lock"}
    own |= {"results/baseline/a.json", "models/baseline/a.npz", "lock-venv/list"}
    before = there(tmp_path)
    put(tmp_path, *theirs, *(f"build/{name}" for name in own))
    assert make("clean").returncode == 0
    assert there(tmp_path) == before | theirs


@pytest.mark.parametrize("what", [".venv/mine.txt", ".venv/bin/python", ".venv"])
def test_an_environment_that_make_did_not_make_is_refused_and_stays(make, tmp_path, what):
    put(tmp_path, what)
    before = there(tmp_path)
    done = make(".venv/.installed")
    assert done.returncode and ".venv is no whole environment of Python 3.11" in done.stderr
    assert there(tmp_path) == before


def test_a_half_made_environment_of_its_own_is_made_anew(make, tmp_path):
    """Up to the installing, for which this needs no network: nothing is asked for."""
    put(tmp_path, ".venv/.made-by-make", ".venv/half")
    make(".venv/.installed")
    assert (tmp_path / ".venv" / "bin" / "python").exists()
    assert (tmp_path / ".venv" / ".made-by-make").exists()
    assert not (tmp_path / ".venv" / "half").exists()
