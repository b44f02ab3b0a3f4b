"""Optimal Brain Surgeon: weights leave in blocks, and the rest makes up for them.

Hassibi and Stork, NeurIPS 1992, equations 3 to 5, for several weights at once: Singh and Alistarh,
NeurIPS 2020 (arXiv:2004.14340); Kurtic et al., EMNLP 2022 (arXiv:2203.07259); Kuznedelev et al.,
CAP, NeurIPS 2023 (arXiv:2210.09223). Pure functions of a vector of weights and the inverse of the
loss's curvature in them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

LOST = "the inverse of the Fisher matrix has lost its {}: raise frontier.surgeon.damping"


class CurvatureError(ValueError):
    """A curvature that cannot be inverted; the message says what to do."""


class Group(NamedTuple):
    """Columns (m,) of the weights, and the inverse (m, m) of the curvature among them."""

    columns: Tensor
    inverse: Tensor


class Portion(NamedTuple):
    """What is to leave next: of `among` (n,) boolean, until the prices of the gone reach `need`."""

    among: Tensor
    need: int


class Rules(NamedTuple):
    """How weights are ranked and leave.

    block: how many at once. prices (n,): what a weight counts towards a need. costs (n,): what a
    saliency is divided by. partner (n,): the column that leaves together with each, -1 for none.
    compensate: False removes weights and leaves the others as they are.
    """

    block: int
    prices: Tensor
    costs: Tensor
    partner: Tensor
    compensate: bool = True


def plain(columns: int, block: int) -> Rules:
    """Each weight alone, all at one price."""
    ones = torch.ones(columns, dtype=torch.float64)
    return Rules(block, ones, ones, torch.full((columns,), -1))


class Operated(NamedTuple):
    """Weights (n,), exactly 0 where `gone` (n,); saliency (n,): the loss that each one cost."""

    weights: Tensor
    gone: Tensor
    saliency: Tensor


def inverted(matrices: Sequence[Tensor], damping: float) -> list[Tensor]:
    """The inverse of each matrix + damping x the mean of all diagonals x the unit matrix.

    Raises:
        CurvatureError: one is not finite, or not positive definite even so.
    """
    mean = torch.cat([matrix.diagonal() for matrix in matrices]).mean()
    if not all(matrix.isfinite().all() for matrix in matrices):
        raise CurvatureError(
            "the Fisher matrix is not finite: has the training diverged? Lower "
            "frontier.fitting.learning_rate"
        )
    found = []
    for matrix in matrices:
        damped = matrix + damping * mean * torch.eye(len(matrix), dtype=matrix.dtype)
        factor, failed = torch.linalg.cholesky_ex(damped)
        if failed:
            raise CurvatureError(
                f"the Fisher matrix of {len(matrix)} weights is not positive definite with a "
                f"damping of {damping:g} of its mean diagonal {float(mean):g}: raise "
                "frontier.surgeon.damping"
            )
        found.append(torch.cholesky_inverse(factor))
    return found


def operate(
    weights: Tensor, groups: Sequence[Group], portions: Sequence[Portion], rules: Rules
) -> Operated:
    """Remove the portions one after the other, in blocks of the least saliency per cost.

    A weight's saliency is w^2 / (2 [H^-1]_ii) given all that left before it, and that of two
    partners is the half of what they cost together. After each block the rest moves to the
    minimum of the quadratic loss with the block at zero, and the inverse to that of what is left.

    weights (n,), float64. Nothing given is changed.

    Raises:
        CurvatureError: an inverse whose diagonal is not positive where weights are left, or that is
            singular or not positive definite in a block.
    """
    theatre = _Theatre(weights, groups, rules)
    for portion in portions:
        theatre.remove(portion)
    moved = theatre.weights.masked_fill(theatre.gone, 0.0)
    return Operated(moved, theatre.gone, theatre.saliency)


class _Theatre:
    """The state between blocks: weights, inverses and what is gone."""

    def __init__(self, weights: Tensor, groups: Sequence[Group], rules: Rules) -> None:
        self.weights, self.rules = weights.clone(), rules
        self.groups = [Group(group.columns, group.inverse.clone()) for group in groups]
        self.gone = torch.zeros(len(weights), dtype=torch.bool)
        self.saliency = torch.zeros_like(weights)
        self.place = torch.empty(len(weights), dtype=torch.long)  # of a column in its group
        for group in groups:
            self.place[group.columns] = torch.arange(len(group.columns))
        self.of_group = torch.empty(len(weights), dtype=torch.long)
        for number, group in enumerate(groups):
            self.of_group[group.columns] = number

    def remove(self, portion: Portion) -> None:
        need, among = float(portion.need), portion.among & ~self.gone
        while need > 0 and among.any():
            leaving = self._next(among, need)
            need -= float(self.rules.prices[leaving].sum())
            self.gone[leaving] = True
            among = among & ~self.gone
            for number in self.of_group[leaving].unique():
                self._eliminate(self.groups[number], leaving[self.of_group[leaving] == number])

    def _next(self, among: Tensor, need: float) -> Tensor:
        """The columns of the next block: the last one is as small as the need."""
        score = (self._saliencies() / self.rules.costs).masked_fill(~among, torch.inf)
        count = min(self.rules.block, int(among.sum()))
        order = score.topk(count, largest=False).indices
        with_partners = torch.stack([order, self.rules.partner[order]], 1).flatten()
        there = (with_partners >= 0) & among[with_partners.clamp_min(0)]
        leaving = torch.tensor(list(dict.fromkeys(with_partners[there].tolist())))
        prices = self.rules.prices[leaving]
        return leaving[prices.cumsum(0) - prices < need]

    def _saliencies(self) -> Tensor:
        found = torch.empty_like(self.weights)
        for columns, inverse in self.groups:
            found[columns] = self.weights[columns].square() / 2 / inverse.diagonal()
        alive = ~self.gone
        if not (found[alive].isfinite().all() and (found[alive] >= 0).all()):
            raise CurvatureError(LOST.format("positive diagonal"))
        for columns, inverse in self.groups:
            self._join_partners(found, columns, inverse)
        return found

    def _join_partners(self, found: Tensor, columns: Tensor, inverse: Tensor) -> None:
        """Where two partners are left, each gets the half of what both cost together."""
        other = self.rules.partner[columns]
        mate = other.clamp_min(0)
        both = (other >= 0) & ~self.gone[columns] & ~self.gone[mate]
        both &= self.of_group[mate] == self.of_group[columns]
        one, two = columns[both], other[both]
        if not len(one):
            return
        here, there = self.place[one], self.place[two]
        a, b, c = inverse[here, here], inverse[here, there], inverse[there, there]
        if not (a * c > b * b).all():
            raise CurvatureError(LOST.format("positive determinant of a pair"))
        x, y = self.weights[one], self.weights[two]
        found[one] = (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b) / 4

    def _eliminate(self, group: Group, leaving: Tensor) -> None:
        at, (columns, inverse) = self.place[leaving], group
        towards = inverse[:, at]
        pull = _solved(inverse[at][:, at], self.weights[leaving])
        if self.weights[leaving] @ pull < 0:
            raise CurvatureError(LOST.format("definiteness in a block"))
        self.saliency[leaving] = self.weights[leaving] * pull / 2
        if self.rules.compensate:
            self.weights[columns] -= towards @ pull
        inverse.addmm_(towards, _solved(inverse[at][:, at], inverse[at]), alpha=-1)
        inverse[at], inverse[:, at] = 0.0, 0.0
        self.weights[leaving] = 0.0


def _solved(block: Tensor, right: Tensor) -> Tensor:
    """What `block` times it is `right`."""
    try:
        return torch.linalg.solve(block, right)
    except torch.linalg.LinAlgError:
        raise CurvatureError(LOST.format("rank")) from None
