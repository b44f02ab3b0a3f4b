"""The networks of the study that its emulated core has run, as the wearable's problem sees them.

Their costs are in `device.csv` and, by function, in `functions.csv`, which lie in git as the weights
do. Compact networks are what was run, so those are walked.
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from ecglib import models, paths
from ecglib.deployment.compact import compact
from ecglib.offloading import walk, wearable
from ecglib.results.runs import Key

DEVICE = paths.TABLES / "device.csv"
FUNCTIONS = paths.TABLES / "device" / "functions.csv"
WEIGHTS = paths.REPORTS / "sweep" / "networks"


class NotRun(ValueError):
    """No network has been run on the emulated core, or its weights are missing; says what to do."""


@dataclass(frozen=True, eq=False)
class Network:
    """One network. name: that of all its seeds. f1_sent: as floats, f1_local: as 8-bit integers.

    stages: as `wearable.stages` has them.
    """

    name: str
    model: str
    dense: bool
    f1_sent: float
    f1_local: float
    stages: pd.DataFrame


@cache
def every() -> tuple[Network, ...]:
    """All that the device tables have, all seeds, in their order.

    Raises:
        NotRun: a table is missing or has no cycles, or weights are missing.
    """
    if not (DEVICE.is_file() and FUNCTIONS.is_file()):
        raise NotRun(f"no {DEVICE} or {FUNCTIONS}: `make repro` writes them where a C compiler is")
    device, functions = pd.read_csv(DEVICE), pd.read_csv(FUNCTIONS)
    of = dict(tuple(functions.groupby("run")))
    found = [_network(row, of) for _, row in device.iterrows()]
    return tuple(network for network in found if network)


def _network(row: pd.Series, functions: dict[str, pd.DataFrame]) -> Network | None:
    """None for one whose cycles were not counted by function."""
    key = Key(*(row[field] for field in Key._fields))
    if key.name not in functions:
        return None
    path = WEIGHTS / f"{key.name}.safetensors"
    if not path.is_file():
        raise NotRun(f"no {path}: these weights lie in git; get them back, or run the sweep")
    network = compact(models.load(key.model, path))
    return Network(
        name=name_of(row),
        model=key.model,
        dense=key.method == "dense",
        f1_sent=row["f1_macro"],
        f1_local=row["f1_macro_int8"],
        stages=wearable.stages(walk.layers(network, network.input_shape), functions[key.name]),
    )


def name_of(row: pd.Series) -> str:
    """What tables call a network of device.csv, whatever its seed."""
    if not row["target_sparsity"]:
        return f"{row['model']}, dense"
    series = row["series"].removesuffix(", MACs budget")
    fewer = "fewer MACs" if row["budget"] == "macs" else "fewer weights"
    return f"{row['model']}, {series}, {row['target_sparsity']:.0%} {fewer}"
