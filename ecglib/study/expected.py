"""What params.yaml asks the study for: every run by its key, in the order of the results table."""

import pandas as pd

from ecglib.methods import catalogue  # noqa: F401  (results are of all families)
from ecglib.results.filters import OF_FILTERS
from ecglib.results.runs import Key, dense_key
from ecglib.settings.config import settings
from ecglib.settings.pruning import FilterPrune, MultistagePrune
from ecglib.settings.registry import METHODS
from ecglib.settings.schedules import up_to
from ecglib.study import recording


def histories() -> list[pd.DataFrame]:
    """The learning curves of the study's dense networks, each with its seed."""
    dense = [key for key in keys() if key.method == "dense"]
    files = [recording.history_path(key, into="study") for key in dense]
    return [pd.read_csv(file).assign(seed=key.seed) for key, file in zip(dense, files, strict=True)]


def keys() -> list[Key]:
    """Every run that params.yaml asks the study for, in the order of the results table."""
    study, multistage = settings().study, settings().multistage_prune
    one_shot_targets = settings().one_shot_prune.targets
    fields = multistage.model_dump(include={"criterion", "schedule", "allocation", "budget"})
    found = [dense_key(study.split, study.model, seed) for seed in study.seeds]
    for method, targets, of in (
        ("no_finetune", one_shot_targets, fields),
        ("one_shot", one_shot_targets, fields),
        ("multistage", _on_the_way(multistage), fields),
        *_of_filters(),
    ):
        found += [
            Key(study.split, study.model, method, **of, target_sparsity=target, seed=seed)
            for target in sorted(targets)
            for seed in study.seeds
        ]
    return found


def _on_the_way(section: MultistagePrune | FilterPrune) -> list[float]:
    """The sparsities of the stages to the section's target."""
    stages = up_to(settings().stages(section.schedule), section.target_sparsity)
    return [stage.sparsity for stage in stages]


def _of_filters() -> list[tuple[str, list[float], dict[str, str]]]:
    """The study's methods that remove filters: name, targets, further fields of the key."""
    chosen = settings().filter_prune
    fields = OF_FILTERS | {"schedule": chosen.schedule}
    return [
        (name, _on_the_way(chosen) if METHODS[name].staged else [chosen.target_sparsity], fields)
        for name in chosen.methods
    ]
