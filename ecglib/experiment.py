"""What the notebooks have in common: a run's dense network, its record, the study's keys."""

from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from ecglib import classifier, filter_runs, metrics, models, paths, runs
from ecglib.data.datamodule import HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.filter_methods import FILTER_METHODS
from ecglib.filter_runs import OF_FILTERS, is_staged
from ecglib.methods import METHODS
from ecglib.parameters import BaselineRun, FilterRun, PruneRun
from ecglib.pruning import masks as mask_values
from ecglib.pruning.filters.removal import FilterReached
from ecglib.pruning.masks import Masks
from ecglib.pruning.multistage import Reached
from ecglib.pruning.schedules import up_to
from ecglib.runs import Key, Run, dense_key
from ecglib.schema_pruning import FilterPrune, MultistagePrune
from ecglib.tables import DIGITS
from ecglib.trials import Trial, settings

__all__ = ["FILTER_METHODS", "METHODS", "settings"]  # for the notebooks too


def trial(run: PruneRun, data: HeartbeatData) -> Trial:
    """What the run's method starts from; a run by hand may start from the study's dense network.

    Raises:
        ValueError: the dense network is not there; the message names the notebook to run.
    """
    key = dense_key(run.split, run.model, run.seed)
    folders = [run.into] if run.into == "study" else [run.into, "study"]
    for into in folders:
        if weights_path(key, into=into).is_file():
            dense = models.load(run.model, weights_path(key, into=into))
            torch.manual_seed(run.seed)  # for dropout
            return Trial(run, data, dense, models.read_weights(early_path(key, into=into)))
    raise ValueError(
        f"no dense network {weights_path(key, into=run.into)}: run `make repro`, or "
        f"notebooks/02_baseline.ipynb with model {run.model}, split {run.split} and seed {run.seed}"
    )


def prune_key(run: PruneRun | FilterRun, method: str, target_sparsity: float) -> Key:
    """The key of a network that this run prunes."""
    fields = OF_FILTERS | run.model_dump()
    fields |= {"method": method, "target_sparsity": target_sparsity}
    return Key(**{name: fields[name] for name in Key._fields})


def weights_path(key: Key, *, into: str) -> Path:
    """Where a run's network is stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.safetensors"


def early_path(key: Key, *, into: str) -> Path:
    """Where a dense network's weights at the rewinding epoch are stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.rewind.safetensors"


def mask_path(key: Key, *, into: str) -> Path:
    """Where a run's mask is stored."""
    return runs.models_folder(key.stage, into) / f"{key.name}.mask.safetensors"


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
        predicted[part] = classifier.predict(network, windows)
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


def record_reached(
    run: PruneRun | FilterRun, reached: Reached, data: HeartbeatData, method: str
) -> Run:
    """Store what a method has reached, under the stage's sparsity."""
    key = prune_key(run, method, reached.stage.sparsity)
    if isinstance(reached, FilterReached):
        filter_runs.save_filters(key, reached.filters, into=run.into)
    return record(
        key,
        reached.network,
        reached.masks,
        data,
        epochs=reached.epochs_spent,
        into=run.into,
        learning_rate=reached.learning_rate,
    )


def history_path(key: Key, *, into: str) -> Path:
    """Where a dense network's learning curve is kept, so that figures need no training."""
    return runs.models_folder(key.stage, into) / f"{key.name}.history.csv"


def load_histories() -> list[pd.DataFrame]:
    """The learning curves of the study's dense networks, each with its seed."""
    dense = [key for key in expected_keys() if key.method == "dense"]
    return [pd.read_csv(history_path(k, into="study")).assign(seed=k.seed) for k in dense]


def expected_keys() -> list[Key]:
    """Every run that params.yaml asks the study for, in the order of the results table."""
    study, multistage = settings().study, settings().multistage_prune
    one_shot_targets = settings().one_shot_prune.targets
    fields = multistage.model_dump(include={"criterion", "schedule", "allocation", "budget"})
    keys = [dense_key(study.split, study.model, seed) for seed in study.seeds]
    for method, targets, of in (
        ("no_finetune", one_shot_targets, fields),
        ("one_shot", one_shot_targets, fields),
        ("multistage", _on_the_way(multistage), fields),
        *_of_filters(),
    ):
        keys += [
            Key(study.split, study.model, method, **of, target_sparsity=target, seed=seed)
            for target in sorted(targets)
            for seed in study.seeds
        ]
    return keys


def _on_the_way(section: MultistagePrune | FilterPrune) -> list[float]:
    """The sparsities of the stages to the section's target."""
    stages = up_to(settings().stages(section.schedule), section.target_sparsity)
    return [stage.sparsity for stage in stages]


def _of_filters() -> list[tuple[str, list[float], dict[str, str]]]:
    """The study's methods that remove filters: name, targets, further fields of the key."""
    chosen = settings().filter_prune
    fields = OF_FILTERS | {"schedule": chosen.schedule}
    return [
        (method, _on_the_way(chosen) if is_staged(method) else [chosen.target_sparsity], fields)
        for method in chosen.methods
    ]
