"""Notebooks are run once per combination of parameters, and failures are told."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager

from ecglib import paths
from ecglib.study import execute

README = (paths.ROOT / "README.md").read_text()

HANG_S = 3600  # no test waits by the clock: this only ends one that hangs


def test_combinations_are_the_product_of_the_lists_in_params():
    params = {"study": {"seeds": [0, 1]}, "one_shot_prune": {"targets": [0.9, 0.6]}}
    each = ["target_sparsity=one_shot_prune.targets", "seed=study.seeds"]
    assert execute.combinations(each, params) == [
        {"target_sparsity": 0.9, "seed": 0},
        {"target_sparsity": 0.9, "seed": 1},
        {"target_sparsity": 0.6, "seed": 0},
        {"target_sparsity": 0.6, "seed": 1},
    ]
    assert execute.combinations([], params) == [{}]


@pytest.mark.parametrize("setting", ["seed=study.sseeds", "seed", "seed=study", "seed=study.cells"])
def test_a_setting_that_is_no_list_is_an_error_that_names_it(setting):
    with pytest.raises(ValueError, match=setting):
        execute.combinations([setting], {"study": {"seeds": [0], "cells": [{"seed": 0}]}})


@pytest.mark.parametrize("text", ["{[1]: 2}", "(" * 9000, "a b", "\0", "0x", "[1", "[" * 200_000])
def test_what_is_no_literal_is_a_text(text):
    assert execute.literal(text) == text


@pytest.mark.parametrize("name", ["a b", "1", "class", ""])
def test_what_cannot_be_the_name_of_a_parameter_is_refused(monkeypatch, name):
    monkeypatch.setattr("sys.argv", ["execute", "notebooks/02_baseline.ipynb", "-p", name, "1"])
    with pytest.raises(SystemExit, match=f"-p {name}: this is no name of a parameter"):
        execute.main()


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A function that writes a notebook with a parameters cell and one more cell."""
    monkeypatch.setattr("ecglib.paths.BUILD", tmp_path / "build")
    monkeypatch.setattr("ecglib.paths.EXECUTED", tmp_path / "executed")

    def write(source: str):
        cells = [nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell(source)]
        cells[0].metadata["tags"] = ["parameters"]
        path = tmp_path / "07_toy.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        toy = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(toy, path)
        return path

    return write


@pytest.fixture
def in_a_stage(monkeypatch):
    monkeypatch.setenv(execute.outputs.STAGE, "data")


def test_parameters_reach_the_notebook_and_what_it_shows_is_the_same_each_time(
    notebook, in_a_stage, tmp_path
):
    path = notebook("print('x is', x + 1)")
    kept = tmp_path / "executed" / "07_toy" / "x-41.ipynb"
    execute.execute(path, "x-41", {"x": 41})
    first = kept.read_bytes()
    outputs = [cell.get("outputs") for cell in nbformat.read(kept, as_version=4).cells]
    assert outputs[-1][0].text == "x is 42\n"
    execute.execute(path, "x-41", {"x": 41})
    assert kept.read_bytes() == first


def test_by_hand_the_pages_of_the_study_stay(notebook, tmp_path, capsys):
    execute.execute(notebook("print(x)"), "x-3", {"x": 3})
    executed = tmp_path / "build" / "07_toy" / "x-3.ipynb"
    assert f"executed: {executed}" in capsys.readouterr().out and executed.is_file()
    assert not (tmp_path / "executed").exists()


