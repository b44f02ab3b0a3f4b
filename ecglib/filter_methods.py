"""Every method that removes whole filters, by the name it has in the results.

A target is the fraction of the dense network's MACs that is gone. All remove filters of the same
layers (see `pruning.filters.groups.targets`) but Torch-Pruning, which does as it does by default.
"""

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import nn

from ecglib.data.datamodule import Batches
from ecglib.device.cost import layer_costs, total_costs
from ecglib.pruning.filters.followers import scored_without_training
from ecglib.pruning.filters.groups import targets, widths
from ecglib.pruning.filters.removal import (
    FilterReached,
    Select,
    Selection,
    as_lists,
    by_score,
    in_stages,
)
from ecglib.pruning.filters.scores import FILTER_CRITERIA
from ecglib.pruning.filters.searching import Course, by_search
from ecglib.pruning.schedules import Stage
from ecglib.rivals import torch_pruning_channels as in_channels
from ecglib.trials import Trial, settings

Method = Callable[[Trial], Iterator[FilterReached]]


def aofp(trial: Trial) -> Iterator[FilterReached]:
    """Approximated Oracle Filter Pruning: one search to the target, then training."""
    return _searched(trial, trial.single_stage)


def aofp_multistage(trial: Trial) -> Iterator[FilterReached]:
    """The same search in each stage on the way to the target."""
    return _searched(trial, trial.stages)


def aofp_in_blocks(trial: Trial) -> Iterator[FilterReached]:
    """AOFP to whole blocks of `filter_prune.block` channels, as fast kernels want them."""
    chosen = settings().filter_prune.search
    course = Course(**chosen.model_dump(exclude={"learning_rate", "share"}))
    effort = {"learning_rate": chosen.learning_rate, "share": chosen.share}
    return _in_blocks(trial, by_search(trial.fit, course, macs_in_blocks, trial.run.seed, **effort))


def oracle_filter(trial: Trial) -> Iterator[FilterReached]:
    """Each filter left out in turn; the least missed go. AOFP's own scores stand beside."""
    select = _by(trial, "oracle")

    def with_aofp(network: nn.Module, limit: int, epochs: int) -> Selection:
        masks = settings().filter_prune.agreement_masks
        batches = _scoring(trial)
        damages = scored_without_training(network, batches, trial.run.seed, masks)
        selection = select(network, limit, epochs)
        once = sum(len(labels) for _, labels in batches)
        filters = sum(map(len, damages.values()))
        # With every filter and without each; the base path and the ablated ones.
        beats = {"evaluated_beats": (filters + 1) * once, "aofp_evaluated_beats": 2 * once}
        return Selection(
            selection.alive, notes=selection.notes | {"aofp": as_lists(damages)} | beats
        )

    return in_stages(trial.network(), trial.single_stage, trial.fit, macs, with_aofp)


def taylor_filter(trial: Trial) -> Iterator[FilterReached]:
    """By the Taylor estimate of the change in loss, ranked over all layers."""
    return _scored(trial, "taylor", trial.single_stage)


def taylor_filter_multistage(trial: Trial) -> Iterator[FilterReached]:
    """The same in stages."""
    return _scored(trial, "taylor", trial.stages)


def l1_filter(trial: Trial) -> Iterator[FilterReached]:
    """By the sum of absolute weights, the same fraction of every layer, then what fits."""
    return _scored(trial, "l1", trial.single_stage)


def l1_filter_in_blocks(trial: Trial) -> Iterator[FilterReached]:
    """L1 to whole blocks of channels."""
    score, across_layers = FILTER_CRITERIA["l1"]
    return _in_blocks(
        trial, by_score(score, (), trial.run.seed, macs_in_blocks, across_layers=across_layers)
    )


def geometric_median_filter(trial: Trial) -> Iterator[FilterReached]:
    """By the distance to the layer's other filters, the same fraction of all, then what fits."""
    return _scored(trial, "geometric_median", trial.single_stage)


def random_filter(trial: Trial) -> Iterator[FilterReached]:
    """Any filters, the same fraction of every layer, then what fits."""
    return _scored(trial, "random", trial.single_stage)


def dependency_graph(trial: Trial) -> Iterator[FilterReached]:
    """Torch-Pruning at its defaults, on the same budget."""
    for one in in_channels.torch_pruning(
        trial.network(), trial.single_stage, trial.fit, global_pruning=False, size=macs
    ):
        yield FilterReached(**vars(one), filters={"widths": widths(one.network)})


def macs(network: nn.Module) -> int:
    """Multiplications per beat."""
    return total_costs(network, network.input_shape)["macs"]


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


def _scored(trial: Trial, score: str, stages: Sequence[Stage]) -> Iterator[FilterReached]:
    return in_stages(trial.network(), stages, trial.fit, macs, _by(trial, score))


def _by(trial: Trial, name: str) -> Select:
    score, across_layers = FILTER_CRITERIA[name]
    return by_score(score, _scoring(trial), trial.run.seed, macs, across_layers=across_layers)


def _searched(trial: Trial, stages: Sequence[Stage]) -> Iterator[FilterReached]:
    chosen = settings().filter_prune.search
    course = Course(**chosen.model_dump(exclude={"learning_rate", "share"}))
    select = by_search(
        trial.fit,
        course,
        macs,
        trial.run.seed,
        learning_rate=chosen.learning_rate,
        share=chosen.share,
    )
    return in_stages(trial.network(), stages, trial.fit, macs, select)


def _in_blocks(trial: Trial, select: Select) -> Iterator[FilterReached]:
    return in_stages(trial.network(), trial.single_stage, trial.fit, macs_in_blocks, select)


def _scoring(trial: Trial) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Random training beats for the scores that need some."""
    draw, data = torch.Generator().manual_seed(trial.run.seed), trial.data
    count = max(1, settings().scoring_beats // data.batch_size)
    return list(itertools.islice(Batches(*data.tensors("train"), data.batch_size, draw), count))


def _of_whole_blocks(method: Method) -> Method:
    """The method; ValueError for a network with other layers, where blocks are another budget."""

    @functools.wraps(method)
    def checked(trial: Trial) -> Iterator[FilterReached]:
        block, groups = settings().filter_prune.block, targets(trial.dense)
        if broken := {name: of.count for name, of in groups.items() if of.count % block}:
            raise ValueError(
                f"{method.__name__} takes networks whose layers are whole blocks of {block} "
                f"channels, and {trial.run.model} has {broken}: take another model, or another "
                "filter_prune.block in params.yaml"
            )
        return method(trial)

    return checked


FILTER_METHODS: dict[str, Method] = {
    method.__name__: method
    for method in (
        *(aofp, aofp_multistage, _of_whole_blocks(aofp_in_blocks), oracle_filter),
        *(taylor_filter, taylor_filter_multistage, l1_filter),
        *(_of_whole_blocks(l1_filter_in_blocks), geometric_median_filter, random_filter),
        dependency_graph,
    )
}
