"""The methods that prune in stages, their controls, and rivals: the stage `multistage_prune`."""

from collections.abc import Iterator
from functools import partial

from ecglib.methods import fitting
from ecglib.methods import trial as trials
from ecglib.methods.rivals import lightning_pruning as in_lightning
from ecglib.methods.rivals import torch_prune as in_torch
from ecglib.methods.rivals import torch_pruning_channels as in_channels
from ecglib.methods.trial import Trial
from ecglib.pruning import controls
from ecglib.pruning.multistage import Reached
from ecglib.pruning.multistage import multistage as in_stages
from ecglib.settings.registry import METHODS

method = partial(METHODS.register, **{"family": "multistage", "stage": "multistage_prune"})
tool = partial(method, family="tools", takes=(), staged=True)  # that people use


@method("multistage", staged=True)
def multistage(trial: Trial) -> Iterator[Reached]:
    """The method under study."""
    return in_stages(trial.network(), trial.stages, trial.fit, trial.prune_to)


@method("multistage, distilled", staged=True, settings=("distillation",))
def multistage_distilled(trial: Trial) -> Iterator[Reached]:
    """Multistage with the dense network as a teacher."""
    return in_stages(
        trial.network(), trial.stages, partial(trials.distilled, trial), trial.prune_to
    )


@method("multistage, one learning-rate cycle")
def multistage_one_cycle(trial: Trial) -> Iterator[Reached]:
    """Multistage with one learning-rate cycle over all stages instead of one for each.

    Yields once, at the end: in the middle of the cycle the rate is high and a network unfinished.
    """
    *_, last = in_stages(trial.network(), trial.stages, trials.one_cycle(trial), trial.prune_to)
    yield last


@method("one-shot, weight rewinding", family="rewound")
def weight_rewinding(trial: Trial) -> Iterator[Reached]:
    """Prune once, set the kept weights back to an early epoch of the dense training, train on.

    Renda, Frankle, Carbin, ICLR 2020 (arXiv:2003.02389), section 2, in its one-shot form with all
    epochs in one fit, so that the rewound weights have time to learn again.
    """

    def rewind(network) -> None:
        network.load_state_dict(trial.early)

    return in_stages(trial.network(), trial.single_stage, trial.fit, trial.prune_to, rewind=rewind)


@method("lottery ticket", family="rewound")
def lottery_ticket(trial: Trial) -> Iterator[Reached]:
    """Multistage's final mask on the initial weights, trained for the whole budget.

    Frankle and Carbin, ICLR 2019 (arXiv:1803.03635). The search for the mask is not charged.
    """
    *_, found = multistage(trial)
    trial.data.shuffle.manual_seed(trial.run.seed)  # the same batches as without a search
    yield trials.with_whole_budget(trial, fitting.new_network(trial.run), found.masks)


@method("layer by layer, convolutions first", family="layer by layer")
def layerwise_convolutions_first(trial: Trial) -> Iterator[Reached]:
    """The convolutions to the target and trained, then the dense layers."""
    network = trial.network()
    groups = controls.convolutions_first(network)
    return controls.layerwise(network, groups, trial.stages, trial.fit, trial.prune_to)


@method("layer by layer, by sensitivity", family="layer by layer")
def layerwise_by_sensitivity(trial: Trial) -> Iterator[Reached]:
    """One layer after the other, the least sensitive first."""
    network = trial.network()
    groups = controls.by_sensitivity(
        network, trial.run.target_sparsity, trial.prune_to, partial(trials.validate, trial)
    )
    return controls.layerwise(network, groups, trial.stages, trial.fit, trial.prune_to)


@method("dense, trained longer", family="dense", takes=(), staged=True)
def dense_longer(trial: Trial) -> Iterator[Reached]:
    """No pruning, but all further epochs: what training alone gives."""
    return controls.dense_longer(trial.network(), trial.stages, trial.fit)


@tool("torch.nn.utils.prune")
def torch_prune(trial: Trial) -> Iterator[Reached]:
    """PyTorch's own torch.nn.utils.prune, in a careful user's loop."""
    return in_torch.torch_prune(trial.network(), trial.stages, trial.fit)


@tool("Lightning ModelPruning")
def lightning_model_pruning(trial: Trial) -> Iterator[Reached]:
    """Lightning's ModelPruning callback."""
    return in_lightning.lightning_model_pruning(trial.network(), trial.stages, trial.fit)


@tool(
    "Torch-Pruning (structured)",
    takes=("allocation",),
    only={"allocation": ("uniform", "global")},
)
def torch_pruning(trial: Trial) -> Iterator[Reached]:
    """Torch-Pruning, which removes whole channels; `uniform` is its default, local, ranking."""
    ranked_globally = trial.run.allocation == "global"
    return in_channels.torch_pruning(
        trial.network(), trial.stages, trial.fit, global_pruning=ranked_globally
    )
