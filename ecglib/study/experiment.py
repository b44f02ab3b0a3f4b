"""A run of a method: the trial that it starts from, and the record of what it reaches."""

import torch

import ecglib.methods.dense  # noqa: F401  (registers what every run starts from)
from ecglib import models
from ecglib.data.datamodule import HeartbeatData
from ecglib.methods.trial import Trial
from ecglib.pruning.multistage import Reached
from ecglib.results import filters
from ecglib.results.filters import OF_FILTERS
from ecglib.results.runs import Key, Run, dense_key
from ecglib.settings.parameters import FilterRun, PruneRun
from ecglib.study import recording


def trial(run: PruneRun, data: HeartbeatData) -> Trial:
    """What the run's method starts from; a run by hand may start from the study's dense network.

    Raises:
        ValueError: the dense network is not there; the message names the notebook to run.
    """
    key = dense_key(run.split, run.model, run.seed)
    folders = [run.into] if run.into == "study" else [run.into, "study"]
    for into in folders:
        if (path := recording.weights_path(key, into=into)).is_file():
            dense, early = models.load(run.model, path), recording.early_path(key, into=into)
            torch.manual_seed(run.seed)  # for dropout
            return Trial(run, data, dense, models.read_weights(early))
    raise ValueError(
        f"no dense network {recording.weights_path(key, into=run.into)}: run `make repro`, or "
        f"notebooks/02_baseline.ipynb with model {run.model}, split {run.split} and seed {run.seed}"
    )


def prune_key(run: PruneRun | FilterRun, method: str, target_sparsity: float) -> Key:
    """The key of a network that this run prunes."""
    fields = OF_FILTERS | run.model_dump()
    fields |= {"method": method, "target_sparsity": target_sparsity}
    return Key(**{name: fields[name] for name in Key._fields})


def record_reached(
    run: PruneRun | FilterRun, reached: Reached, data: HeartbeatData, method: str
) -> Run:
    """Store what a method has reached, under the stage's sparsity."""
    key = prune_key(run, method, reached.stage.sparsity)
    if reached.filters:
        filters.save_filters(key, reached.filters, into=run.into)
    return recording.record(
        key,
        reached.network,
        reached.masks,
        data,
        epochs=reached.epochs_spent,
        into=run.into,
        learning_rate=reached.learning_rate,
    )
