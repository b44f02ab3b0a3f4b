"""Answers to the second question as tables: what each placement costs the wearable, by network.

Rows of a network are means of its seeds. Energies have a low and a high end: the core's band, and
that of finding the R peak.
"""

import time
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from ecglib.device.boards import energy_uj
from ecglib.offloading import wearable
from ecglib.offloading.device_networks import Network
from ecglib.offloading.exact import exact
from ecglib.offloading.radio import RADIOS, AnyRadio, Radio
from ecglib.offloading.settings import settings
from ecglib.offloading.wearable import LOCAL, SEND, STREAM, Sending

ENDS = ("low", "high")
ENERGY = [f"energy_uj_{end}" for end in ENDS]
BETWEEN = "a cut in between"
MAIN = RADIOS[0]


def sending(radio: Radio | AnyRadio, beats_an_event: int = 0) -> Sending:
    """By the settings; beats_an_event: by default the first of them."""
    chosen = settings().wearable
    beat_s = 60 / chosen.bpm
    low, high = (cycles * chosen.fs_hz * beat_s for cycles in chosen.finding_cycles)
    return Sending(
        radio=radio,
        finding_cycles=(low, high),
        beats_an_event=beats_an_event or chosen.beats_an_event[0],
        beat_s=beat_s,
        interval_s=chosen.interval_s,
    )


def sendings() -> list[Sending]:
    """Every radio with every number of beats an event."""
    chosen = settings().wearable
    return [sending(radio, beats) for radio in RADIOS for beats in chosen.beats_an_event]


def finding_uj() -> tuple[float, float]:
    """Microjoules a beat of finding the R peak."""
    low, high = sending(MAIN).finding_cycles
    return energy_uj(low)[0], energy_uj(high)[1]


def streams(network: Network, how: Sending) -> dict[str, tuple[float, float]]:
    """Streaming every sample at the rate that the network reads, by bits of a sample.

    Placement -> microjoules a beat, and latency in ms. The first has the bits of a sent window.
    """
    macs = int(network.stages["macs"].sum())
    return {
        f"{STREAM}, {bits} bits": wearable.streaming(network.fs_hz * bits / 8, macs, how)
        for bits in settings().wearable.stream_bits
    }


def table(networks: Iterable[Network]) -> pd.DataFrame:
    """The rows of wearable.csv: every network, placement and radio.

    Columns: network, placement (batched ones say so), radio_uj_per_byte, energy_uj_low,
    energy_uj_high (a beat), latency_ms, f1_macro. What is classified on the phone has the score of
    the floats, although its input is sent in 8 bits, as no score of that has been measured; what
    the wearable begins with has that of the 8-bit integers.
    """
    rows = [_rows(network, how) for network in networks for how in sendings()]
    if not rows:
        return pd.DataFrame()
    rows, by = pd.concat(rows), ["network", "placement", "radio_uj_per_byte"]
    return rows.groupby(by, sort=False).mean().reset_index()


def _rows(network: Network, how: Sending) -> pd.DataFrame:
    found = wearable.placements(network.stages, how)[["placement", *ENERGY, "latency_ms"]]
    streamed = [
        {"placement": name} | dict.fromkeys(ENERGY, energy) | {"latency_ms": latency}
        for name, (energy, latency) in streams(network, how).items()
    ]
    found = pd.concat([pd.DataFrame(streamed), found], ignore_index=True)
    on_phone = found["placement"].eq(SEND) | found["placement"].str.startswith(STREAM)
    found["f1_macro"] = np.where(on_phone, network.f1_sent, network.f1_local)
    found["placement"] += f", {how.beats_an_event} at once" if how.beats_an_event > 1 else ""
    return found.assign(network=network.name, radio_uj_per_byte=how.radio.uj_per_byte)


def break_even(networks: Iterable[Network]) -> pd.DataFrame:
    """A row a network: from which microjoules a byte on it belongs on the wearable.

    The cheapest first. Columns: network, model, dense, seeds, cycles, low and high (ends of the
    band), radio_core (that of the radio's chip), f1_local, f1_sent. The R peak is found on the
    wearable anyway, so it is in none of the three.
    """
    rows = []
    for network in networks:
        low, high, radio_core = wearable.break_even_uj_per_byte(network.stages)
        rows.append(
            {
                "network": network.name,
                "model": network.model,
                "dense": network.dense,
                "seeds": 1,
                "cycles": network.stages["cycles"].sum(),
                "low": low,
                "high": high,
                "radio_core": radio_core,
                "f1_local": network.f1_local,
                "f1_sent": network.f1_sent,
            }
        )
    if not rows:
        return pd.DataFrame()
    groups = pd.DataFrame(rows).groupby(["network", "model", "dense"], sort=False)
    means = ["cycles", "low", "high", "radio_core", "f1_local", "f1_sent"]
    how = {"seeds": "sum"} | dict.fromkeys(means, "mean")
    return groups.agg(how).reset_index().sort_values("high", ignore_index=True)


def parts(networks: Iterable[Network]) -> pd.DataFrame:
    """What a beat costs by MAIN, in parts: a row a network and placement.

    Columns: network, placement, finding_low, finding_high, computing_low, computing_high, radio.
    The cut in between is the cheapest of all at the upper end.
    """
    rows = [row for network in networks for row in _parts(network)]
    if not rows:
        return pd.DataFrame()
    return pd.DataFrame(rows).groupby(["network", "placement"], sort=False).mean().reset_index()


def _parts(network: Network) -> Iterator[dict]:
    how = sending(MAIN)
    batched = sending(MAIN, settings().wearable.beats_an_event[-1])
    rows = wearable.placements(network.stages, how)
    middle = rows.iloc[1:-1]
    cut = middle.loc[middle["energy_uj_high"].idxmin()]
    few, window, local = f", {batched.beats_an_event} at once", rows.iloc[0], rows.iloc[-1]
    for name, (energy, _) in streams(network, how).items():
        yield _part(network, name, energy, None)
    for name, row, by in (
        (SEND, window, how),
        (SEND + few, window, batched),
        (BETWEEN, cut, how),
        (LOCAL, local, how),
        (LOCAL + few, local, batched),
    ):
        yield _part(network, name, by.energy_uj(row["sent_bytes"]), row["local_cycles"])


def _part(network: Network, placement: str, radio: float, cycles: float | None) -> dict:
    """cycles: None if the wearable does not even find the R peak."""
    finding = (0.0, 0.0) if cycles is None else finding_uj()
    return {
        "network": network.name,
        "placement": placement,
        **{f"finding_{end}": uj for end, uj in zip(ENDS, finding, strict=True)},
        **{f"computing_{e}": uj for e, uj in zip(ENDS, energy_uj(cycles or 0), strict=True)},
        "radio": radio,
    }


def solved(networks: Iterable[Network]) -> pd.DataFrame:
    """Each network's exact optimum over wearable, phone and cloud, by radio and end of the band.

    Columns: network, radio, end, placement (SEND, LOCAL or BETWEEN), cost_uj, seconds.
    """
    rows = []
    for network in networks:
        for radio in RADIOS:
            for high, end in enumerate(ENDS):
                problem = wearable.instance(
                    network.name, network.stages, sending(radio), bool(high)
                )
                started = time.process_time()
                best = exact(problem)
                took = time.process_time() - started
                on = best.genes[0][:-1] == 0
                where = LOCAL if on.all() else SEND if on.sum() == 1 else BETWEEN
                rows.append((network.name, radio.name, end, where, best.cost, took))
    return pd.DataFrame(
        rows, columns=["network", "radio", "end", "placement", "cost_uj", "seconds"]
    )
