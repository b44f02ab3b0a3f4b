"""What stands beside a shipped network: the mean of its kind's seeds, and patients never met."""

from typing import NamedTuple

import pandas as pd

from ecglib.results.runs import Key

OF_A_KIND = [name for name in Key._fields if name != "seed"]
COLUMNS = ["accuracy_int8", "f1_macro_int8", "cycles_p2", "flash_total_bytes", "ram_bytes"]


class Kind(NamedTuple):
    """Means over the seeds of one kind of network, by COLUMNS."""

    seeds: int
    means: pd.Series


class Apart(NamedTuple):
    """Scores on patients never met, as fractions, means over seeds; whose: in words.

    always_normal: accuracy of calling each of their beats normal.
    """

    whose: str
    seeds: int
    accuracy: float
    f1_macro: float
    always_normal: float


def kind_of(key: Key, device: pd.DataFrame) -> Kind:
    """The network's kind; device: rows of device.csv, of all seeds."""
    rows = _of_kind(device, key._asdict())
    return Kind(len(rows), rows[COLUMNS].mean())


def apart(key: Key, swept: pd.DataFrame) -> Apart | None:
    """The same kind trained for patients apart, or else the model dense; None if neither was.

    swept: as `sweep.results.collect` gives it, with confusions record -> (true, said) -> beats.
    """
    wanted = key._asdict() | {"split": "inter"}
    dense = dict.fromkeys(("criterion", "schedule", "allocation", "budget"), "none")
    dense = wanted | {"method": "dense", "target_sparsity": 0.0} | dense
    for whose, fields in (("this kind of network", wanted), ("its dense network", dense)):
        if len(rows := _of_kind(swept, fields)):
            return Apart(
                whose,
                len(rows),
                rows["accuracy"].mean(),
                rows["f1_macro"].mean(),
                _always_normal(rows["confusion"].iloc[0]),
            )
    return None


def _of_kind(rows: pd.DataFrame, fields: dict) -> pd.DataFrame:
    return rows[(rows[OF_A_KIND] == [fields[name] for name in OF_A_KIND]).all(axis=1)]


def _always_normal(confusion: dict[str, dict]) -> float:
    counted = [(true, n) for of in confusion.values() for (true, _), n in of.items()]
    return sum(n for true, n in counted if true == "N") / sum(n for _, n in counted)
