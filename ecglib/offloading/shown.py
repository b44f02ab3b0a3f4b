"""Tables as the figures take them: in words, and only what a figure shows."""

from collections.abc import Iterable

import pandas as pd

from ecglib.offloading.answers import above_known
from ecglib.offloading.device_networks import Network
from ecglib.offloading.placed import BETWEEN, MAIN
from ecglib.offloading.radio import RADIOS
from ecglib.offloading.study import EXACT
from ecglib.offloading.wearable import LOCAL, SEND, STREAM
from ecglib.offloading.words import instance, labelled, method

ORDER = (
    "pso_ga_improved",
    "pso_ga",
    "pso_ga_heft_order",
    "plain_ga",
    "local_search",
    "chance",
    "greedy",
    "heft",
)
# The dense ones, and of the main model the one that lost most filters.
MAIN_NETWORKS = (
    "acharya2017, dense",
    "acharya2017, AOFP, 80% fewer MACs",
    "kachuee2018, dense",
    "rhythm_cnn, dense",
)


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Of `answers.gaps`, the improved solver first."""
    ordered = table.sort_values("method", key=lambda of: of.map(ORDER.index), kind="stable")
    found = labelled(ordered, "\n")
    return found.assign(instance=found["instance"].str.replace(" + ", " +\n"))  # as titles


def times(table: pd.DataFrame) -> pd.DataFrame:
    """Of `answers.time_to_solution`."""
    words = [
        f"{instance(row.instance, row.servers)}, {row.deadline_factor:g} x HEFT"
        for row in table.itertuples()
    ]
    names = [EXACT, *(name for name in ORDER if name in set(table["method"]))]
    found = table.assign(instance=words, place=table["method"].map(names.index))
    return found.sort_values("place", kind="stable").assign(
        method=lambda rows: [method(name) for name in rows["method"]]
    )


def ablation(rows: pd.DataFrame) -> pd.DataFrame:
    """Every search of `experiments.ablated`, with the gap to the cheapest known."""
    return labelled(above_known(rows))


def radios() -> dict[str, float]:
    """Name -> microjoules a byte."""
    return {radio.name: radio.uj_per_byte for radio in RADIOS}


def main(networks: Iterable[Network]) -> list[Network]:
    """Those that are shown in parts, all seeds; of a smaller study, those that it has."""
    return [network for network in networks if network.name in MAIN_NETWORKS]


def one_each(networks: Iterable[Network]) -> list[Network]:
    """The first seed of those."""
    return list({network.name: network for network in reversed(main(networks))}.values())[::-1]


def scores(table: pd.DataFrame, networks: Iterable[Network]) -> pd.DataFrame:
    """Of wearable.csv, by the main radio and one beat at a time: sending, cutting, running."""
    models = {network.name: network.model for network in networks}
    at = table[table["radio_uj_per_byte"].sub(MAIN.uj_per_byte).abs().lt(1e-9)]
    at = at[~at["placement"].str.contains("at once")]
    kinds = at["placement"].where(at["placement"].isin([SEND, LOCAL]), BETWEEN)
    kinds = kinds.mask(at["placement"].str.startswith(STREAM), STREAM)
    at = at.assign(model=at["network"].map(models), placement=kinds)
    place = at["placement"].map([LOCAL, SEND, STREAM, BETWEEN].index)
    return at.iloc[place.argsort(kind="stable")]
