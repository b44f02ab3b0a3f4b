"""The methods that prune once, or never: the stage `one_shot_prune`."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ecglib.methods import trial as trials
from ecglib.methods.trial import Trial
from ecglib.pruning import controls
from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import Reached
from ecglib.pruning.multistage import multistage as in_stages
from ecglib.settings.config import settings
from ecglib.settings.registry import METHODS

method = partial(METHODS.register, **{"family": "one-shot", "stage": "one_shot_prune"})


@method("one-shot, no fine-tuning")
def no_finetune(trial: Trial) -> Iterator[Reached]:
    """Prune once and leave it at that."""
    untrained = [stage._replace(epochs=0) for stage in trial.single_stage]
    return in_stages(trial.network(), untrained, trial.fit, trial.prune_to)


@method("one-shot")
def one_shot(trial: Trial) -> Iterator[Reached]:
    """Prune once, then all epochs in one fit."""
    return in_stages(trial.network(), trial.single_stage, trial.fit, trial.prune_to)


@method("one-shot, best learning rate", settings=("one_shot_prune.learning_rates",))
def one_shot_tuned(trial: Trial) -> Iterator[Reached]:
    """One-shot at the learning rate that gives it the best validation score."""
    reached = []
    for rate in settings().one_shot_prune.learning_rates:
        trial.data.shuffle.manual_seed(trial.run.seed)  # the same batches for each
        fit = partial(trial.fit, learning_rate=rate)
        (one,) = in_stages(trial.network(), trial.single_stage, fit, trial.prune_to)
        reached.append(replace(one, learning_rate=rate))
    yield max(reached, key=lambda one: trials.validate(trial, one.network))


@method("one-shot, learning-rate restarts")
def one_shot_restarts(trial: Trial) -> Iterator[Reached]:
    """Prune once, but with multistage's fits: its learning-rate restarts without its steps."""
    return controls.one_shot_restarts(trial.network(), trial.stages, trial.fit, trial.prune_to)


@method("one-shot, distilled", settings=("distillation",))
def one_shot_distilled(trial: Trial) -> Iterator[Reached]:
    """One-shot with the dense network as a teacher."""
    fit = partial(trials.distilled, trial)
    return in_stages(trial.network(), trial.single_stage, fit, trial.prune_to)


@method("small dense", family="dense", takes=("budget",), only={"budget": ("weights", "macs")})
def small_dense(trial: Trial) -> Iterator[Reached]:
    """A small network trained from scratch, for as long as dense and pruned one together."""
    network = trials.small_network(trial)
    yield trials.with_whole_budget(trial, network, mask_values.ones(network))
