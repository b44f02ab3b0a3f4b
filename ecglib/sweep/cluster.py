"""The workers: a local cluster of one-thread processes, or whatever a scheduler has."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster

from ecglib.sweep.errors import SweepError, WrongWorker
from ecglib.sweep.task import same_versions, versions


@contextmanager
def connect(address: str | None, workers: int, timeout_s: float = 20) -> Iterator[Client]:
    """A client of the scheduler at `address`, or of a new cluster of `workers` local processes.

    Raises:
        SweepError: no scheduler answers at the address.
        WrongWorker: a worker's environment is not this one.
    """
    if address is None:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,  # the training is in the kernels, which dask does not measure
            silence_logs=logging.CRITICAL,  # failures are reported by the sweep, once
        )
        with cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=timeout_s)
    except (OSError, ValueError) as error:
        raise SweepError(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        if not client.scheduler_info()["workers"]:
            print(f"{address} has no workers yet; the sweep begins with the first", flush=True)
        check(client)
        yield client


def check(client: Client) -> None:
    """WrongWorker if a worker that is there now has another environment than this process."""
    here = versions()
    for worker, there in client.run(versions, on_error="return").items():
        if isinstance(there, BaseException):
            raise WrongWorker(f"worker {worker} cannot run this project's code: {there!r}")
        same_versions(worker, there, here)
