"""What each layer of the short network takes on the emulated device, by its size.

python -m ecglib.frontier.prices      measure all sizes anew: where the network or a kernel changed

Measured once with random weights, and kept in git: cycles depend on sizes, not on values, but for
some of the z-score's root.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import nn

from ecglib import paths
from ecglib.device import firmware
from ecglib.device.cost import total_costs
from ecglib.device.measure import TYPICAL, Measured, measure
from ecglib.device.quantize import quantize
from ecglib.frontier.short import SAMPLES, WIDE, Short

TABLE = paths.REPORTS / "frontier" / "short_cycles.csv"
BLOCK = 4  # widths are measured in steps of it
REST = "rest"  # the z-score, and the calls
LAYERS = ("features.0", "features.3", "features.6", "classifier.1", "classifier.3")


def cycles(network: nn.Module) -> int:
    """Cycles a beat, z-score to logits, as the table predicts them.

    Raises:
        ValueError: the table has no layer of such a size.
    """
    known = _table()
    sizes = sizes_of(network)
    if missing := [f"{name} {size}" for name, size in sizes.items() if (name, *size) not in known]:
        raise ValueError(f"{TABLE} has no {missing[0]}: python -m ecglib.frontier.prices")
    return known[REST, 0, 0] + sum(known[name, *size] for name, size in sizes.items())


def macs(network: nn.Module) -> int:
    """Multiplications a beat: what a budget counts that does not know the device."""
    return total_costs(network, network.input_shape)["macs"]


def sizes_of(network: nn.Module) -> dict[str, tuple[int, int]]:
    """Layer -> outputs and inputs."""
    return {name: tuple(network.get_submodule(name).weight.shape[:2]) for name in LAYERS}


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, int, int], int]:
    rows = pd.read_csv(TABLE).itertuples(index=False)
    return {(row.layer, row.outputs, row.inputs): row.cycles for row in rows}


def measured() -> pd.DataFrame:
    """All layers of all widths in blocks, up to the wide network's: layer, outputs, inputs, cycles.

    Raises:
        CompilerMissing: there is no cross compiler.
    """
    found: dict[tuple[str, int, int], int] = {}
    for widths in _all_widths():
        network = Short(widths)
        keys = {name: (name, *size) for name, size in sizes_of(network).items()}
        if keys.keys() and all(key in found for key in keys.values()):
            continue
        costs = measure_random(network)
        layers = {name: round(costs.by_function[firmware.function_of(name)]) for name in LAYERS}
        found |= {keys[name]: of for name, of in layers.items()}
        found.setdefault((REST, 0, 0), round(costs.cycles[TYPICAL]) - sum(layers.values()))
    rows = [(*key, of) for key, of in sorted(found.items())]
    return pd.DataFrame(rows, columns=["layer", "outputs", "inputs", "cycles"])


def _all_widths() -> Iterator[tuple[int, ...]]:
    return product(*(range(BLOCK, most + 1, BLOCK) for most in WIDE))


def measure_random(network: nn.Module) -> Measured:
    """Costs of the network on an invented beat: dense kernels, whole words."""
    generator = torch.Generator().manual_seed(0)
    integers = quantize(network.eval(), torch.randn(64, 1, SAMPLES, generator=generator))
    beat = np.random.default_rng(0).normal(0, 1000, (1, SAMPLES)).astype(np.int16)
    return measure(integers, beat, {})


def main() -> None:
    """Write the table anew."""
    with paths.atomic(TABLE) as temporary:
        measured().to_csv(temporary, index=False)


if __name__ == "__main__":
    main()
