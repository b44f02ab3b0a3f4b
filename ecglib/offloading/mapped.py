"""Where a network is cheapest, by what a byte costs and by when the answer is due."""

import numpy as np
import pandas as pd

from ecglib.offloading import wearable
from ecglib.offloading.device_networks import Network
from ecglib.offloading.placed import BETWEEN, ENERGY, MAIN, sending
from ecglib.offloading.radio import AnyRadio
from ecglib.offloading.settings import settings
from ecglib.offloading.wearable import CUT

NOBODY, OPEN = "nobody in time", "the band does not tell"


def cheapest_map(network: Network) -> pd.DataFrame:
    """Where a network is cheapest, by what a byte costs and by deadline.

    In time is what the wearable or the phone knows by then: `known_ms` of `wearable.placements`.
    Columns: uj_per_byte, deadline_ms, placement: SEND, LOCAL, BETWEEN, NOBODY, or OPEN where the
    two ends of the band disagree. The radio is as quick as MAIN.
    """
    chosen = settings().wearable
    found = []
    for cost in np.geomspace(*chosen.uj_per_byte, chosen.steps):
        radio = AnyRadio("any", cost, MAIN.bytes_per_s, MAIN.event_uj)
        rows = wearable.placements(network.stages, sending(radio))
        for deadline in np.geomspace(*chosen.deadline_ms, chosen.steps):
            in_time = rows[rows["known_ms"] <= deadline]
            found.append((cost, deadline, _best(in_time)))
    return pd.DataFrame(found, columns=["uj_per_byte", "deadline_ms", "placement"])


def _best(rows: pd.DataFrame) -> str:
    if rows.empty:
        return NOBODY
    low, high = (rows.loc[rows[column].idxmin(), "placement"] for column in ENERGY)
    names = {BETWEEN if name.startswith(CUT) else name for name in (low, high)}
    return names.pop() if len(names) == 1 else OPEN
