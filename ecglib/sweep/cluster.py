"""The workers: a local cluster of one-thread processes, or whatever a scheduler has."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster, comm

from ecglib.sweep.errors import SweepError, WrongWorker
from ecglib.sweep.task import FOLDER, same_versions, versions

# Cells take minutes, so dask need not look after itself every few milliseconds: at its defaults a
# tenth of a core goes there while two workers train.
CALM = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}

LOOPBACK = "127.0.0.1"
SCRATCH = str(FOLDER / "dask")  # the workers' own files


@contextmanager
def connect(address: str | None, workers: int, timeout_s: float = 20) -> Iterator[Client]:
    """A client of the scheduler at `address`, or of a new cluster of `workers` local processes.

    Raises:
        SweepError: no scheduler answers at the address.
        WrongWorker: a worker's environment is not this one.
    """
    if address is None:
        local = {
            "n_workers": workers,
            "threads_per_worker": 1,
            "processes": True,
            # For this computer alone, wherever there is room: others may run, too.
            "host": LOOPBACK,
            "dashboard_address": f"{LOOPBACK}:0",
            "local_directory": SCRATCH,
            "memory_limit": 0,  # the training is in the kernels, which dask does not measure
            "silence_logs": logging.CRITICAL,  # failures are reported by the sweep, once
        }
        with dask.config.set(CALM), LocalCluster(**local) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        # First, because a client that has failed to connect ends when Python collects it, and waits
        # for ever if that is while another one starts.
        asyncio.run(_answers(address, timeout_s))
        client = Client(address, timeout=timeout_s)
    except (OSError, ValueError) as error:
        raise SweepError(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        if not client.scheduler_info()["workers"]:
            print(f"{address} has no workers yet; the sweep begins with the first", flush=True)
        check(client)
        yield client


async def _answers(address: str, timeout_s: float) -> None:
    (await comm.connect(address, timeout=timeout_s)).abort()


def check(client: Client) -> None:
    """WrongWorker if a worker that is there now has another environment than this process."""
    here = versions()
    for worker, there in client.run(versions, on_error="return").items():
        if isinstance(there, BaseException):
            raise WrongWorker(f"worker {worker} cannot run this project's code: {there!r}")
        same_versions(worker, there, here)
