"""PyTorch Lightning's ModelPruning callback, used as its documentation shows it."""

from collections.abc import Iterator, Sequence

from pytorch_lightning.callbacks import ModelPruning
from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.multistage import Fit, Reached
from ecglib.settings.schedules import Stage, checked


def lightning_model_pruning(
    network: nn.Module, stages: Sequence[Stage], fit: Fit
) -> Iterator[Reached]:
    """One ModelPruning callback per stage, on `network` in place; all else at its defaults.

    The callback prunes at the end of a training epoch, never before the first, so a stage prunes
    at the end of its first epoch and has one epoch less to recover. At its defaults it ranks biases
    among the weights, sets what it keeps back to the values at the start of the fit ("lottery
    ticket"), and makes the zeros permanent, that is, plain weights, at the end of the fit: the next
    stage's first epoch grows them again. The amount is therefore the stage's sparsity itself,
    not what is missing to it.

    `masks` is what is really nonzero at the end of a stage: its sparsity is near the target, not
    at it, and it need not be nested in the mask before.

    Raises:
        ValueError: stages that do not rise within [0, 1), or one without an epoch.
    """
    spent = 0
    for stage in checked(stages):
        if stage.epochs == 0:
            raise ValueError(
                f"stage at {stage.sparsity}: ModelPruning prunes at the end of an epoch, so it "
                "needs 1 or more"
            )
        history = fit(network, stage.epochs, [_callback(stage.sparsity)])
        spent += stage.epochs
        masks = {name: weight != 0 for name, weight in mask_values.prunable(network).items()}
        yield Reached(
            network=network, stage=stage, epochs_spent=spent, masks=masks, history=history
        )


def _callback(sparsity: float) -> ModelPruning:
    return ModelPruning(
        pruning_fn="l1_unstructured",
        use_global_unstructured=True,
        amount=sparsity,
        apply_pruning=lambda epoch: epoch == 0,  # once: amounts of further epochs would compound
    )
