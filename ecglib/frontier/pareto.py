"""Macro-F1 in 8 bits against cycles and microjoules: the study's networks, this room's, peers'."""

import pandas as pd

from ecglib.device.boards import energy_uj
from ecglib.frontier import fits
from ecglib.frontier.asked import SECOND_ORDER
from ecglib.frontier.methods import METHODS, Cell
from ecglib.frontier.results import AGAINST, VARIANTS
from ecglib.frontier.short import NAME
from ecglib.frontier.shown import Found
from ecglib.report import devices

STUDY, ROOM, RIVALS = "this study", "the short network", "rivals of it"
COLUMNS = ("code", "model", "series", "target", "seeds", "f1_macro_int8", "accuracy_int8")
MEASURED = ("f1_macro", "accuracy", "cycles", "cycles_of_sums", "ram_bytes")
MEASURED += ("energy_uj_low", "energy_uj_high")
COLUMNS += ("cycles", "energy_uj_low", "energy_uj_high", "flash_bytes", "ram_bytes")
ROOMS = ("code", "model", "method", "label", "target", "seed", "widths", "f1_macro_validation")
ROOMS += ("flash_bytes", *MEASURED)


def points(cells: pd.DataFrame, device: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS and `front`, a row a network, means of seeds, from fewest to most cycles.

    cells: rows of `measured`. device: device.csv. peers: device/peers.csv, of
    whose rows only the cycles are known. Of the short network cycles and energy are with the sums
    that it reads; of the others without what kachuee2018's rate would take. front: whether no other
    row of the study's own code has as much macro-F1 for as few cycles; energy is proportional to
    these.
    """
    own = pd.concat([of_study(device), of_room(cells)], ignore_index=True)
    found = pd.concat([own.assign(front=on_front(own)), of_peers(peers, own).assign(front=False)])
    return found.sort_values("cycles", kind="stable", ignore_index=True)


def of_study(device: pd.DataFrame) -> pd.DataFrame:
    """The rows of device.csv on random beats, as means of seeds."""
    rows = devices.savings(device[device["split"] == fits.SPLIT])
    names = {"target_sparsity": "target", "cycles_p2": "cycles", "flash_total_bytes": "flash_bytes"}
    return rows.rename(columns=names).assign(code=STUDY)[list(COLUMNS)]


def measured(found: Found) -> pd.DataFrame:
    """ROOMS: a row for each kept cell that was measured on the device, scores in 8 bits.

    f1_macro_validation, too, is in 8 bits. The short network's cycles and energy are with its sums.
    widths: of that one alone.
    """
    rows = [
        {
            **{"code": _code(cell), "model": cell.model},
            **{"method": cell.method, "label": METHODS[cell.method].label},
            **{"target": cell.target, "seed": cell.seed},
            "widths": "-".join(str(width) for width in of.get("widths", [])),
            "f1_macro_validation": of["validation"]["f1_macro"],
            "flash_bytes": of["flash_total_bytes"],
            **{name: of[name] for name in MEASURED},
        }
        for cell, kept in found.items()
        if "cycles" in (of := kept.device)
    ]
    return pd.DataFrame(rows, columns=list(ROOMS))


def _code(cell: Cell) -> str:
    if cell.model == NAME:
        return ROOM
    return SECOND_ORDER if cell.method in (AGAINST, *VARIANTS) else RIVALS


def short(found: Found) -> pd.DataFrame:
    """The rows of `measured` of the short network."""
    table = measured(found)
    return table[table["model"].eq(NAME)].reset_index(drop=True)


def of_room(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of `measured` as means of seeds."""
    groups = cells.groupby(["code", "model", "label", "target"], sort=False)
    means = groups[[*MEASURED, "flash_bytes"]].mean().assign(seeds=groups.size()).reset_index()
    names = {"label": "series", "f1_macro": "f1_macro_int8", "accuracy": "accuracy_int8"}
    return means.rename(columns=names)[list(COLUMNS)]


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
