"""Is a pruned network better run on the wearable, or its samples sent away?

Cycles of each layer are those that the study's emulated Cortex-M4 spent (`functions.csv`), energy
the band of `ecglib.device.boards`. Where a layer has no code of its own (pooling, activations,
additions), the firmware has merged it into the one before, so there is no cut between them. What
is sent is 8 bits an element, as the integers of the firmware are.

Finding the R peak costs the wearable, too, wherever beats are classified, as windows are cut
around it; only who streams all samples need not. No detector was measured on the study's core, so
a band of cycles a sample stands for it. Its upper end is worked out from an abstract: Pan and
Tompkins's detector (IEEE Trans. Biomed. Eng. 32(3):230-236, 1985) on three MIPS cores in an FPGA
took 6.9 ms at 100 MHz for 27 s at 250 Hz, 2.5 times as fast as one, with the same results as on a
Cortex-M4F (Sondej, Tomaszewski and Rozanowski, 2015): 256 cycles a sample of one MIPS core. The
Cortex-M4F's cycles are not told. The lower end is ours: some 60 for the integer recursions of the
1985 publication, of shifts and additions, with loads and stores.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecglib.device.boards import PICOJOULES_PER_CYCLE, energy_uj
from ecglib.offloading.errors import NoSize
from ecglib.offloading.problem import FREE, Instance, Layers, Links, Servers
from ecglib.offloading.radio import CLOCK_HZ, CORE_PICOJOULES_PER_CYCLE, Radio

# Ours: a core of a phone, and of a data centre.
PHONE_MACS_PER_S, CLOUD_MACS_PER_S = 5e9, 50e9
# From phone to cloud, ours: 10 Mbit/s up, 50 ms there.
CLOUD_S_PER_BYTE, CLOUD_DELAY_S = 8 / 10e6, 0.05
SEND, LOCAL, STREAM = "send the window", "on the wearable", "stream the ECG"
CUT = "cut behind "
ANSWER_BYTES = 1


@dataclass(frozen=True)
class Sending:
    """How beats are sent.

    finding_cycles: what finding the R peak costs a beat, from low to high, whoever classifies it.
    beats_an_event: how many share a connection event: the first of them waits for the last, each
    beat_s long. interval_s: the longest wait for an event. Between events the radio sleeps.
    """

    radio: Radio
    finding_cycles: tuple[float, float]
    beats_an_event: int = 1
    beat_s: float = 0.8
    interval_s: float = 0.03

    @property
    def wait_s(self) -> float:
        """The longest wait of a beat until it is sent."""
        return (self.beats_an_event - 1) * self.beat_s + self.interval_s

    def energy_uj(self, size: float) -> float:
        """Microjoules of so many bytes of one beat, with its share of the event."""
        return size * self.radio.uj_per_byte + self.radio.event_uj / self.beats_an_event


def stages(walked: pd.DataFrame, functions: pd.DataFrame) -> pd.DataFrame:
    """The input and each layer that the firmware runs by itself.

    walked: `walk.layers` of the network; functions: its rows of functions.csv. Columns: stage,
    cycles, macs, sent_bytes (what must cross a cut behind it, 0 behind the last). The first layer
    has the cycles of normalising, the last those of deciding.

    Raises:
        NoSize: the firmware has a layer that the network lacks.
    """
    cycles = dict(zip(functions["function"], functions["cycles"], strict=True))
    own = {name: f"layer_{name.replace('.', '_')}" for name in walked["layer"]}
    lacking = {name for name in cycles if name.startswith("layer_")} - set(own.values())
    if lacking:
        raise NoSize(f"the network has no {', '.join(sorted(lacking))}, which the firmware runs")
    at = {name: row for row, name in enumerate(walked["layer"])}
    last_read = np.zeros(len(walked), int)
    for row, reads in enumerate(walked["reads"]):
        for source in reads.split():
            last_read[at[source]] = row
    heads = [0, *(row for row, name in enumerate(walked["layer"]) if own[name] in cycles)]
    found = []
    for head, after in zip(heads, [*heads[1:], len(walked)], strict=True):
        crossing = [row for row in range(after) if last_read[row] >= after]
        found.append(
            {
                "stage": walked["layer"][head],
                "cycles": cycles.get(own[walked["layer"][head]], 0.0),
                "macs": int(walked["macs"][head:after].sum()),
                "sent_bytes": int(walked["output_elements"][crossing].sum()),
            }
        )
    table = pd.DataFrame(found)
    rest = {name: spent for name, spent in cycles.items() if not name.startswith("layer_")}
    deciding = rest.pop("ecg_classify", 0.0)
    table.loc[1, "cycles"] += sum(rest.values())
    table.loc[len(table) - 1, "cycles"] += deciding
    return table


def placements(table: pd.DataFrame, sending: Sending) -> pd.DataFrame:
    """Every cut of a network, from sending the window to sending only the answer.

    Columns: placement, local_cycles, sent_bytes, energy_uj_low, energy_uj_high (of the wearable, a
    beat), latency_ms (at most, until the phone knows the answer; finding takes the upper end),
    known_ms (until the first of the two knows it: who runs locally waits for no event). On the
    wearable the answer is sent, too. local_cycles are without finding the R peak.
    """
    local = table["cycles"].cumsum().to_numpy()
    finding = sending.finding_cycles
    sent = np.append(table["sent_bytes"].to_numpy()[:-1], ANSWER_BYTES)
    macs = table["macs"].sum() - table["macs"].cumsum().to_numpy()
    names = [SEND, *(f"{CUT}{stage}" for stage in table["stage"][1:-1]), LOCAL]
    radio_uj = np.array([sending.energy_uj(size) for size in sent])
    low, high = (energy_uj(local + finding[end])[end] for end in (0, 1))
    computing_s = (local + finding[1]) / CLOCK_HZ
    answered_s = (
        computing_s + sending.wait_s + sent / sending.radio.bytes_per_s + macs / PHONE_MACS_PER_S
    )
    return pd.DataFrame(
        {
            "placement": names,
            "local_cycles": local,
            "sent_bytes": sent,
            "energy_uj_low": low + radio_uj,
            "energy_uj_high": high + radio_uj,
            "latency_ms": 1e3 * answered_s,
            "known_ms": 1e3 * np.append(answered_s[:-1], computing_s[-1]),
        }
    )


def break_even_uj_per_byte(table: pd.DataFrame) -> tuple[float, float, float]:
    """From which cost of a byte on the network belongs on the wearable.

    By the band's low and high end, and by the core of the chip that has the radio: the band is of
    another chip. Against sending the window; the event and finding the R peak are spent either way.
    """
    fewer, cycles = table["sent_bytes"].iloc[0] - ANSWER_BYTES, table["cycles"].sum()
    low, high = energy_uj(cycles)
    return low / fewer, high / fewer, cycles * CORE_PICOJOULES_PER_CYCLE / 1e6 / fewer


def streaming(bytes_per_s: float, macs: int, sending: Sending) -> tuple[float, float]:
    """Microjoules a beat of sending the whole ECG, and latency in ms as of `placements`.

    The phone finds the R peak, so the wearable computes nothing, and what runs there saves nothing.
    What finding takes the phone is left out: it is far below the wait for an event.
    """
    size = bytes_per_s * sending.beat_s
    sent_s = sending.wait_s + size / sending.radio.bytes_per_s
    return sending.energy_uj(size), 1e3 * (sent_s + macs / PHONE_MACS_PER_S)


def instance(name: str, table: pd.DataFrame, sending: Sending, high: bool = False) -> Instance:
    """The same as a problem for the solvers: wearable, phone and cloud, paid in microjoules.

    Only the wearable pays. `high` takes the upper ends of both bands, in energy and in time; the
    lower end is so much sooner than `placements` says, which is at most. A cut is an edge of a
    chain. The answer, read by the phone, is the last layer.
    """
    n = len(table) + 1
    cycles = np.append(table["cycles"], 0.0)
    cycles[0] += sending.finding_cycles[high]
    macs = np.append(table["macs"], 0)[:, None]
    execution_s = np.concatenate(
        [cycles[:, None] / CLOCK_HZ, macs / PHONE_MACS_PER_S, macs / CLOUD_MACS_PER_S], axis=1
    )
    watt = PICOJOULES_PER_CYCLE[1 if high else 0] * 1e-6 * CLOCK_HZ  # microjoules a second
    byte_s = np.array([1 / sending.radio.bytes_per_s, CLOUD_S_PER_BYTE])
    delay_s = np.array([sending.wait_s, CLOUD_DELAY_S])
    wearable = np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]])  # which ways the radio is on
    links = Links(
        *(
            np.array([[0, of[0], sum(of)], [of[0], 0, of[1]], [sum(of), of[1], 0]])
            for of in (byte_s, delay_s)
        ),
        wearable * sending.radio.uj_per_byte,
        wearable * sending.radio.event_uj / sending.beats_an_event,
    )
    sizes = np.concatenate([table["sent_bytes"][:-1], [ANSWER_BYTES, 0]])
    pinned = np.full(n, FREE)
    pinned[[0, -1]] = 0, 1
    edges = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    layers = Layers((*table["stage"], "answer"), sizes, edges, np.zeros(n, int), pinned)
    servers = Servers(("wearable", "phone", "cloud"), np.array([watt, 0.0, 0.0]))
    return Instance(name, servers, links, layers, execution_s, np.array([np.inf]))
