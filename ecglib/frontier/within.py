"""Masks that change within a fit: a Lightning callback that holds them between its events."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ecglib.frontier.events import Event
from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask
from ecglib.pruning.masks import Masks


class Moment(NamedTuple):
    """What an event sees. second_moment: Adam's, by the name of a prunable weight.

    left: the share of the fit's events that is still to come, 0 at the last.
    """

    network: nn.Module
    masks: Masks
    event: Event
    second_moment: dict[str, Tensor]
    left: float


# change(moment) -> the masks at the event's sparsity, and what is to be kept of the event. It may
# change the network's weights in place.
Change = Callable[[Moment], tuple[Masks, dict[str, Any]]]


class WithinFit(HoldMask):
    """Holds masks as `HoldMask` does, and lets `change` make new ones at each event of a fit.

    An event comes after the optimizer's step of its number. Adam's momentum (its first moment) of
    what the event removed is set to zero, and so is that of what it regrew; its second moment
    decays. `told` lists what was kept of the events so far: step, sparsity and the change's own.
    Masks and `told` are part of the callback's checkpoint state: a resumed fit goes on from there.
    """

    def __init__(self, masks: Masks, events: Sequence[Event], change: Change) -> None:
        super().__init__(masks)
        self.events, self.change = list(events), change
        self.told: list[dict[str, Any]] = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if len(self.told) < len(self.events):
            if trainer.global_step >= self.events[len(self.told)].step:
                self._happen(pl_module.network, trainer.optimizers[0])

    def _happen(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        done = len(self.told)
        event, weights = self.events[done], mask_values.prunable(network)
        second = {name: optimizer.state[w]["exp_avg_sq"] for name, w in weights.items()}
        left = 1 - (done + 1) / len(self.events)
        masks, more = self.change(Moment(network, self.masks, event, second, left))
        network.train()  # a change may have looked at the network in evaluation mode
        for name, weight in weights.items():
            changed = masks[name] != self.masks[name]
            optimizer.state[weight]["exp_avg"].masked_fill_(changed, 0.0)
        self.masks = masks
        self.told.append({"step": event.step, "sparsity": mask_values.sparsity(masks), **more})
        self._keep = [masks[name].to(weight) for name, weight in weights.items()]
        mask_values.apply(masks, network)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"told": self.told}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.told = state_dict["told"]
