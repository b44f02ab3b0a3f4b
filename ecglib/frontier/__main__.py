"""Run the cells that params.yaml asks for and that are not kept, or are of other settings.

python -m ecglib.frontier                                   those of the core, two at once
python -m ecglib.frontier --extended                        cells marked `extended`, too
python -m ecglib.frontier --only obs --targets 0.95         some of them, marked or not
python -m ecglib.frontier --status                          say what is missing, run nothing
"""

import argparse
import sys
from functools import partial

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.frontier import cells
from ecglib.frontier.attempts import attempted
from ecglib.frontier.cells import CellError
from ecglib.frontier.methods import Cell
from ecglib.settings.registry import UnknownName
from ecglib.settings.words import ConfigError
from ecglib.systems.pool import run_all


def main() -> None:
    """The command line; exits with 1 if a cell is missing, failed, or nobody's."""
    asked = _arguments()
    try:
        todo = [cell for cell in _asked(asked) if not cells.finished(cell)]
        sys.exit(_status(todo) if asked.status else _run(todo, asked.processes))
    except (CellError, ConfigError, DataError, UnknownName) as error:
        sys.exit(f"frontier: {error}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ecglib.frontier", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--extended", action="store_true", help="cells marked `extended`, too")
    parser.add_argument("--only", nargs="+", metavar="METHOD", help="cells of these methods")
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="and of these models")
    parser.add_argument("--targets", nargs="+", type=float, metavar="SPARSITY")
    parser.add_argument("--seeds", nargs="+", type=int, metavar="SEED")
    at_once = {"type": int, "default": 2, "choices": range(1, 65), "metavar": "N"}
    parser.add_argument("--processes", **at_once, help="cells that run at once, 1 to 64")
    parser.add_argument("--status", action="store_true", help="say what is missing, run nothing")
    return parser.parse_args()


def _asked(asked: argparse.Namespace) -> list[Cell]:
    """The grid's cells that the options leave; CellError where they leave none."""
    wanted = {"method": asked.only, "model": asked.models}
    wanted |= {"target": asked.targets, "seed": asked.seeds}
    left = [
        cell
        for cell in cells.grid(extended=asked.extended or any(wanted.values()))
        if all(not values or getattr(cell, name) in values for name, values in wanted.items())
    ]
    if not left:
        raise CellError("no cell of params.yaml, frontier.cells, is of these options")
    return left


def _status(todo: list[Cell]) -> int:
    strays = list(cells.strays())
    for cell in todo:
        print(f"missing or of other settings: {cell.name}")
    for path in strays:
        print(f"no cell asks for {path.relative_to(paths.ROOT)}: delete it")
    print(f"{len(todo)} cells to run")
    return 1 if todo or strays else 0


def _run(todo: list[Cell], processes: int) -> int:
    if not todo:
        print("all cells are kept")
        return 0
    _, faults = run_all([partial(attempted, cell) for cell in todo], processes)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    main()
