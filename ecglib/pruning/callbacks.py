"""Lightning callbacks: hold a mask during a fit, and log the sparsity that was held.

The mask itself changes only between fits, by the pure function in `prune`.
"""

import pytorch_lightning as pl
import torch
from torch import Tensor

from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks


class HoldMask(pl.Callback):
    """Keep the removed weights of `module.network` at exactly zero through a fit.

    Gradients are masked before each optimizer step, so that momentum gathers nothing for removed
    weights, and the weights are zeroed after it, so that no update and no weight decay moves them.
    The masks are part of the callback's checkpoint state: a resumed fit holds the same ones.
    """

    def __init__(self, masks: Masks) -> None:
        self.masks = masks
        self._weights: list[Tensor] = []
        self._keep: list[Tensor] = []

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        mask_values.validate(self.masks, pl_module.network)
        mask_values.apply(self.masks, pl_module.network)
        weights = mask_values.prunable(pl_module.network)
        self._weights = list(weights.values())
        self._keep = [self.masks[name].to(weight) for name, weight in weights.items()]

    @torch.no_grad()
    def on_before_optimizer_step(self, trainer, pl_module, optimizer) -> None:
        for weight, keep in zip(self._weights, self._keep, strict=True):
            if weight.grad is not None:  # a frozen layer has none
                weight.grad.mul_(keep)

    @torch.no_grad()
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        torch._foreach_mul_(self._weights, self._keep)

    def state_dict(self) -> dict[str, Masks]:
        return {"masks": self.masks}

    def load_state_dict(self, state_dict: dict[str, Masks]) -> None:
        self.masks = state_dict["masks"]


class LogSparsity(pl.Callback):
    """Log `sparsity` each epoch, counted from the weights themselves, not from a mask."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        weights = mask_values.prunable(pl_module.network).values()
        zeros = sum(int((weight == 0).sum()) for weight in weights)
        pl_module.log("sparsity", zeros / sum(weight.numel() for weight in weights))
