"""What every method starts from: the run's data, dense network, stages, fit and pruning rule.

What only some methods need stands below `Trial` as functions of it: a finished cell of the sweep
depends on the functions that its method calls, and on no others.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import torch
from torch import Tensor, nn

from ecglib.data.datamodule import Batches, HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.methods import fitting
from ecglib.pruning import budgets, controls, scores  # noqa: F401  (they register)
from ecglib.pruning.masks import Masks
from ecglib.pruning.multistage import PruneTo, Reached
from ecglib.pruning.prune import pruner
from ecglib.settings.config import settings
from ecglib.settings.parameters import PruneRun
from ecglib.settings.registry import BUDGETS
from ecglib.settings.schedules import Stage, one_shot, up_to
from ecglib.training import classifier, metrics
from ecglib.training.classifier import Cycle, Distillation


@dataclass(frozen=True)
class Trial:
    """One run of one method. `dense` is changed by whoever trains it: methods take `network()`.

    early: the dense network's weights at the rewinding epoch.
    """

    run: PruneRun
    data: HeartbeatData
    dense: nn.Module
    early: dict[str, Tensor]

    def network(self) -> nn.Module:
        """The dense network, to be changed."""
        return copy.deepcopy(self.dense)

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages on the way to the run's target."""
        return up_to(settings().stages(self.run.schedule), self.run.target_sparsity)

    @cached_property
    def single_stage(self) -> list[Stage]:
        """All epochs of these stages in one."""
        return one_shot(settings().stages(self.run.schedule), self.run.target_sparsity)

    @cached_property
    def fit(self) -> Callable[..., pd.DataFrame]:
        """The fit that all methods share, see `fitting.fitter`."""
        return fitting.fitter(self.run, self.data)

    @cached_property
    def prune_to(self) -> PruneTo:
        """The run's criterion, allocation and budget as a function, see `pruner`."""
        run, windows_labels = self.run, self.data.tensors("train")
        order = torch.Generator().manual_seed(run.seed)
        rows = torch.randperm(len(windows_labels[1]), generator=order)[: settings().scoring_beats]
        return pruner(
            run.criterion,
            run.allocation,
            batches=Batches(*(part[rows] for part in windows_labels), self.data.batch_size),
            seed=run.seed,
            prices=BUDGETS[run.budget](self.dense),
        )


def distilled(
    trial: Trial, network: nn.Module, epochs: int, callbacks: Sequence = ()
) -> pd.DataFrame:
    """The trial's fit with the dense network as a teacher."""
    chosen = settings().distillation
    teacher = Distillation(trial.dense, chosen.temperature, chosen.weight)
    return trial.fit(network, epochs, callbacks, distillation=teacher)


def one_cycle(trial: Trial) -> Callable[..., pd.DataFrame]:
    """Fits that share one learning-rate cycle over all stages, instead of one cycle each."""
    total, before = sum(stage.epochs for stage in trial.stages), 0

    def fit(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        nonlocal before
        cycle, before = Cycle(before, total), before + epochs
        return trial.fit(network, epochs, callbacks, cycle=cycle)

    return fit


def validate(trial: Trial, network: nn.Module) -> float:
    """Macro-F1 on the validation beats."""
    windows, label = trial.data.tensors("validation")
    matrix = metrics.confusion(classifier.predict(network, windows), label)
    return float(metrics.f1_macro(matrix))


def small_network(trial: Trial) -> nn.Module:
    """The run's model at the greatest width that the run's target pays for, untrained.

    Raises:
        ValueError: not even the smallest width is small enough.
    """
    column = {"weights": "weights", "macs": "macs"}[trial.run.budget]
    shape = trial.dense.input_shape
    limit = (1 - trial.run.target_sparsity) * total_costs(trial.dense, shape)[column]
    for percent in range(99, 0, -1):
        network = fitting.new_network(trial.run, width=percent / 100)
        if total_costs(network, shape)[column] <= limit:
            return network
    raise ValueError(
        f"no {trial.run.model} has {trial.run.target_sparsity:.0%} fewer {column} than the dense"
    )


def with_whole_budget(trial: Trial, network: nn.Module, masks: Masks) -> Reached:
    """Trained with fixed masks for as long as dense and pruned network together, in one fit."""
    epochs = settings().baseline.epochs + trial.single_stage[0].epochs
    return controls.trained_with(network, masks, trial.stages, epochs, trial.fit)