@pytest.fixture
def other_kernel(tmp_path, monkeypatch):
    """A kernel `python3` that JUPYTER_PATH puts before this environment's, and that is broken."""
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    argv = ["/bin/false", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    assert KernelSpecManager().get_kernel_spec("python3").argv == argv


def test_the_kernel_is_this_interpreter_whatever_kernels_are_installed(
    notebook, other_kernel, tmp_path
):
    path = notebook(f"import sys\nassert sys.executable == {sys.executable!r}, sys.executable")
    execute.run_notebook(path, tmp_path / "executed.ipynb", {})


def test_the_command_for_a_run_by_hand_takes_no_other_kernel(notebook, other_kernel):
    """The command that README names, on another notebook."""
    said = [line for line in README.splitlines() if "notebooks/04_multistage_prune.ipynb" in line]
    module = re.fullmatch(r"python (-m [\w.]+) notebooks/\S+ -p .*", said[0]).group(1)
    path = notebook("assert x == 2")
    command = [sys.executable, *module.split(), str(path), "-p", "x", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    executed = Path(done.stdout.removeprefix("executed: ").strip())
    assert done.returncode == 0 and executed.is_file(), done.stderr
    shutil.rmtree(executed.parent)


def test_a_failing_notebook_names_itself_and_its_error_and_keeps_nothing(
    notebook, in_a_stage, tmp_path
):
    path = notebook("raise ValueError('no such beat')")
    with pytest.raises(RuntimeError, match=r"x-1: 07_toy.ipynb failed(.|\n)*no such beat"):
        execute.execute(path, "x-1", {"x": 1})
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(("deaths", "runs"), [(1, 1), (execute.STARTS, 0)])
def test_a_kernel_that_dies_before_the_first_cell_is_started_again(
    notebook, tmp_path, monkeypatch, deaths, runs
):
    starts = []
    start_kernel = AsyncKernelManager.start_kernel

    async def start_and_die(self, **kwargs):
        await start_kernel(self, **kwargs)
        starts.append(self)
        if len(starts) <= deaths:
            await self.shutdown_kernel(now=True)

    monkeypatch.setattr(AsyncKernelManager, "start_kernel", start_and_die)
    path = notebook(f"open({str(tmp_path / 'ran')!r}, 'a').write('x')")
    if runs:
        execute.run_notebook(path, tmp_path / "executed.ipynb", {})
        assert (tmp_path / "ran").read_text() == "x" * runs
    else:
        with pytest.raises(RuntimeError, match=f"(?s)Kernel died before.*: {sys.executable}$"):
            execute.run_notebook(path, tmp_path / "executed.ipynb", {})
        assert len(starts) == execute.STARTS


def test_the_command_line_fails_if_an_execution_does(notebook):
    path = notebook("raise ValueError('no such beat')")
    command = [sys.executable, "-m", "ecglib.study.execute", str(path), "-p", "x", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no such beat" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["-p", "y", "2"], ["--each", "y=study.seeds"]], ids=["fixed", "each"]
)
def test_a_mistyped_parameter_is_refused_before_anything_runs(
    notebook, tmp_path, monkeypatch, arguments
):
    path = notebook(f"open({str(tmp_path / 'ran')!r}, 'a')")
    monkeypatch.setattr("sys.argv", ["execute", str(path), *arguments])
    with pytest.raises(SystemExit, match="07_toy.ipynb has no parameter y; it has x"):
        execute.main()
    assert not (tmp_path / "ran").exists() and not (tmp_path / "build").exists()


def test_a_notebook_that_is_not_there_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("ecglib.paths.BUILD", tmp_path / "build")
    monkeypatch.setattr("sys.argv", ["execute", str(tmp_path / "no.ipynb")])
    with pytest.raises(SystemExit, match="no notebook at .*no.ipynb"):
        execute.main()
    assert not (tmp_path / "build").exists()


def test_parameters_of_the_command_line_have_their_types(notebook, tmp_path):
    path = notebook("assert (x, y) == (2, 'inter'), (x, y)\nassert z is True and w == 0.5")
    toy = nbformat.read(path, as_version=4)
    toy.cells[0].source = "x = 1; y = ''; z = False; w = 1.0"
    nbformat.write(toy, path)
    text = {"x": "2", "y": "inter", "z": "True", "w": "0.5"}
    parameters = {name: execute.literal(value) for name, value in text.items()}
    execute.execute(path, "typed", parameters)


def test_notebooks_run_at_the_same_time_in_the_project_folder(notebook, tmp_path, monkeypatch):
    """Each waits for the other's file: one after the other they would never end."""
    monkeypatch.chdir(tmp_path)
    path = notebook(
        "import os, time\nfrom pathlib import Path\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "(folder / f'{x}').touch()\n"
        f"end = time.time() + {HANG_S}\n"
        "while not (folder / f'{3 - x}').exists():\n"
        "    assert time.time() < end, 'the other did not run'\n"
        "    time.sleep(0.05)\n"
        f"assert os.getcwd() == {str(execute.paths.ROOT)!r}, os.getcwd()\n"
        "assert os.environ['OMP_NUM_THREADS'] == '1'\n"
    )
    execute.run_all(path, [{"x": 1}, {"x": 2}], {}, workers=2)
    assert os.getcwd() == str(tmp_path)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_no_kernel_behind(notebook, tmp_path, how):
    path = notebook(
        "import os, time\nfrom pathlib import Path\n"
        f"Path({str(tmp_path)!r}, 'kernel').write_text(str(os.getpid()))\n"
        "while True:\n    sum(range(10_000))\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "ecglib.study.execute", str(path), "-p", "x", "2"],
        # As from a terminal: what runs in the background may have been told to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    written = tmp_path / "kernel"
    wait_until(lambda: written.exists() and written.read_text())
    assert psutil.pid_exists(kernel := int(written.read_text()))
    run.send_signal(how)
    assert run.wait(timeout=HANG_S) != 0
    wait_until(lambda: not alive(kernel))


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended but was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds, timeout_s: float = HANG_S) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_kernel_has_one_thread_and_keeps_its_memory_whatever_its_parent_was_told(
    notebook, monkeypatch
):
    """Dask tells its workers to give memory back at once, which costs half of a training's time."""
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    wanted = {"MALLOC_TRIM_THRESHOLD_": str(2**32), "OMP_NUM_THREADS": "1"}
    path = notebook(f"import os\nfor k, v in {wanted}.items():\n    assert os.environ[k] == v, k")
    execute.execute(path, "x-1", {"x": 1})
