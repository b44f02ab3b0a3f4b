"""What every training of a run shares: its beats, its initial network, its fit."""

from collections.abc import Callable, Sequence

import pandas as pd
import torch
from torch import nn

from ecglib import models
from ecglib.data.augmentation import Augmentation
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import HeartbeatData
from ecglib.settings.config import settings
from ecglib.settings.parameters import BaselineRun
from ecglib.settings.registry import MODELS
from ecglib.training import classifier


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
        features=MODELS[run.model].function.n_features > 0,
        augmentation=Augmentation(window.fs_hz, **changes) if any(changes.values()) else None,
        class_balance=training.class_balance,
    )


def new_network(run: BaselineRun, **sizes: float) -> nn.Module:
    """The run's model with the initial weights of its seed."""
    torch.manual_seed(run.seed)
    return models.build(run.model, **sizes)


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
