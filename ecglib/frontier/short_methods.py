"""The short network's methods: cut from a wide one in whole blocks, and what it is held against.

All learn from the same teacher for the same number of epochs, in two learning-rate cycles.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ecglib.data.datamodule import Batches
from ecglib.frontier import blocks, fits, prices, taught
from ecglib.frontier.blocks import Price
from ecglib.frontier.methods import METHODS, Cell, Reached
from ecglib.frontier.settings import settings
from ecglib.frontier.short import WIDE, Short
from ecglib.frontier.short_beats import OF
from ecglib.frontier.short_device import assessed
from ecglib.frontier.taught import Listening, TaughtData
from ecglib.training.classifier import Cycle

LEARNS = {"settings": ("short",), "from_dense": False, "learns_from": OF, "to_device": True}


@METHODS.register("short, blocks by cycles", reads=(prices.TABLE,), **LEARNS)
def short_by_cycles(cell: Cell) -> Reached:
    """Blocks go by their score for each cycle of the device; the target is a fraction of cycles."""
    return _cut(cell, prices.cycles)


@METHODS.register("short, blocks by MACs", **LEARNS)
def short_by_macs(cell: Cell) -> Reached:
    """The same by MACs, as if the device were not known; the target is a fraction of MACs."""
    return _cut(cell, prices.macs)


@METHODS.register("short, small from the start", **LEARNS)
def short_dense(cell: Cell) -> Reached:
    """Small from the start; the target says which of `short.dense`."""
    chosen = settings().short
    if (target := f"{cell.target:g}") not in chosen.dense:
        raise ValueError(f"params.yaml, frontier.short.dense has no widths for the target {target}")
    course = Lessons(cell.seed, chosen.dense[target])
    course.fit(chosen.cut_epochs)
    course.fit(chosen.epochs)
    return course.reached()


def _cut(cell: Cell, price: Price) -> Reached:
    """One cycle of the wide network in which it is cut, then a fresh one of the narrow network."""
    chosen = settings().short
    course = Lessons(cell.seed, WIDE)
    whole = price(course.network)
    ends = blocks.limits(whole, (1 - cell.target) * whole, chosen.cuts)
    batches = course.scoring()
    course.fit(chosen.wide_epochs, Cycle(0, chosen.cut_epochs))
    for cut, limit in enumerate(ends):
        smaller, told = blocks.cut_to(course.network, limit, price, batches, chosen.block)
        course.network = smaller
        course.told += [row | {"epoch": course.epochs, "limit": round(limit)} for row in told]
        left = chosen.cut_epochs - course.epochs
        course.fit(left if cut + 1 == len(ends) else 1, Cycle(course.epochs, chosen.cut_epochs))
    course.fit(chosen.epochs)
    return course.reached()


class Lessons:
    """A new network's fits after each other, and what they told; the last epoch counts."""

    network: nn.Module

    def __init__(self, seed: int, widths: Sequence[int]) -> None:
        torch.manual_seed(seed)
        self.seed, self.network = seed, Short(widths)
        self.data = TaughtData(seed, taught.teacher_logits(seed))
        self.epochs, self.history, self.told = 0, [], []

    def fit(self, epochs: int, cycle: Cycle | None = None) -> None:
        """Train on, in a learning-rate cycle of its own or a part of one."""
        found = fits.fit(
            Listening(self.network),
            self.data,
            "short",
            epochs,
            distillation=taught.distillation(),
            cycle=cycle,
        )
        rows = found.to_dict("records")
        self.history += [row | {"epoch": self.epochs + int(row["epoch"])} for row in rows]
        self.epochs += epochs
        self.network.eval()

    def scoring(self) -> Sequence[tuple[torch.Tensor, torch.Tensor]]:
        """Training beats that the filters are scored on, drawn by the seed."""
        windows, labels = self.data.tensors("train")
        draw = torch.Generator().manual_seed(self.seed)
        rows = torch.randperm(len(labels), generator=draw)[: settings().short.scoring_beats]
        return list(Batches(windows[rows], labels[rows], self.data.batch_size))

    def reached(self) -> Reached:
        """The network, and what it costs on the device."""
        history: list[dict[str, Any]] = self.history
        device = assessed(self.network, self.data, self.seed)
        return Reached(self.network, self.data, self.epochs, history, self.told, device)
