"""All runs of a system, several at once, each with its data or a line that says what is wrong."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import torch

from ecglib.data.errors import DataError

Result = TypeVar("Result")


def run_all(of: Sequence[Callable[[], Result]], processes: int) -> tuple[list[Result], list[str]]:
    """What these runs give, in their order, and a line for each whose data were wrong.

    A run is a function of plain values, so that so many processes can share them out; each computes
    with one thread.

    Raises:
        DataError: there is no run, or none that gave anything.
    """
    fresh = multiprocessing.get_context("spawn")  # torch does not survive a fork
    one_thread = {"initializer": torch.set_num_threads, "initargs": (1,)}
    with ProcessPoolExecutor(processes, fresh, **one_thread) as pool:
        found = list(pool.map(_called, of))
    faults = [fault for _, fault in found if fault]
    if results := [result for result, fault in found if not fault]:
        return results, faults
    raise DataError("\n".join(["no data for any part of the study", *faults]))


def _called(run: Callable[[], Result]) -> tuple[Result | None, str]:
    """What the run gives; or nothing, and what is wrong with its data."""
    try:
        return run(), ""
    except DataError as error:
        return None, str(error)
