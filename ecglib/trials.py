"""What every method starts from: the run's data, dense network, stages, fit and pruning rule.

Everything that decides what a run's weights become stands here, in `methods`, and in the modules
these two use.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd
import torch
from torch import Tensor, nn

from ecglib import classifier, config, metrics, models
from ecglib.classifier import Cycle, Distillation, Snapshot
from ecglib.data.augmentation import Augmentation
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import Batches, HeartbeatData
from ecglib.device.cost import macs_per_weight, total_costs
from ecglib.parameters import BaselineRun, PruneRun
from ecglib.pruning.prune import pruner
from ecglib.pruning.schedules import Stage, one_shot, up_to

settings = lru_cache(config.load)


def load_data(run: BaselineRun) -> HeartbeatData:
    """The beats of the run's split and seed, cut and normalised as its model wants them."""
    training, window = settings().training[run.split], settings().data.windows[run.model]
    changes = training.augmentation.model_dump()
    return HeartbeatData(
        Beats.load(path_of(window)),
        run.split,
        run.seed,
        batch_size=training.batch_size,
        normalise=window.normalise,
        features=models.MODELS[run.model].n_features > 0,
        augmentation=Augmentation(window.fs_hz, **changes) if any(changes.values()) else None,
        class_balance=training.class_balance,
    )


def new_network(run: BaselineRun, **sizes: float) -> nn.Module:
    """The run's model with the initial weights of its seed."""
    torch.manual_seed(run.seed)
    return models.build(run.model, **sizes)


def train_baseline(
    run: BaselineRun, data: HeartbeatData
) -> tuple[nn.Module, dict[str, Tensor], pd.DataFrame]:
    """The trained dense network, its weights at the rewinding epoch, and its history."""
    baseline, network = settings().baseline, new_network(run)
    snapshot = Snapshot(baseline.rewind_epoch)
    history = fitter(run, data)(network, baseline.epochs, [snapshot])
    return network, snapshot.weights, history


def fitter(run: BaselineRun, data: HeartbeatData) -> Callable[..., pd.DataFrame]:
    """fit(network, epochs, callbacks, **changed) on the run's data.

    `changed` are options of `classifier.fit` that differ from the settings all fits share.
    """

    def fit(
        network: nn.Module, epochs: int, callbacks: Sequence = (), **changed: object
    ) -> pd.DataFrame:
        training = settings().training[run.split].for_model(run.model)
        shared = {
            "learning_rate": training.learning_rate,
            "weight_decay": training.weight_decay,
            "label_smoothing": training.label_smoothing,
            "class_weights": data.class_weights if training.class_balance else None,
            "progress": run.progress,
        }
        return classifier.fit(
            network, data, epochs=epochs, callbacks=callbacks, **(shared | changed)
        )

    return fit


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
        """The fit that all methods share, see `fitter`."""
        return fitter(self.run, self.data)

    def distilled(self, network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        """The same fit with the dense network as a teacher."""
        chosen = settings().distillation
        teacher = Distillation(self.dense, chosen.temperature, chosen.weight)
        return self.fit(network, epochs, callbacks, distillation=teacher)

    def one_cycle(self) -> Callable[..., pd.DataFrame]:
        """Fits that share one learning-rate cycle over all stages, instead of one cycle each."""
        total, before = sum(stage.epochs for stage in self.stages), 0

        def fit(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
            nonlocal before
            cycle, before = Cycle(before, total), before + epochs
            return self.fit(network, epochs, callbacks, cycle=cycle)

        return fit

    @cached_property
    def prune_to(self) -> Callable:
        """The run's criterion and allocation as a function, see `pruner`."""
        run, windows_labels = self.run, self.data.tensors("train")
        order = torch.Generator().manual_seed(run.seed)
        rows = torch.randperm(len(windows_labels[1]), generator=order)[: settings().scoring_beats]
        return pruner(
            run.criterion,
            run.allocation,
            batches=Batches(*(part[rows] for part in windows_labels), self.data.batch_size),
            seed=run.seed,
            prices=macs_per_weight(self.dense) if run.budget == "macs" else None,
        )

    def validate(self, network: nn.Module) -> float:
        """Macro-F1 on the validation beats."""
        windows, label = self.data.tensors("validation")
        matrix = metrics.confusion(classifier.predict(network, windows), label)
        return float(metrics.f1_macro(matrix))

    def small_network(self) -> nn.Module:
        """The run's model at the greatest width that the run's target pays for, untrained.

        Raises:
            ValueError: not even the smallest width is small enough.
        """
        column = {"weights": "weights", "macs": "macs"}[self.run.budget]
        shape = self.dense.input_shape
        limit = (1 - self.run.target_sparsity) * total_costs(self.dense, shape)[column]
        for percent in range(99, 0, -1):
            network = new_network(self.run, width=percent / 100)
            if total_costs(network, shape)[column] <= limit:
                return network
        raise ValueError(
            f"no {self.run.model} has {self.run.target_sparsity:.0%} fewer {column} than the dense"
        )
