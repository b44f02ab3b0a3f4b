"""What the notebooks have in common: the data of a run, its dense network, its fit, its record."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from ecglib import classifier, config, metrics, models, paths, runs
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.parameters import BaselineRun, PruneRun
from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks
from ecglib.pruning.schedules import Stage, up_to
from ecglib.runs import Key, Run, dense_key
from ecglib.sections import ConfigError
from ecglib.tables import DIGITS

settings = lru_cache(config.load)


def load_data(run: BaselineRun) -> HeartbeatData:
    """The beats of the run's split and seed, cut and normalised as its model wants them."""
    window, training = settings().data.windows[run.model], settings().training
    return HeartbeatData(
        Beats.load(path_of(window)),
        run.split,
        run.seed,
        batch_size=training.batch_size,
        normalise=training.normalise,
    )


def new_network(run: BaselineRun) -> nn.Module:
    """The run's model with the initial weights of its seed."""
    torch.manual_seed(run.seed)
    return models.build(run.model)


def dense_network(run: BaselineRun) -> nn.Module:
    """The run's trained dense network: the study's, or, for a run by hand, one trained by hand.

    Raises:
        ValueError: it is not there; the message names the notebook to run.
    """
    key = dense_key(run.split, run.model, run.seed)
    files = [weights_path(key, study=study) for study in ((True,) if run.study else (True, False))]
    for path in files:
        if path.is_file():
            return models.load(run.model, path)
    raise ValueError(
        f"no dense network {files[0]}: run `make repro`, or notebooks/02_baseline.ipynb with "
        f"model {run.model}, split {run.split} and seed {run.seed}"
    )


def fitter(run: BaselineRun, data: HeartbeatData) -> Callable[..., pd.DataFrame]:
    """fit(network, epochs, callbacks) on the run's data, with the settings all fits share."""

    def fit(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        training = settings().training
        return classifier.fit(
            network,
            data,
            epochs=epochs,
            learning_rate=training.learning_rate,
            weight_decay=training.weight_decay,
            label_smoothing=training.label_smoothing,
            callbacks=callbacks,
            progress=run.progress,
        )

    return fit


def schedule_named(name: str) -> list[Stage]:
    """The stages that params.yaml lists under `schedules`; ConfigError if there are none."""
    schedules = settings().schedules
    if name not in schedules:
        raise ConfigError(f"unknown schedule {name!r}; one of {', '.join(schedules)}")
    return [Stage(stage.sparsity, stage.epochs) for stage in schedules[name]]


def prune_key(run: PruneRun, method: str, target_sparsity: float) -> Key:
    """The key of a network that this run prunes."""
    return Key(
        run.split,
        run.model,
        method,
        run.criterion,
        run.schedule,
        run.allocation,
        target_sparsity,
        run.seed,
    )


def weights_path(key: Key, *, study: bool) -> Path:
    """Where a run's network is stored."""
    return runs.models_folder(key.stage, study=study) / f"{key.name}.safetensors"


def mask_path(key: Key, *, study: bool) -> Path:
    """Where a run's mask is stored."""
    return runs.models_folder(key.stage, study=study) / f"{key.name}.mask.safetensors"


def record(
    key: Key, network: nn.Module, masks: Masks, data: HeartbeatData, *, epochs: int, study: bool
) -> Run:
    """Evaluate on the test beats; store weights, mask and predictions, and last the result."""
    windows, label = data.tensors("test")
    predicted = classifier.predict(network, windows)
    costs = total_costs(network, network.input_shape)
    run = Run(
        **key._asdict(),
        sparsity=mask_values.sparsity(masks),
        epochs=epochs,
        **metrics.all_scores(metrics.confusion(predicted, label)),
        **{name: costs[name] for name in ("params", "params_nonzero", "macs", "macs_effective")},
    )
    models.save(network, weights_path(key, study=study))
    mask_values.save(masks, mask_path(key, study=study))
    runs.save_predictions(key, predicted.numpy(), label.numpy(), data.test_record, study=study)
    runs.save(run, study=study)
    return run


def history_path(key: Key, *, study: bool) -> Path:
    """Where a dense network's learning curve is kept."""
    return runs.models_folder(key.stage, study=study) / f"{key.name}.history.csv"


def save_history(key: Key, history: pd.DataFrame, *, study: bool) -> None:
    """Keep a dense network's learning curve, so that figures need no training."""
    with paths.atomic(history_path(key, study=study)) as temporary:
        history.round(DIGITS).to_csv(temporary, index=False, lineterminator="\n")


def load_histories() -> list[pd.DataFrame]:
    """The learning curves of the study's dense networks, each with its seed."""
    dense = [key for key in expected_keys() if key.method == "dense"]
    return [pd.read_csv(history_path(k, study=True)).assign(seed=k.seed) for k in dense]


def expected_keys() -> list[Key]:
    """Every run that params.yaml asks the study for, in the order of the results table."""
    study, multistage = settings().study, settings().multistage_prune
    one_shot_targets = settings().one_shot_prune.targets
    stages = up_to(schedule_named(multistage.schedule), multistage.target_sparsity)
    keys = [dense_key(study.split, study.model, seed) for seed in study.seeds]
    for method, targets in (
        ("no_finetune", one_shot_targets),
        ("one_shot", one_shot_targets),
        ("multistage", [stage.sparsity for stage in stages]),
    ):
        keys += [
            Key(
                study.split,
                study.model,
                method,
                multistage.criterion,
                multistage.schedule,
                multistage.allocation,
                target,
                seed,
            )
            for target in sorted(targets)
            for seed in study.seeds
        ]
    return keys
