"""Removals that may be taken back: GraNet, Liu et al., NeurIPS 2021 (arXiv:2106.10404).

Its events, as RigL's (Evci et al., ICML 2020, arXiv:1911.11134), lie within one fit. Here their
sparsities are geometric as those of the room's other methods; the paper's are cubic.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ecglib.frontier.settings import Regrowth
from ecglib.frontier.within import Moment
from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks
from ecglib.pruning.prune import prune

BACK = "back"  # in what is told of an event: weight -> flat places, until `with_survivors`


@dataclass(frozen=True)
class Regrowing:
    """The change that a `within.WithinFit` makes at its events, on the training beats.

    windows (n, 1, length), labels (n,): beats are drawn from them by seed and step.
    """

    chosen: Regrowth
    windows: Tensor
    labels: Tensor
    seed: int

    def __call__(self, moment: Moment) -> tuple[Masks, dict[str, Any]]:
        """Remove the smallest weights to the sparsity and a share beyond, regrow the share.

        Those come back, at zero, whose loss has the largest gradients of all that were gone
        before the share left. The share falls with a cosine from the first event to the last.
        """
        sizes = {n: w.detach().abs() for n, w in mask_values.prunable(moment.network).items()}
        down = prune(sizes, moment.masks, moment.event.sparsity, "global")
        weights = sum(mask.numel() for mask in down.values())
        left = sum(int(mask.sum()) for mask in down.values())
        share = self.chosen.share * (1 - math.cos(math.pi * moment.left)) / 2
        count = min(round(share * left), weights - left, left - 1)
        kept = prune(sizes, down, 1 - (left - count) / weights, "global")
        gone = {name: ~mask for name, mask in down.items()}
        back = _largest(self._gradients(moment), gone, count)
        places = {name: mask.flatten().nonzero().flatten().tolist() for name, mask in back.items()}
        return {name: kept[name] | back[name] for name in kept}, {"regrown": count, BACK: places}

    def _gradients(self, moment: Moment) -> dict[str, Tensor]:
        """|gradient| of the mean cross-entropy, of removed weights, too."""
        draw = torch.Generator().manual_seed(2**32 * self.seed + moment.event.step)
        rows = torch.randint(len(self.labels), (self.chosen.beats,), generator=draw)
        weights = mask_values.prunable(moment.network.eval())
        with torch.enable_grad():
            said = moment.network(self.windows[rows])
            loss = functional.cross_entropy(said, self.labels[rows])
            found = torch.autograd.grad(loss, list(weights.values()))
        return {name: grad.abs() for name, grad in zip(weights, found, strict=True)}


def _largest(scores: dict[str, Tensor], among: Masks, count: int) -> Masks:
    """The `count` places of the largest scores, in all layers together."""
    flat = torch.cat([scores[name].masked_fill(~among[name], -1.0).flatten() for name in among])
    best = torch.zeros(len(flat), dtype=torch.bool)
    best[flat.argsort(descending=True, stable=True)[:count]] = True
    parts = best.split([mask.numel() for mask in among.values()])
    return {n: part.view_as(among[n]) for n, part in zip(among, parts, strict=True)}


def with_survivors(told: Sequence[dict[str, Any]], last: Masks) -> list[dict[str, Any]]:
    """The events with `alive_at_end`, of those they regrew, in the place of where these stand.

    A weight that came back twice counts for both of its events.
    """
    found = []
    for row in told:
        alive = sum(int(last[n].flatten()[places].sum()) for n, places in row[BACK].items())
        found.append({k: v for k, v in row.items() if k != BACK} | {"alive_at_end": alive})
    return found
