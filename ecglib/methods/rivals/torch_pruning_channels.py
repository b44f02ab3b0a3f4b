"""Channel pruning by Torch-Pruning (DepGraph: Fang et al., CVPR 2023, arXiv:2301.12900)."""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch_pruning as tp
from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import Fit, Reached
from ecglib.settings.schedules import Stage, checked

STEPS = 400  # so fine that a step seldom takes more than one channel of a layer


def weights(network: nn.Module) -> int:
    """How many prunable weights the network has."""
    return sum(weight.numel() for weight in mask_values.prunable(network).values())


def torch_pruning(
    network: nn.Module,
    stages: Sequence[Stage],
    fit: Fit,
    *,
    global_pruning: bool = True,
    size: Callable[[nn.Module], int] = weights,
) -> Iterator[Reached]:
    """Remove whole channels and neurons stage by stage: `network` becomes smaller, in place.

    A channel's score is the sum of squares of its weights, averaged over all layers that read or
    write it, relative to the mean of those that go with it; the classes are left alone.
    `global_pruning` ranks all layers together and may leave a layer hardly any channel; without it
    (the tool's own default) every layer loses the same fraction of its own.
    A stage's sparsity is the fraction of `size` that is gone, by default of the weights without
    biases: channels are removed until it is reached or just passed, so this method never keeps
    more than the others do.
    `network.input_shape` is (channels, samples).

    `masks` are all ones, over the smaller layers.

    Raises:
        ValueError: stages that do not rise within [0, 1), or one that no channels can reach.
    """
    total, spent = size(network), 0
    pruner = _pruner(network, global_pruning)
    for stage in checked(stages):
        _shrink(pruner, network, stage.sparsity, total, size)
        history = fit(network, stage.epochs, ())
        spent += stage.epochs
        yield Reached(
            network=network,
            stage=stage,
            epochs_spent=spent,
            masks=mask_values.ones(network),
            history=history,
        )


def _pruner(network: nn.Module, global_pruning: bool) -> tp.pruner.BasePruner:
    layers = [m for m in network.modules() if isinstance(m, mask_values.PRUNABLE_LAYERS)]
    return tp.pruner.BasePruner(
        network,
        torch.zeros(1, *network.input_shape),  # traced by autograd; its values do not matter
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        global_pruning=global_pruning,
        pruning_ratio=1.0,
        iterative_steps=STEPS,
        ignored_layers=layers[-1:],
    )


def _shrink(
    pruner: tp.pruner.BasePruner,
    network: nn.Module,
    sparsity: float,
    total: int,
    size: Callable[[nn.Module], int],
) -> None:
    """Step until at most (1 - sparsity) of `total` is left."""
    keep = total - round(sparsity * total)
    while (left := size(network)) > keep:
        if pruner.current_step == STEPS:
            raise ValueError(
                f"no channels left to remove at {1 - left / total:.3f} sparsity; the stage asks "
                f"for {sparsity}"
            )
        pruner.step()
