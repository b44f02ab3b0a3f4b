"""pyproject.toml, requirements.lock and environment.yml describe one environment."""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+")  # no range, no URL, no local label (+cpu)


def normal(pins):
    """Pins as {canonical package name: version}."""
    pairs = (pin.split("==") for pin in pins)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


@pytest.fixture(scope="module")
def direct():
    """The direct dependencies of pyproject.toml, those for development included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["dependencies"] + project["optional-dependencies"]["dev"]


@pytest.fixture(scope="module")
def lock_lines():
    return (ROOT / "requirements.lock").read_text().splitlines()


def test_every_direct_dependency_is_pinned_exactly(direct):
    assert [pin for pin in direct if not PIN.fullmatch(pin)] == []


def test_every_direct_dependency_says_what_it_is_for(direct):
    text = (ROOT / "pyproject.toml").read_text()
    silent = [pin for pin in direct if not re.search(rf'"{re.escape(pin)}", +# \S', text)]
    assert silent == []


def test_conda_environment_has_the_same_pins(direct):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, last = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    assert last["pip"][0] == "-c requirements.lock"
    assert last["pip"][-1] == "-e ."
    assert normal(last["pip"][1:-1]) == normal(direct)


def test_lock_holds_every_direct_dependency_at_its_pin(direct, lock_lines):
    lock = normal(line for line in lock_lines if not line.startswith("#"))
    missing = {name: pin for name, pin in normal(direct).items() if lock.get(name) != pin}
    assert missing == {}


def test_lock_is_plain_pins(lock_lines):
    """No URL, no index option, no local version label, and not ecglib itself."""
    pins = [line for line in lock_lines if not line.startswith("#")]
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    assert pins == sorted(pins, key=str.upper)
    assert len(normal(pins)) == len(pins), "a package stands twice"
    assert "ecglib" not in normal(pins)
    assert "://" not in "\n".join(lock_lines)


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("data/100.dat", True),
        ("models/dense.safetensors", True),
        ("build/01_data.ipynb", True),
        ("ecglib/data/beats.py", False),
        ("ecglib/models/acharya2017.py", False),
        ("reports/results/dense.json", False),
    ],
)
def test_git_ignores_data_and_weights_but_no_code(tmp_path, path, ignored):
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    git = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "-q", path]
    assert (subprocess.run(git, cwd=tmp_path).returncode == 0) is ignored


def test_every_locked_package_runs_on_every_python_that_the_project_names(lock_lines):
    """Debian 12 has 3.11.2; a lock written on a later 3.11 may hold what that refuses."""
    locked = normal(line for line in lock_lines if PIN.fullmatch(line))
    for package in metadata.distributions():
        wanted = package.metadata.get("Requires-Python")
        if wanted and re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower() in locked:
            assert "3.11.0" in SpecifierSet(wanted), (package.metadata["Name"], wanted)
