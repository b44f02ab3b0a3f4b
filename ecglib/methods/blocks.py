"""Filters in whole blocks of channels, as fast kernels of a runtime want them."""

import functools
from collections import Counter
from collections.abc import Callable, Iterator

from torch import nn

from ecglib.device.cost import layer_costs
from ecglib.methods.filters import SEARCH, method, searching
from ecglib.methods.trial import Trial
from ecglib.pruning.filters.groups import targets
from ecglib.pruning.filters.removal import Select, by_score, in_stages
from ecglib.pruning.filters.scores import l1
from ecglib.pruning.multistage import Reached
from ecglib.settings.config import settings


def of_whole_blocks(method: Callable) -> Callable:
    """The method; ValueError for a network with other layers, where blocks are another budget."""

    @functools.wraps(method)
    def checked(trial: Trial) -> Iterator[Reached]:
        block, groups = settings().filter_prune.block, targets(trial.dense)
        if broken := {name: of.count for name, of in groups.items() if of.count % block}:
            raise ValueError(
                f"{method.__name__} takes networks whose layers are whole blocks of {block} "
                f"channels, and {trial.run.model} has {broken}: take another model, or another "
                "filter_prune.block in params.yaml"
            )
        return method(trial)

    return checked


@method("AOFP in blocks of channels", settings=(*SEARCH, "filter_prune.block"))
@of_whole_blocks
def aofp_in_blocks(trial: Trial) -> Iterator[Reached]:
    """AOFP to whole blocks of `filter_prune.block` channels, as fast kernels want them."""
    return _in_blocks(trial, searching(trial, macs_in_blocks))


@method("L1, filters in blocks of channels", settings=("filter_prune.block",))
@of_whole_blocks
def l1_filter_in_blocks(trial: Trial) -> Iterator[Reached]:
    """L1 to whole blocks of channels."""
    select = by_score(l1, (), trial.run.seed, macs_in_blocks, across_layers=False)
    return _in_blocks(trial, select)


def macs_in_blocks(network: nn.Module) -> int:
    """`macs` of the network whose layers fill up the blocks of channels that they have begun.

    A simple price for kernels that pad a block, or refuse a layer that leaves one open. Within such
    a budget filters come back until the blocks are full: one that fills a block costs nothing more.
    """
    block, more_in, more_out = settings().filter_prune.block, Counter(), Counter()
    for group in targets(network).values():
        missing = -group.count % block
        more_out.update(dict.fromkeys(group.writers, missing))
        for reader in group.readers:
            more_in[reader.layer] += missing * reader.steps
    layers = layer_costs(network, network.input_shape)
    layers, total = layers[layers["weights"] > 0], 0
    for layer, count in zip(layers["layer"], layers["macs"], strict=True):
        filters, inputs = network.get_submodule(layer).weight.shape[:2]
        each = count // (filters * inputs)
        total += each * (filters + more_out[layer]) * (inputs + more_in[layer])
    return int(total)


def _in_blocks(trial: Trial, select: Select) -> Iterator[Reached]:
    return in_stages(trial.network(), trial.single_stage, trial.fit, macs_in_blocks, select)
