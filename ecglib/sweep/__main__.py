"""Run the sweep that params.yaml describes; what is finished already is skipped.

python -m ecglib.sweep                                      the grid's core, a process a processor
python -m ecglib.sweep --extended                           cells marked `extended`, too
python -m ecglib.sweep --scheduler tcp://10.0.0.1:8786      the workers of a dask scheduler

Such a scheduler may be one of SLURM (dask-jobqueue), of Kubernetes or of ssh: its workers need
this project at the same commit, its environment and its beats (`make repro` writes them).
"""

import argparse
import signal
import sys

from dask.system import CPU_COUNT

from ecglib import paths
from ecglib.settings import config
from ecglib.settings.words import ConfigError
from ecglib.sweep import cluster, grid, run, store
from ecglib.sweep.errors import SweepError
from ecglib.sweep.results import fingerprints


def main() -> None:
    """The command line; exits with 1 if a cell failed, or the sweep could not go on."""
    try:
        sys.exit(_sweep(_arguments()))
    except (ConfigError, SweepError) as error:
        sys.exit(f"sweep: {error}")
    except KeyboardInterrupt:
        sys.exit("sweep: stopped; finished cells are kept, and the same command goes on with it")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ecglib.sweep", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running dask scheduler")
    parser.add_argument("--workers", type=_count, default=CPU_COUNT)
    parser.add_argument("--retries", type=int, default=1, help="of a cell that fails")
    parser.add_argument("--only", metavar="TEXT", default="", help="cells whose name contains it")
    parser.add_argument("--extended", action="store_true", help="cells marked `extended`, too")
    parser.add_argument(
        "--check", action="store_true", help="only say whether params.yaml is sound"
    )
    parser.add_argument("--status", action="store_true", help="say what is finished, run nothing")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: give 1 or more")
    return int(text)


def _sweep(arguments: argparse.Namespace) -> int:
    cells = grid.load()  # with every word of params.yaml checked: all methods are loaded by now
    if arguments.check:
        return 0
    if arguments.status:
        return _print_status(cells, extended=arguments.extended)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as for Ctrl-C
    with run.alone():
        found = store.status(cells, fingerprints(cells, config.load()))
        left = found.missing + found.stale
        todo = _asked(left, arguments.only, cells, extended=arguments.extended)
        print(f"{len(found.finished)} of {len(cells)} cells are finished, {len(todo)} to run")
        if not todo:
            return 0
        workers = min(arguments.workers, len(todo))
        with cluster.connect(arguments.scheduler, workers) as client:
            return _report(run.run(client, cells, todo, retries=arguments.retries))


def _asked(
    unfinished: list[grid.Cell], only: str, cells: list[grid.Cell], *, extended: bool
) -> list[grid.Cell]:
    """The unfinished cells to run, in the grid's order, with the dense ones that these need.

    Those marked `extended` are among them where `extended` or `only` asks for them.

    SweepError: no cell of the grid, finished or not, has the text in its name.
    """
    if not any(only in cell.name for cell in cells):
        raise SweepError(f"--only {only}: no cell of the grid has this in its name")
    mine = [cell for cell in unfinished if extended or only or not cell.extended]
    names = {cell.name for cell in mine if only in cell.name}
    names |= {cell.dense.name for cell in unfinished if cell.name in names}
    open_names = {cell.name for cell in unfinished}
    return [cell for cell in cells if cell.name in names & open_names]


def _print_status(cells: list[grid.Cell], *, extended: bool) -> int:
    found = store.status(cells, fingerprints(cells, config.load()))
    for word in ("missing", "stale"):
        for cell in getattr(found, word):
            print(f"{word}{', extended' if cell.extended else ''}: {cell.name}")
    for path in store.strays(cells):
        print(f"no cell asks for {path.relative_to(paths.ROOT)}")
    core, more = (
        f"{sum(cell.extended == marked for cell in found.finished)} of "
        f"{sum(cell.extended == marked for cell in cells)}"
        for marked in (False, True)
    )
    print(f"{core} cells of the core and {more} extended ones are finished")
    left = [cell for cell in found.missing + found.stale if extended or not cell.extended]
    return 1 if left else 0


def _report(outcome: run.Outcome) -> int:
    for failure in outcome.failed:
        print(f"\nfailed: {failure.cell.name}\n{failure.error}", file=sys.stderr)
        print(f"its notebook: {failure.notebook or 'none was written'}", file=sys.stderr)
    for cell in outcome.not_run:
        print(f"not run, as {cell.dense.name} failed: {cell.name}", file=sys.stderr)
    print(f"{len(outcome.finished)} cells finished, {len(outcome.failed)} failed")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    main()
