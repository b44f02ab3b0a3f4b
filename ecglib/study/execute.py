"""Run a notebook of the study once per combination of parameters, one per core.

python -m ecglib.study.execute notebooks/03_one_shot_prune.ipynb -p model acharya2017 \
    --each seed=study.seeds --each target_sparsity=one_shot_prune.targets

`--each NAME=SETTING` takes the values of a parameter from a list in params.yaml. The executed
notebook goes to build/ and, where a stage of the pipeline runs, what it shows to reports/executed/.
Every execution is a kernel, a process of one thread: two such processes train small nets faster
than one process with two threads.
"""

import argparse
import ast
import functools
import itertools
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from keyword import iskeyword
from pathlib import Path
from typing import Any

import nbformat
import papermill
from dask.system import CPU_COUNT

from ecglib import paths
from ecglib.settings import config
from ecglib.study import kernel, outputs

# A kernel picks its ports before it opens them; where another program takes one in between, the
# kernel dies with these words, before any cell has run.
DIED_AT_START, STARTS = "Kernel died before replying to kernel_info", 3
PLAIN = (str, int, float)  # what names an execution: bool is an int
TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def combinations(each: list[str], params: dict) -> list[dict[str, Any]]:
    """The parameters of every execution: the product of the lists named by NAME=SETTING."""
    names, lists = [], []
    for item in each:
        name, _, setting = item.partition("=")
        try:
            values = functools.reduce(lambda section, key: section[key], setting.split("."), params)
        except (KeyError, TypeError):
            values = None
        if not isinstance(values, list) or not all(isinstance(v, PLAIN) for v in values):
            raise ValueError(f"--each {item}: params.yaml has no list of plain values {setting!r}")
        names.append(name)
        lists.append(values)
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*lists)]


def run_notebook(notebook: Path, executed: Path, parameters: dict[str, Any]) -> None:
    """Run one notebook through papermill; its kernel is a process of its own, of one thread.

    papermill itself runs in this process, so that the kernel is this process's child: a kernel
    ends itself when its parent is gone, and none is left to use the processor after a kill.
    The executed notebook is written to `executed` after every cell, also where one fails.

    Raises:
        RuntimeError: the notebook failed; the message ends with the error that stopped it.
    """
    executed.parent.mkdir(parents=True, exist_ok=True)
    os.environ.update(kernel.ENVIRONMENT)
    for start in range(1, STARTS + 1):
        try:
            _run(notebook, executed, parameters)
            return
        except Exception as error:  # whatever papermill, nbclient or the kernel raise
            message = TERMINAL_COLOURS.sub("", str(error)).strip()
            if message == DIED_AT_START and start < STARTS:
                continue
            kind = type(error).__name__
            if type(error) is RuntimeError:  # no cell's: the kernel itself did not start
                message += f"\nThe interpreter that was started: {sys.executable}"
            raise RuntimeError(f"{notebook.name} failed ({kind}):\n{message[-3000:]}") from None


def _run(notebook: Path, executed: Path, parameters: dict[str, Any]) -> None:
    papermill.execute_notebook(
        notebook,
        executed,
        parameters,
        kernel_name="python3",  # what the executed notebook says
        kernel_manager_class=kernel.ThisPython,
        progress_bar=False,
        # papermill's own `cwd` changes the folder of the whole process: no good in threads.
        resources={"metadata": {"path": str(paths.ROOT)}},
        extra_arguments=["--log-level=CRITICAL"],  # a cell's error comes as a message, no log
    )


def execute(notebook: Path, label: str, parameters: dict[str, Any]) -> None:
    """Run one notebook into build/, for a stage keep what it shows; RuntimeError if it fails."""
    executed = paths.BUILD / notebook.stem / f"{label}.ipynb"
    try:
        run_notebook(notebook, executed, parameters)
    except RuntimeError as error:
        raise RuntimeError(f"{label}: {error}") from None
    if os.environ.get(outputs.STAGE):
        keep(executed, kept_path(notebook, label))
    else:
        print(f"executed: {executed}")


def kept_path(notebook: Path, label: str) -> Path:
    """One file for a notebook that runs once, else a folder of files."""
    return paths.EXECUTED / (
        f"{notebook.stem}.ipynb" if label == notebook.stem else f"{notebook.stem}/{label}.ipynb"
    )


def keep(executed: Path, kept: Path) -> None:
    """Keep an executed notebook, the same byte for byte from run to run: no times, no random names.

    `ecglib.pages` makes its page, so that a page's style is no matter of what a stage computes.
    """
    content = nbformat.read(executed, as_version=4)
    content.metadata = {"kernelspec": content.metadata.get("kernelspec", {})}
    for number, cell in enumerate(content.cells):
        cell.id = f"cell-{number}"  # papermill gives the cell it injects a random one
        cell.metadata = {"tags": cell.metadata.get("tags", [])}
    with paths.atomic(kept) as temporary:
        temporary.write_text(nbformat.writes(content))


def literal(text: str) -> Any:
    """A parameter as typed on the command line: a number, True or False, else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _parameters(typed: list[list[str]]) -> dict[str, Any]:
    if unfit := [name for name, _ in typed if not name.isidentifier() or iskeyword(name)]:
        raise ValueError(f"-p {unfit[0]}: this is no name of a parameter")
    return {name: literal(text) for name, text in typed}


def _require_known(notebook: Path, names: set[str]) -> None:
    """ValueError for a mistyped name: papermill would run with the parameter's default."""
    if not notebook.is_file():
        raise ValueError(f"no notebook at {notebook}")
    known = papermill.inspect_notebook(notebook)
    if unknown := sorted(names - known.keys()):
        has = ", ".join(known) or "none"
        raise ValueError(f"{notebook} has no parameter {', '.join(unknown)}; it has {has}")


def run_all(notebook: Path, jobs: list[dict[str, Any]], fixed: dict, workers: int) -> None:
    """Every execution, `workers` at a time; the first failure cancels those not yet started."""
    pool = ThreadPoolExecutor(workers)  # threads suffice: the work is the kernels'
    try:
        running = []
        for varied in jobs:
            label = "-".join(f"{k}-{v}" for k, v in varied.items()) or notebook.stem
            running.append(pool.submit(execute, notebook, label, fixed | varied))
        for job in as_completed(running):
            job.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def main() -> None:
    """The command line; exits with 1 and the error if an execution failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("-p", dest="fixed", nargs=2, action="append", default=[])
    parser.add_argument("--each", action="append", default=[], metavar="NAME=SETTING")
    parser.add_argument("--workers", type=int, default=CPU_COUNT)
    arguments = parser.parse_args()
    try:
        params = config.load().model_dump()
        jobs = combinations(arguments.each, params)
        fixed = _parameters(arguments.fixed)
        _require_known(arguments.notebook, fixed.keys() | set().union(*jobs))
        with outputs.replaced():
            run_all(arguments.notebook, jobs, fixed, arguments.workers)
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        os._exit(130)  # at once: an ordinary exit would wait for the notebooks that run


if __name__ == "__main__":
    main()
