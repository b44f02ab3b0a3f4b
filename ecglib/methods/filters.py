"""The methods that remove whole filters: the stage `filter_prune`, with `blocks`.

A target is the fraction of the dense network's MACs that is gone. All remove filters of the same
layers (see `pruning.filters.groups.targets`) but Torch-Pruning, which does as it does by default.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import nn

from ecglib.data.datamodule import Batches
from ecglib.device.cost import total_costs
from ecglib.methods.rivals import torch_pruning_channels as in_channels
from ecglib.methods.trial import Trial
from ecglib.pruning.filters.followers import scored_without_training
from ecglib.pruning.filters.groups import widths
from ecglib.pruning.filters.removal import (
    Select,
    Selection,
    Size,
    as_lists,
    by_score,
    in_stages,
)
from ecglib.pruning.filters.scores import Score, geometric_median, l1, oracle, random, taylor
from ecglib.pruning.filters.searching import Course, by_search
from ecglib.pruning.multistage import Reached
from ecglib.settings.config import settings
from ecglib.settings.registry import METHODS
from ecglib.settings.schedules import Stage

method = partial(METHODS.register, **{"family": "filters", "stage": "filter_prune", "takes": ()})
SEARCH = ("filter_prune.search",)


@method("AOFP", settings=SEARCH)
def aofp(trial: Trial) -> Iterator[Reached]:
    """Approximated Oracle Filter Pruning: one search to the target, then training."""
    return _searched(trial, trial.single_stage)


@method("AOFP in stages", staged=True, settings=SEARCH)
def aofp_multistage(trial: Trial) -> Iterator[Reached]:
    """The same search in each stage on the way to the target."""
    return _searched(trial, trial.stages)


@method("oracle, filters", settings=("scoring_beats", "filter_prune.agreement_masks"))
def oracle_filter(trial: Trial) -> Iterator[Reached]:
    """Each filter left out in turn; the least missed go. AOFP's own scores stand beside."""
    select = _by(trial, oracle, across_layers=True)

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


@method("Taylor, filters", settings=("scoring_beats",))
def taylor_filter(trial: Trial) -> Iterator[Reached]:
    """By the Taylor estimate of the change in loss, ranked over all layers."""
    return _scored(trial, taylor, trial.single_stage, across_layers=True)


@method("Taylor, filters, in stages", staged=True, settings=("scoring_beats",))
def taylor_filter_multistage(trial: Trial) -> Iterator[Reached]:
    """The same in stages."""
    return _scored(trial, taylor, trial.stages, across_layers=True)


@method("L1, filters")
def l1_filter(trial: Trial) -> Iterator[Reached]:
    """By the sum of absolute weights, the same fraction of every layer, then what fits."""
    return _scored(trial, l1, trial.single_stage)


@method("geometric median, filters")
def geometric_median_filter(trial: Trial) -> Iterator[Reached]:
    """By the distance to the layer's other filters, the same fraction of all, then what fits."""
    return _scored(trial, geometric_median, trial.single_stage)


@method("random filters")
def random_filter(trial: Trial) -> Iterator[Reached]:
    """Any filters, the same fraction of every layer, then what fits."""
    return _scored(trial, random, trial.single_stage)


@method("Torch-Pruning (DepGraph)")
def dependency_graph(trial: Trial) -> Iterator[Reached]:
    """Torch-Pruning at its defaults, on the same budget."""
    for one in in_channels.torch_pruning(
        trial.network(), trial.single_stage, trial.fit, global_pruning=False, size=macs
    ):
        yield replace(one, filters={"widths": widths(one.network)})


def macs(network: nn.Module) -> int:
    """Multiplications per beat."""
    return total_costs(network, network.input_shape)["macs"]


def searching(trial: Trial, size: Size = macs) -> Select:
    """AOFP's search as the settings have it; `size` is what the budget counts."""
    chosen = settings().filter_prune.search
    course = Course(**chosen.model_dump(exclude={"learning_rate", "share"}))
    effort = {"learning_rate": chosen.learning_rate, "share": chosen.share}
    return by_search(trial.fit, course, size, trial.run.seed, **effort)


def _searched(trial: Trial, stages: Sequence[Stage]) -> Iterator[Reached]:
    return in_stages(trial.network(), stages, trial.fit, macs, searching(trial))


def _scored(
    trial: Trial, score: Score, stages: Sequence[Stage], *, across_layers: bool = False
) -> Iterator[Reached]:
    select = _by(trial, score, across_layers=across_layers)
    return in_stages(trial.network(), stages, trial.fit, macs, select)


def _by(trial: Trial, score: Score, *, across_layers: bool) -> Select:
    """Ranked over all layers only where a score compares across them.

    Those of weights do not, nor does noise: they remove the same fraction of every layer.
    """
    return by_score(score, _scoring(trial), trial.run.seed, macs, across_layers=across_layers)


def _scoring(trial: Trial) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Random training beats for the scores that need some."""
    draw, data = torch.Generator().manual_seed(trial.run.seed), trial.data
    count = max(1, settings().scoring_beats // data.batch_size)
    return list(itertools.islice(Batches(*data.tensors("train"), data.batch_size, draw), count))
