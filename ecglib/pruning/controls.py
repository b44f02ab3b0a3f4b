"""Other ways to spend the same epochs: what multistage pruning has to be compared with."""

import copy
from collections.abc import Callable, Iterator, Sequence

from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask, LogSparsity
from ecglib.pruning.masks import Masks
from ecglib.pruning.multistage import Fit, PruneTo, Reached
from ecglib.settings.schedules import Stage

Validate = Callable[[nn.Module], float]


def dense_longer(network: nn.Module, stages: Sequence[Stage], fit: Fit) -> Iterator[Reached]:
    """No pruning at all, but the stages' epochs: is the gain just more training?"""
    masks, spent = mask_values.ones(network), 0
    for stage in stages:
        history = fit(network, stage.epochs, [LogSparsity()])
        spent += stage.epochs
        yield Reached(network, stage, spent, masks, history)


def one_shot_restarts(
    network: nn.Module, stages: Sequence[Stage], fit: Fit, prune_to: PruneTo
) -> Iterator[Reached]:
    """Prune once to the last stage's sparsity, then train as the stages do, one fit for each.

    What is left between this and multistage is the pruning in steps itself: the optimizer and the
    learning rate restart alike. Yields once, at the end.
    """
    masks = prune_to(network, mask_values.ones(network), stages[-1].sparsity)
    mask_values.apply(masks, network)
    for stage in stages:
        history = fit(network, stage.epochs, [HoldMask(masks), LogSparsity()])
    yield Reached(network, stages[-1], _epochs(stages), masks, history)


def trained_with(
    network: nn.Module, masks: Masks, stages: Sequence[Stage], epochs: int, fit: Fit
) -> Reached:
    """Train `network` from where it is for `epochs` with fixed masks, in one fit.

    With initial weights: a lottery ticket (Frankle and Carbin, ICLR 2019, arXiv:1803.03635), or,
    with masks of ones, a small dense network trained from scratch.
    """
    mask_values.apply(masks, network)
    history = fit(network, epochs, [HoldMask(masks), LogSparsity()])
    return Reached(network, stages[-1], _epochs(stages), masks, history)


def layerwise(
    network: nn.Module,
    groups: Sequence[Sequence[str]],
    stages: Sequence[Stage],
    fit: Fit,
    prune_to: PruneTo,
) -> Iterator[Reached]:
    """Stage by stage over groups of layers: each goes to the last stage's sparsity in its turn.

    groups: names of prunable weights; the stages' epochs are shared out evenly, the rest of the
    division to the last. Yields once, at the end.
    """
    target, epochs = stages[-1].sparsity, _epochs(stages)
    masks, each = mask_values.ones(network), epochs // len(groups)
    for turn, group in enumerate(groups, start=1):
        masks |= prune_to(network, {name: masks[name] for name in group}, target)
        mask_values.apply(masks, network)
        last = turn == len(groups)
        history = fit(
            network,
            epochs - each * (turn - 1) if last else each,
            [HoldMask(dict(masks)), LogSparsity()],
        )
    yield Reached(network, stages[-1], epochs, masks, history)


def convolutions_first(network: nn.Module) -> list[list[str]]:
    """Two groups: the weights of all convolutions, then those of all dense layers."""
    weights = mask_values.prunable(network)
    convolutions = [name for name, weight in weights.items() if weight.dim() == 3]
    return [convolutions, [name for name in weights if name not in convolutions]]


def by_sensitivity(
    network: nn.Module, sparsity: float, prune_to: PruneTo, validate: Validate
) -> list[list[str]]:
    """One group per layer, the least sensitive first.

    A layer's sensitivity is the validation score lost when it alone is pruned to `sparsity`,
    without training (Han et al., NeurIPS 2015, arXiv:1506.02626, section 3.4, figure 6).
    """
    masks = mask_values.ones(network)

    def score(name: str) -> float:
        pruned = copy.deepcopy(network)
        mask_values.apply(masks | prune_to(pruned, {name: masks[name]}, sparsity), pruned)
        return validate(pruned)

    return [[name] for name in sorted(masks, key=score, reverse=True)]


def _epochs(stages: Sequence[Stage]) -> int:
    return sum(stage.epochs for stage in stages)
