"""The whole study of the stream: all runs, several at once, each of a network."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.data.splits import DS2
from ecglib.device import aims
from ecglib.device.compiler import CompilerMissing
from ecglib.device.integer import IntegerNetwork
from ecglib.stream import folder, networks, readme, tables, whole
from ecglib.stream.networks import Key
from ecglib.stream.settings import settings
from ecglib.systems import pool

MODEL = "unseen_cnn"
FIRMWARE = paths.REPORTS / "firmware_stream"
COSTED = "101"  # of DS1
Run = Callable[[], "Found"]


class Found(NamedTuple):
    """Rows: of networks, of their records, of noise, of rates, of costs, of stages' costs."""

    networks: list[dict] = []
    records: list[dict] = []
    noise: list[dict] = []
    rates: list[dict] = []
    costs: list[dict] = []
    stages: list[dict] = []


def all_runs() -> tuple[list[Run], list[str]]:
    """The runs of what is here, and what is absent in a line each.

    With those that say which network is chosen: the costs of every target's first seed.
    """
    here, absent = networks.stored()
    runs: list[Run] = [partial(of_network, key) for key in here]
    first = [key for key in here if key.seed == settings().seeds[0]]
    return runs + [partial(of_cost, key, settings().rates_hz[0]) for key in first], absent


def more_runs(chosen: Key) -> list[Run]:
    """Those of the chosen network: with noise, and at other rates."""
    runs: list[Run] = [partial(of_noise, chosen, snr_db) for snr_db in settings().snr_db]
    for rate_hz in settings().rates_hz:
        runs.append(partial(of_rate, chosen, rate_hz))
        if rate_hz != settings().rates_hz[0]:
            runs.append(partial(of_cost, chosen, rate_hz))
    return runs


def run_all(of: list[Run], processes: int) -> tuple[Found, list[str]]:
    """The rows of these runs. Raises as `systems.pool.run_all` does."""
    found, faults = pool.run_all(of, processes)
    return Found(*(sum(column, []) for column in zip(*found, strict=True))), faults


def of_network(key: Key) -> Found:
    """A network on all records that test, streamed and with annotated R peaks."""
    network, records = networks.carried(key), list(whole.records_of(DS2))
    row, records = _with_compiler(tables.compared, network, records)
    named = key._asdict()
    return Found([named | row], [named | one for one in records.reset_index().to_dict("records")])


def of_noise(key: Key, snr_db: float) -> Found:
    """The network on the records that test, with noise."""
    records, noise = list(whole.records_of(DS2)), settings().noise
    found = _with_compiler(tables.under_noise, _integers(key), records, [snr_db], noise)
    return Found(noise=found.to_dict("records"))


def of_rate(key: Key, rate_hz: int) -> Found:
    """The network on the records that test, as a converter of this rate gives them."""
    records = (whole.at_rate(record, rate_hz) for record in whole.records_of(DS2))
    found = _with_compiler(tables.gross, _integers(key), records)
    return Found(rates=[{"rate_hz": rate_hz, **found}])


def of_cost(key: Key, rate_hz: int) -> Found:
    """What the network costs on the emulated core, and each stage before it."""
    (record,) = whole.records_of([COSTED])
    record = whole.at_rate(record, rate_hz)
    row, stages = _with_compiler(tables.costed, _integers(key), record, settings().costed_s)
    named = key._asdict()
    rows = [named | {"rate_hz": rate_hz} | one for one in stages.to_dict("records")]
    return Found(costs=[named | row], stages=rows)


def write_folder(key: Key, row: pd.Series, cost: pd.Series) -> Path:
    """The folder to flash, with the network and the first samples of a record.

    row, cost: of this network, what its README tells; see `readme.results`.
    """
    network, (record,) = _integers(key), whole.records_of([COSTED])
    samples = record.signal_adc[: settings().example_s * whole.MITDB.rate_hz].astype(np.int16)
    kernels = _with_compiler(aims.laid_out, network, tables.silence(network), "cycles").kernels
    at, title = FIRMWARE / folder_name(key), f"{MODEL} as a stream, {words_of(key)}"
    results = readme.results(row, cost)
    folder.write(network, at, samples, whole.MITDB, title=title, kernels=kernels, results=results)
    return at


def folder_name(key: Key) -> str:
    """Of the chosen network's firmware."""
    return f"{MODEL}-{key.name}"


def words_of(key: Key) -> str:
    """Such as `90 % removed in stages, seed 0`."""
    removed = f"{key.target_sparsity:.0%}".replace("%", " %") + " removed in stages"
    return f"{removed if key.target_sparsity else 'dense'}, seed {key.seed}"


def _integers(key: Key) -> IntegerNetwork:
    return networks.carried(key).integers


def _with_compiler(call: Callable, *arguments):
    """The call; DataError, which the pool tells of, where a compiler is missing."""
    try:
        return call(*arguments)
    except CompilerMissing as missing:
        raise DataError(str(missing)) from None
