"""Evaluate a network on the test beats, and keep it with what was found."""

from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from ecglib import models, paths
from ecglib.data.datamodule import HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks
from ecglib.results import runs
from ecglib.results.runs import Key, Run, dense_key
from ecglib.results.tables import DIGITS
from ecglib.settings.parameters import BaselineRun
from ecglib.training import metrics, prediction


def weights_path(key: Key, *, into: str) -> Path:
    """Where a run's network is stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.safetensors"


def early_path(key: Key, *, into: str) -> Path:
    """Where a dense network's weights at the rewinding epoch are stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.rewind.safetensors"


def mask_path(key: Key, *, into: str) -> Path:
    """Where a run's mask is stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.mask.safetensors"


def history_path(key: Key, *, into: str) -> Path:
    """Where a dense network's learning curve is kept, so that figures need no training."""
    return runs.models_folder(key.stage, into) / f"{key.name}.history.csv"


def record(
    key: Key,
    network: nn.Module,
    masks: Masks,
    data: HeartbeatData,
    *,
    epochs: int,
    into: str,
    learning_rate: float | None = None,
) -> Run:
    """Evaluate on the test beats; store weights, mask and predictions, and last the result."""
    predicted, matrix = {}, {}
    for part in ("validation", "test"):
        windows, label = data.tensors(part)
        predicted[part] = prediction.classify(network, windows)
        matrix[part] = metrics.confusion(predicted[part], label)
    parent, costs = _costs(models.build(key.model)), _costs(network)
    run = Run(
        **key._asdict(),
        sparsity=1 - sum(int(mask.sum()) for mask in masks.values()) / parent["weights"],
        epochs=epochs,
        **metrics.all_scores(matrix["test"]),
        f1_macro_validation=float(metrics.f1_macro(matrix["validation"])),
        learning_rate=learning_rate,
        **{name: parent[name] for name in ("params", "macs")},
        **{name: costs[name] for name in ("params_nonzero", "macs_effective")},
    )
    models.save(network, weights_path(key, into=into))
    mask_values.save(masks, mask_path(key, into=into))
    runs.save_predictions(
        key, predicted["test"].numpy(), label.numpy(), data.test_record, into=into
    )
    runs.save(run, into=into)
    return run


def _costs(network: nn.Module) -> dict[str, int]:
    return total_costs(network, network.input_shape)


def record_baseline(
    run: BaselineRun,
    network: nn.Module,
    early: dict[str, Tensor],
    history: pd.DataFrame,
    data: HeartbeatData,
) -> Run:
    """Store the dense network, its early weights and learning curve, and last its result."""
    key = dense_key(run.split, run.model, run.seed)
    models.write_weights(early, early_path(key, into=run.into))
    with paths.atomic(history_path(key, into=run.into)) as temporary:
        history.round(DIGITS).to_csv(temporary, index=False, lineterminator="\n")
    return record(key, network, mask_values.ones(network), data, epochs=0, into=run.into)
