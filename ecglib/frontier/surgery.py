"""A surgeon's event within a fit: curvature from drawn beats, removal, and what it moved."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ecglib.device.cost import macs_per_weight
from ecglib.frontier import fisher, surgeon
from ecglib.frontier.fisher import Part
from ecglib.frontier.settings import Surgeon
from ecglib.frontier.surgeon import Group, Operated, Portion, Rules
from ecglib.frontier.within import Moment
from ecglib.pruning.masks import Masks, prunable
from ecglib.pruning.prune import prune


class Ward(NamedTuple):
    """What a variant of the surgeon does otherwise.

    layers_by: an allocation of magnitudes that says how many weights each layer loses; else all
    layers are ranked together. in_macs: a sparsity is a fraction of the MACs. in_pairs: two
    adjacent inputs of an output leave together, see `pruning.prune.pairs`.
    """

    compensate: bool = True
    layers_by: str = ""
    in_macs: bool = False
    in_pairs: bool = False


@dataclass(frozen=True)
class Surgery:
    """The change that a `within.WithinFit` makes at its events; windows: the training beats.

    Beats and labels are drawn by seed and step, so that a resumed fit draws the same.
    """

    ward: Ward
    chosen: Surgeon
    windows: Tensor
    seed: int

    @torch.no_grad()
    def __call__(self, moment: Moment) -> tuple[Masks, dict[str, Any]]:
        network, chosen = moment.network, self.chosen
        draw = torch.Generator().manual_seed(2**32 * self.seed + moment.event.step)
        of = fisher.parts(network, moment.masks)
        columns = fisher.grouped(of, chosen.largest)
        beats = fisher.drawn(network, self.windows, chosen.beats, draw)
        found = fisher.matrices(network, of, beats, columns)
        inverses = surgeon.inverted(found, chosen.damping)
        groups = [Group(*pair) for pair in zip(columns, inverses, strict=True)]
        before = _gathered(of)
        rules = _rules(self.ward, network, of, chosen.block)
        operated = surgeon.operate(before, groups, self._portions(moment, of, rules), rules)
        _put_back(of, operated.weights)
        masks = _masks(moment.masks, of, operated.gone)
        return masks, {"layers": _told(of, before, operated)}

    def _portions(self, moment: Moment, of: list[Part], rules: Rules) -> list[Portion]:
        """All layers in one, or a portion for each."""
        weight = _is_weight(of)
        sparsity = moment.event.sparsity
        if not self.ward.layers_by:
            whole = moment.masks.items()
            each = macs_per_weight(moment.network) if self.ward.in_macs else {}
            total = sum(mask.numel() * each.get(name, 1) for name, mask in whole)
            budget = total - round(sparsity * total)
            return [Portion(weight, int(rules.prices[weight].sum()) - budget)]
        sizes = {name: w.detach().abs() for name, w in prunable(moment.network).items()}
        left = prune(sizes, moment.masks, sparsity, self.ward.layers_by)
        at = torch.arange(len(weight)).split([part.columns for part in of])
        return [
            Portion(torch.zeros_like(weight).index_fill(0, some[: len(part.kept)], True), need)
            for part, some in zip(of, at, strict=True)
            if (need := len(part.kept) - int(left[part.weight].sum())) > 0
        ]


def _is_weight(of: list[Part]) -> Tensor:
    """(columns,): False for a bias, which is never removed."""
    return torch.cat([torch.arange(part.columns) < len(part.kept) for part in of])


def _rules(ward: Ward, network: nn.Module, of: list[Part], block: int) -> Rules:
    rules = surgeon.plain(len(_is_weight(of)), block)._replace(compensate=ward.compensate)
    if ward.in_macs:
        each = macs_per_weight(network)
        prices = torch.cat([torch.full((p.columns,), float(each[p.weight])) for p in of]).double()
        rules = rules._replace(prices=prices, costs=prices.sqrt())
    if ward.in_pairs:
        rules = rules._replace(partner=_partners(of))
    return rules


def _partners(of: list[Part]) -> Tensor:
    """(columns,): the column of the other input of a pair, where it is left; -1 for none."""
    found, begin = [], 0
    for part in of:
        _, inputs, *taps = part.layer.weight.shape
        apart = taps[0] if taps else 1  # of the flat places of two adjacent inputs
        which = part.kept // apart % inputs
        other = torch.where(which % 2 == 0, part.kept + apart, part.kept - apart)
        other[(which % 2 == 0) & (which == inputs - 1)] = -1
        column = torch.full((part.layer.weight.numel(),), -1)
        column[part.kept] = begin + torch.arange(len(part.kept))
        none = torch.full((part.layer.bias.numel(),), -1)
        found += [torch.where(other >= 0, column[other.clamp_min(0)], -1), none]
        begin += part.columns
    return torch.cat(found)


def _gathered(of: list[Part]) -> Tensor:
    """(columns,) float64: the kept weights and the biases."""
    each = [(part.layer.weight.flatten()[part.kept], part.layer.bias) for part in of]
    return torch.cat([values.detach() for pair in each for values in pair]).double()


def _put_back(of: list[Part], values: Tensor) -> None:
    for part, some in zip(of, values.split([p.columns for p in of]), strict=True):
        weights, biases = some.float().split([len(part.kept), part.layer.bias.numel()])
        part.layer.weight.view(-1)[part.kept] = weights
        part.layer.bias.copy_(biases)


def _masks(masks: Masks, of: list[Part], gone: Tensor) -> Masks:
    found = {name: mask.clone() for name, mask in masks.items()}
    for part, some in zip(of, gone.split([p.columns for p in of]), strict=True):
        found[part.weight].view(-1)[part.kept] = ~some[: len(part.kept)]
    return found


def _told(of: list[Part], before: Tensor, operated: Operated) -> dict[str, dict[str, float]]:
    """Layer -> weights left, its share of the removed saliency, and how far the left ones moved.

    move: root mean square of the change over that of the weights; 0 for a layer of none.
    """
    total = float(operated.saliency.sum())
    sizes, found = [part.columns for part in of], {}
    parts = (each.split(sizes) for each in (before, *operated))
    for part, old, new, gone, saliency in zip(of, *parts, strict=True):
        left = ~gone[: len(part.kept)]
        was, moved = old[: len(left)][left], (new - old)[: len(left)][left]
        found[part.name] = {
            "left": int(left.sum()),
            "saliency_share": float(saliency.sum()) / total if total else 0.0,
            "move": float(moved.norm() / was.norm()) if was.any() else 0.0,
        }
    return found
