"""Every network that goes to the device: 8 bits, scored on the test beats, compared, and costed."""

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ecglib import models
from ecglib.deployment import memory, rounded
from ecglib.deployment.compact import compact
from ecglib.deployment.integers import (
    in_integers,
    inputs,
    of_every_class,
    predicted,
    scores,
    scores_of,
    source,
)
from ecglib.device import aims, compiler, firmware, host, integer, measure
from ecglib.device.boards import energy_uj
from ecglib.device.compiler import CompilerMissing
from ecglib.device.cost import total_costs
from ecglib.device.flash import WAIT_STATES
from ecglib.device.integer import IntegerNetwork
from ecglib.methods import catalogue  # noqa: F401  (networks of all methods come here)
from ecglib.results.runs import Key
from ecglib.settings.config import settings
from ecglib.settings.registry import METHODS

# Of a network laid out for the aim `memory`, what device.csv has beside the same for `cycles`.
SMALL = ("kernel", "cycles_p2", "flash_total_bytes", "ram_bytes")


def assess(key: Key, path: Path) -> tuple[dict, list[dict]]:
    """A row of device.csv, and its cycles by function; costs are absent without a cross compiler.

    Raises:
        NotExact: C and reference differ, on this computer or on the emulated core.
    """
    torch.set_num_threads(1)
    chosen = settings().on_device_estimate
    network = models.load(key.model, path).eval()
    of, costs = source(key.model, key.split, key.seed), total_costs(network, network.input_shape)
    parent = total_costs(models.build(key.model), network.input_shape)
    integers, _, epochs, validated = in_integers(
        compact(network), key, chosen, rounded.origin(key, path, chosen)
    )
    test = of.parts["test"]
    floats = scores_of(predicted(network, test.windows), test.label)
    row = {
        **key._asdict(),
        "pattern": _pattern(key),
        "sparsity": 1 - costs["weights_nonzero"] / parent["weights"],
        "macs": parent["macs"],
        "macs_effective": costs["macs_effective"],
        **floats,
        "aware_epochs": epochs,
        "f1_macro_validation_int8": validated,
        **{f"{name}_int8": value for name, value in scores(integers, test, raw=of.raw).items()},
    }
    try:
        gcc = compiler.version(compiler.device_compiler())
        compiler.host_compiler()
    except CompilerMissing:
        return row, []
    drawn = of_every_class(test.label, chosen.host_beats, key.seed)
    beats = inputs(integers, test, raw=of.raw)[drawn]
    expected = integer.logits(integers, firmware.input_tensors(integers, beats))
    try:
        costed, small = (
            measured(integers, beats, expected, chosen.emulated_beats, aim)
            for aim in ("cycles", "memory")
        )
    except measure.NotExact as error:
        raise measure.NotExact(f"{key.name}: {error}") from None
    row |= costs_of(costed) | {"bit_exact": True, "host_beats": len(beats)}
    row |= {f"{name}_small": costs_of(small)[name] for name in SMALL}
    row |= {"emulated_beats": costed.beats, "compiler": gcc}
    layers = [
        {"run": key.name, "function": name, "cycles": cycles}
        for name, cycles in costed.by_function.items()
    ]
    return row, layers


def _pattern(key: Key) -> str:
    """What is missing: nothing, whole filters, pairs of weights or single ones."""
    if METHODS[key.method].removes_filters:
        return "filters"
    if key.method == "small_dense":
        return "dense"
    return {"none": "dense", "pairs": "pairs"}.get(key.allocation, "weights")


def measured(
    network: IntegerNetwork, beats: np.ndarray, expected: np.ndarray, emulated: int, aim: str
) -> measure.Measured:
    """What the network costs, laid out for the aim; on the first beats, so many are emulated.

    NotExact unless the C, built for this computer, gives the expected logits for all beats, and on
    the emulated core the reference's for those.
    """
    layout = aims.laid_out(network, beats[0], aim)
    if wrong := int((host.logits(network, beats, *layout) != expected).any(1).sum()):
        raise measure.NotExact(f"{wrong} of {len(beats)} beats differ on this computer")
    return measure.measure(network, beats[:emulated], *layout)


def costs_of(costed: measure.Measured) -> dict:
    """The columns of device.csv that a measurement gives."""
    low, high = energy_uj(costed.cycles[measure.TYPICAL])
    return {
        "kernel": "+".join(costed.kernels.values()),
        **{f"cycles_p{refill}": cycles for refill, cycles in costed.cycles.items()},
        f"cycles_p{measure.TYPICAL}_ws{WAIT_STATES}": costed.cycles[measure.TYPICAL] + costed.waits,
        "instructions": costed.instructions,
        "flash_weight_bytes": costed.constant_bytes,
        "flash_total_bytes": costed.constant_bytes + costed.code_bytes,
        "ram_bytes": costed.ram_bytes,
        "energy_uj_low": low,
        "energy_uj_high": high,
    }


def assess_all(networks: Mapping[Key, Path], workers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """device.csv and the cycles by function of these networks, so many processes at a time.

    `cycles_dense`: of the dense network of the same split, model and seed, where it is among them.
    """
    fresh = multiprocessing.get_context("spawn")  # torch does not survive a fork
    # In order of their beats, so that a process loads these no more than once.
    order = sorted(networks, key=lambda key: (key.split, key.model, key.seed))
    with ProcessPoolExecutor(workers, fresh) as pool:
        assessed = pool.map(recalled, order, [networks[key] for key in order])
        found = dict(zip(order, assessed, strict=True))
    layers = [layer for key in networks for layer in found[key][1]]
    table = with_cycles_dense(pd.DataFrame([found[key][0] for key in networks]))
    return table, pd.DataFrame(layers, columns=["run", "function", "cycles"])


def recalled(key: Key, path: Path) -> tuple[dict, list[dict]]:
    """What `assess` gives, or gave before."""
    return memory.recall(key, path, assess)


def with_cycles_dense(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `cycles_dense`, see `assess_all`; as it is where nothing was measured."""
    if "cycles_p2" not in table:
        return table
    parent = ["split", "model", "seed"]
    dense = table[table["method"] == "dense"].set_index(parent)["cycles_p2"]
    return table.join(dense.rename("cycles_dense"), on=parent)
