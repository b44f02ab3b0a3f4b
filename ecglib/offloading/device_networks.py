"""The networks of the study that its emulated core has run, as the wearable's problem sees them.

Their costs are in `device.csv` and, by function, in `functions.csv`, which lie in git as the
weights do. Compact networks are what was run, so those are walked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ecglib import models, paths
from ecglib.deployment.compact import compact
from ecglib.offloading import walk, wearable
from ecglib.results.runs import Key
from ecglib.settings import config

DEVICE = paths.TABLES / "device.csv"
FUNCTIONS = paths.TABLES / "device" / "functions.csv"
WEIGHTS = paths.REPORTS / "sweep" / "networks"


@dataclass(frozen=True, eq=False)
class Network:
    """One network. name: that of all its seeds. fs_hz: of the ECG that it reads.

    f1_sent: all as floats, f1_local: as 8-bit integers. stages: as `wearable.stages` has them.
    """

    name: str
    model: str
    dense: bool
    f1_sent: float
    f1_local: float
    fs_hz: float
    stages: pd.DataFrame


class Found(NamedTuple):
    """Networks, all seeds, in the order of the device tables; and what is absent, a line each."""

    networks: list[Network]
    absent: list[str]


def every() -> Found:
    """All networks that the device tables have and whose weights the sweep keeps."""
    if not (DEVICE.is_file() and FUNCTIONS.is_file()):
        names = " and ".join(
            path.relative_to(paths.ROOT).as_posix() for path in (DEVICE, FUNCTIONS)
        )
        return Found([], [f"No {names}: `make repro` writes them where a C compiler is."])
    functions = dict(tuple(pd.read_csv(FUNCTIONS).groupby("run")))
    networks, absent = [], []
    for _, row in pd.read_csv(DEVICE).iterrows():
        key = Key(*(row[field] for field in Key._fields))
        path = WEIGHTS / f"{key.name}.safetensors"
        if key.name not in functions:
            continue  # by function only some are counted
        if path.is_file():
            networks.append(_network(row, path, functions[key.name]))
        else:
            absent.append(f"Left out, since the sweep does not keep its weights: {key.name}.")
    return Found(networks, absent)


def _network(row: pd.Series, path: Path, functions: pd.DataFrame) -> Network:
    network = compact(models.load(row["model"], path))
    return Network(
        name=name_of(row),
        model=row["model"],
        dense=row["method"] == "dense",
        f1_sent=row["f1_macro"],
        f1_local=row["f1_macro_int8"],
        fs_hz=config.settings().data.windows[row["model"]].fs_hz,
        stages=wearable.stages(walk.layers(network, network.input_shape), functions),
    )


def name_of(row: pd.Series) -> str:
    """What tables call a network of device.csv, whatever its seed."""
    if not row["target_sparsity"]:
        return f"{row['model']}, dense"
    series = row["series"].removesuffix(", MACs budget")
    fewer = "fewer MACs" if row["budget"] == "macs" else "fewer weights"
    return f"{row['model']}, {series}, {row['target_sparsity']:.0%} {fewer}"
