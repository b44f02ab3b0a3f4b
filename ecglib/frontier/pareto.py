"""Macro-F1 in 8 bits against cycles and microjoules: the study's networks, this room's, peers'."""

from collections.abc import Iterable

import pandas as pd

from ecglib.device.boards import energy_uj
from ecglib.frontier import cells
from ecglib.frontier.cells import Kept
from ecglib.frontier.methods import METHODS
from ecglib.report import devices

SPLIT = "intra"
STUDY, ROOM = "this study", "the short network"
COLUMNS = ("code", "model", "series", "target", "seeds", "f1_macro_int8", "accuracy_int8")
COLUMNS += ("cycles", "energy_uj_low", "energy_uj_high", "flash_bytes", "ram_bytes")


def points(device: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS and `front`, a row a network, means of seeds, from fewest to most cycles.

    device: device.csv. peers: device/peers.csv, of whose rows only the cycles are known. Of the
    short network cycles and energy are with the sums that it reads; of the others without what
    kachuee2018's rate would take. front: whether no other row of the study's own code has as much
    macro-F1 for as few cycles; energy is proportional to these.
    """
    own = pd.concat([of_study(device), of_room(_kept())], ignore_index=True)
    found = pd.concat([own.assign(front=on_front(own)), of_peers(peers, own).assign(front=False)])
    return found.sort_values("cycles", kind="stable", ignore_index=True)


def of_study(device: pd.DataFrame) -> pd.DataFrame:
    """The rows of device.csv on random beats, as means of seeds."""
    rows = devices.savings(device[device["split"] == SPLIT])
    names = {"target_sparsity": "target", "cycles_p2": "cycles", "flash_total_bytes": "flash_bytes"}
    return rows.rename(columns=names).assign(code=STUDY)[list(COLUMNS)]


def of_room(kept: Iterable[Kept]) -> pd.DataFrame:
    """The kept cells of the short network that were measured, as means of seeds."""
    rows = [
        {
            "code": ROOM,
            "model": one.cell["model"],
            "series": METHODS[one.cell["method"]].label,
            "target": one.cell["target"],
            "seeds": 1,
            "f1_macro_int8": one.device["f1_macro"],
            "accuracy_int8": one.device["accuracy"],
            "flash_bytes": one.device["flash_total_bytes"],
            **{name: one.device[name] for name in ("cycles", "ram_bytes")},
            **{name: one.device[name] for name in ("energy_uj_low", "energy_uj_high")},
        }
        for one in kept
        if "cycles" in one.device
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    mean = dict.fromkeys(COLUMNS[5:], "mean") | {"seeds": "sum"}
    groups = table.groupby(["code", "model", "series", "target"], sort=False)
    return groups.agg(mean).reset_index()[list(COLUMNS)]


def of_peers(peers: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """The dense networks of peers.csv in others' code, with the scores that these have here."""
    others = peers[(peers["target_sparsity"] == 0) & ~peers["code"].str.startswith(STUDY)]
    dense = own[(own["code"] == STUDY) & (own["target"] == 0)].set_index("model")
    scores = dense.loc[others["model"], ["f1_macro_int8", "accuracy_int8", "seeds"]]
    energy = [energy_uj(cycles) for cycles in others["cycles"]]
    named = others.rename(columns={"target_sparsity": "target"})
    named[["energy_uj_low", "energy_uj_high"]] = energy
    named[scores.columns.to_list()] = scores.to_numpy()
    return named[list(COLUMNS)]


def on_front(points: pd.DataFrame) -> list[bool]:
    """Whether no other row has at least the macro-F1 for at most the cycles, one of them better."""
    pairs = list(zip(points["cycles"], points["f1_macro_int8"], strict=True))
    return [
        not any(c <= cycles and f >= f1 and (c, f) != (cycles, f1) for c, f in pairs)
        for cycles, f1 in pairs
    ]


def _kept() -> Iterable[Kept]:
    asked = [cell for cell in cells.grid() if cell.model == "short"]
    return (kept for cell in asked if (kept := cells.load(cell)) is not None)
