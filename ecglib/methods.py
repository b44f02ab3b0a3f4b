"""Every method that the study compares, by the name it has in the results."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from ecglib.pruning import controls
from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import Reached
from ecglib.pruning.multistage import multistage as in_stages
from ecglib.rivals import lightning_pruning as in_lightning
from ecglib.rivals import torch_prune as in_torch
from ecglib.rivals import torch_pruning_channels as in_channels
from ecglib.trials import Trial, new_network, settings

Method = Callable[[Trial], Iterator[Reached]]


def no_finetune(trial: Trial) -> Iterator[Reached]:
    """Prune once and leave it at that."""
    untrained = [stage._replace(epochs=0) for stage in trial.single_stage]
    return in_stages(trial.network(), untrained, trial.fit, trial.prune_to)


def one_shot(trial: Trial) -> Iterator[Reached]:
    """Prune once, then all epochs in one fit."""
    return in_stages(trial.network(), trial.single_stage, trial.fit, trial.prune_to)


def one_shot_tuned(trial: Trial) -> Iterator[Reached]:
    """One-shot at the learning rate that gives it the best validation score."""
    reached = []
    for rate in settings().one_shot_prune.learning_rates:
        trial.data.shuffle.manual_seed(trial.run.seed)  # the same batches for each
        fit = functools.partial(trial.fit, learning_rate=rate)
        (one,) = in_stages(trial.network(), trial.single_stage, fit, trial.prune_to)
        reached.append(replace(one, learning_rate=rate))
    yield max(reached, key=lambda one: trial.validate(one.network))


def one_shot_restarts(trial: Trial) -> Iterator[Reached]:
    """Prune once, but with multistage's fits: its learning-rate restarts without its steps."""
    return controls.one_shot_restarts(trial.network(), trial.stages, trial.fit, trial.prune_to)


def one_shot_distilled(trial: Trial) -> Iterator[Reached]:
    """One-shot with the dense network as a teacher."""
    return in_stages(trial.network(), trial.single_stage, trial.distilled, trial.prune_to)


def small_dense(trial: Trial) -> Iterator[Reached]:
    """A small network trained from scratch, for as long as dense and pruned one together."""
    network = trial.small_network()
    yield _whole_budget(trial, network, mask_values.ones(network))


def multistage(trial: Trial) -> Iterator[Reached]:
    """The method under study."""
    return in_stages(trial.network(), trial.stages, trial.fit, trial.prune_to)


def multistage_distilled(trial: Trial) -> Iterator[Reached]:
    """Multistage with the dense network as a teacher."""
    return in_stages(trial.network(), trial.stages, trial.distilled, trial.prune_to)


def multistage_one_cycle(trial: Trial) -> Iterator[Reached]:
    """Multistage with one learning-rate cycle over all stages instead of one for each.

    Yields once, at the end: in the middle of the cycle the rate is high and a network unfinished.
    """
    *_, last = in_stages(trial.network(), trial.stages, trial.one_cycle(), trial.prune_to)
    yield last


def weight_rewinding(trial: Trial) -> Iterator[Reached]:
    """Prune once, set the kept weights back to an early epoch of the dense training, train on.

    Renda, Frankle, Carbin, ICLR 2020 (arXiv:2003.02389), section 2, in its one-shot form with all
    epochs in one fit, so that the rewound weights have time to learn again.
    """

    def rewind(network) -> None:
        network.load_state_dict(trial.early)

    return in_stages(trial.network(), trial.single_stage, trial.fit, trial.prune_to, rewind=rewind)


def lottery_ticket(trial: Trial) -> Iterator[Reached]:
    """Multistage's final mask on the initial weights, trained for the whole budget.

    Frankle and Carbin, ICLR 2019 (arXiv:1803.03635). The search for the mask is not charged.
    """
    *_, found = multistage(trial)
    trial.data.shuffle.manual_seed(trial.run.seed)  # the same batches as without a search
    yield _whole_budget(trial, new_network(trial.run), found.masks)


def _whole_budget(trial: Trial, network, masks) -> Reached:
    epochs = settings().baseline.epochs + trial.single_stage[0].epochs
    return controls.trained_with(network, masks, trial.stages, epochs, trial.fit)


def layerwise_convolutions_first(trial: Trial) -> Iterator[Reached]:
    """The convolutions to the target and trained, then the dense layers."""
    network = trial.network()
    groups = controls.convolutions_first(network)
    return controls.layerwise(network, groups, trial.stages, trial.fit, trial.prune_to)


def layerwise_by_sensitivity(trial: Trial) -> Iterator[Reached]:
    """One layer after the other, the least sensitive first."""
    network = trial.network()
    groups = controls.by_sensitivity(
        network, trial.run.target_sparsity, trial.prune_to, trial.validate
    )
    return controls.layerwise(network, groups, trial.stages, trial.fit, trial.prune_to)


def dense_longer(trial: Trial) -> Iterator[Reached]:
    """No pruning, but all further epochs: what training alone gives."""
    return controls.dense_longer(trial.network(), trial.stages, trial.fit)


def torch_prune(trial: Trial) -> Iterator[Reached]:
    """PyTorch's own torch.nn.utils.prune, in a careful user's loop."""
    return in_torch.torch_prune(trial.network(), trial.stages, trial.fit)


def lightning_model_pruning(trial: Trial) -> Iterator[Reached]:
    """Lightning's ModelPruning callback."""
    return in_lightning.lightning_model_pruning(trial.network(), trial.stages, trial.fit)


def torch_pruning(trial: Trial) -> Iterator[Reached]:
    """Torch-Pruning, which removes whole channels; `uniform` is its default, local, ranking."""
    ranked_globally = trial.run.allocation == "global"
    return in_channels.torch_pruning(
        trial.network(), trial.stages, trial.fit, global_pruning=ranked_globally
    )


METHODS: dict[str, Method] = {
    method.__name__: method
    for method in (
        *(no_finetune, one_shot, one_shot_tuned, one_shot_restarts, one_shot_distilled),
        *(small_dense, multistage, multistage_distilled, multistage_one_cycle),
        *(weight_rewinding, lottery_ticket, layerwise_convolutions_first),
        *(layerwise_by_sensitivity, dense_longer),
        *(torch_prune, lightning_model_pruning, torch_pruning),
    )
}
