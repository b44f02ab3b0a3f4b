"""The published networks, and the published park of servers, as instances.

The layers of AlexNet, VGG-19, GoogLeNet and ResNet-101 were walked from torchvision 0.28's networks
by `walk.layers` at 3 x 224 x 224 and lie in `architectures.csv`, so that the study needs no
torchvision; a test compares the two where it is installed. Beside the input they have 11, 24, 81
and 140 layers. Published are 11, 24, 83 and 136, without saying which: GoogLeNet's two local
normalisations are not in torchvision's, which normalises batches; ResNet-101 has 136 if the four
convolutions in its shortcuts are not counted.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecglib.offloading.problem import BUSY, FREE, Instance, Layers, Links, Servers

NETWORKS = ("alexnet", "vgg19", "googlenet", "resnet101")
BYTES_AN_ELEMENT = 4  # 32-bit floats
# The published park: speeds of end devices, edge servers and the cloud, relative to the first edge.
SPEEDS = {"device": [0.5] * 10, "edge": [1.0, 0.8, 1.2, 1.5], "cloud": [2.0]}
# Ours, as the publication's are not public; set once, so that deadlines bind. A server of speed
# 1 is a core of a small computer. USD an hour, for each unit of speed: a virtual core in the
# cloud is about 0.1, edge servers are dearer as they are scarce, devices wear out and eat
# batteries. Bytes a second: Wi-Fi, metro Ethernet, Internet. USD a byte at each end: between
# free and the usual fee of 0.09 a gigabyte. An instance costs microdollars: one image is far
# below a cent.
MICRO = 1e6
MACS_PER_S = 4e9
PRICE_PER_HOUR = {"device": 0.04, "edge": 0.18, "cloud": 0.12}
BYTES_PER_S = {"device": 25e6, "edge": 125e6, "cloud": 25e6}
DELAY_S = {"device": 0.002, "edge": 0.001, "cloud": 0.02}
PRICE_PER_BYTE = {"device": 0.005e-9, "edge": 0.01e-9, "cloud": 0.02e-9}


def walked(network: str) -> pd.DataFrame:
    """The layers of one of NETWORKS, columns as `walk.layers` has them."""
    table = pd.read_csv(Path(__file__).with_suffix(".csv"), keep_default_na=False)
    found = table[table["network"] == network].drop(columns="network").reset_index(drop=True)
    if found.empty:
        raise ValueError(f"unknown network {network!r}; one of {', '.join(NETWORKS)}")
    return found


def layers_of(
    tables: Sequence[pd.DataFrame], pinned: Sequence[int], element_bytes: float
) -> Layers:
    """Several networks at once, the input of each pinned to its server."""
    names, edges, offset = [], [], 0
    for number, table in enumerate(tables):
        at = {layer: offset + i for i, layer in enumerate(table["layer"])}
        for layer, reads in zip(table["layer"], table["reads"], strict=True):
            edges += [(at[source], at[layer]) for source in reads.split()]
        names += [f"{number}: {layer}" for layer in table["layer"]]
        offset += len(table)
    whole = pd.concat(tables, ignore_index=True)
    application = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    where = np.where(whole["kind"] == "input", np.asarray(pinned)[application], FREE)
    sizes = whole["output_elements"].to_numpy(float) * element_bytes
    return Layers(tuple(names), sizes, np.array(edges), application, where)


def park(
    devices: int = 10, edges: int = 4, prices: int = 0, spread: float = 0.0
) -> tuple[Servers, Links, np.ndarray]:
    """Servers, links, and the speeds (m) in MACs a second: so many of each kind, and the cloud.

    A message goes up to the network and down again: a link's two ends add up. Each server's prices
    and bandwidth are times exp(spread x a normal number of the seed `prices`).
    """
    kinds = ["device"] * devices + ["edge"] * edges + ["cloud"]
    speed = SPEEDS["device"][:devices] + SPEEDS["edge"][:edges] + SPEEDS["cloud"]
    names = tuple(f"{kind} {i}" for i, kind in enumerate(kinds))
    ends = {
        name: np.array([by_kind[kind] for kind in kinds])
        for name, by_kind in (("delay", DELAY_S), ("byte", PRICE_PER_BYTE), ("rate", BYTES_PER_S))
    }
    factors = np.exp(spread * np.random.default_rng(prices).normal(size=(3, len(kinds))))
    ends["rate"], ends["byte"] = ends["rate"] * factors[0], ends["byte"] * factors[1]
    both = {name: one[:, None] + one for name, one in ends.items() if name != "rate"}
    slower = 1 / np.minimum(ends["rate"][:, None], ends["rate"])
    links = Links(slower, both["delay"], MICRO * both["byte"], np.zeros_like(slower))
    each = MICRO * np.array([PRICE_PER_HOUR[kind] for kind in kinds]) / 3600
    servers = Servers(names, each * speed * factors[2])
    return servers, links, np.array(speed) * MACS_PER_S


def instance(
    networks: Sequence[str],
    devices: int = 10,
    edges: int = 4,
    prices: int = 0,
    spread: float = 0.0,
    paid: str = BUSY,
) -> Instance:
    """These networks at once, the input of the first on device 0, of the second on device 1, ...

    No deadline yet: see `Instance.due`. prices, spread: see `park`.
    """
    servers, links, macs_per_s = park(devices, edges, prices, spread)
    tables = [walked(network) for network in networks]
    layers = layers_of(tables, np.arange(len(tables)) % devices, BYTES_AN_ELEMENT)
    macs = np.concatenate([table["macs"] for table in tables])
    execution_s = macs[:, None] / macs_per_s
    none = np.full(len(tables), np.inf)
    return Instance("+".join(networks), servers, links, layers, execution_s, none, paid)
