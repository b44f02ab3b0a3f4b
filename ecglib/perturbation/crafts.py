"""On which inputs a perturbation is crafted, for which arrival, and when it then arrives."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ecglib.perturbation.goals import Goal
from ecglib.perturbation.victims import Inputs

IN_TIME, ANY_TIME = "in time", "any time"  # when a perturbation arrives; the second is a craft, too
MIX, FEW = "natural mix", "few"
CUTOFF_HZ = 40.0  # where a smoothed perturbation has lost 3 dB: the band of an ECG monitor


class Craft(NamedTuple):
    """balanced: as many inputs of each class. people: only of so many groups.

    few: as many as a slow attack can take, see `Crafting`. any_time, smooth: see `Goal`.
    """

    balanced: bool = False
    few: bool = False
    people: int = 0
    any_time: bool = False
    smooth: bool = False

    def goal(self, xi: float, target: int | None, length: int, fs_hz: float) -> Goal:
        """A goal for windows of this length; any time is any shift of a repeating window."""
        shift = length // 2 if self.any_time else 0
        return Goal(xi, target, shift, gaussian(fs_hz) if self.smooth else 0.0)


PEOPLE = {"1 person": Craft(people=1)} | {f"{n} people": Craft(people=n) for n in (5, 20)}
CRAFTS = PEOPLE | {
    MIX: Craft(),
    "balanced": Craft(balanced=True),
    FEW: Craft(few=True),
    ANY_TIME: Craft(any_time=True),
    "smoothed": Craft(smooth=True),
    "smoothed, any time": Craft(any_time=True, smooth=True),
}


def gaussian(fs_hz: float) -> float:
    """The standard deviation, in samples, of the Gaussian that halves power at CUTOFF_HZ."""
    return fs_hz * (torch.log(torch.tensor(2.0)).sqrt() / (2 * torch.pi * CUTOFF_HZ)).item()


def shifts(arrival: str, count: int, length: int, fs_hz: float, seed: int) -> Tensor:
    """(count,) samples late: `in time`, `any time` at random, or such as `8 ms late`."""
    if arrival == ANY_TIME:
        return torch.randint(length, (count,), generator=torch.Generator().manual_seed(seed))
    late_ms = 0.0 if arrival == IN_TIME else float(arrival.removesuffix(" ms late"))
    return torch.full((count,), round(late_ms * fs_hz / 1000))


def drawn(
    inputs: Inputs, most: int, seed: int, *, balanced: bool = False, people: int = 0
) -> Inputs:
    """At most so many of the inputs at random; balanced: as many of each class.

    people: only those of so many groups, drawn before; 0 is all.
    """
    if people:
        names = np.random.default_rng(seed).permutation(np.unique(inputs.group))[:people]
        inputs = inputs.of(np.flatnonzero(np.isin(inputs.group, names)))
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    if balanced:
        order = _balanced(order, inputs.label, most)
    return inputs.of(order[:most].sort().values)


def _balanced(order: Tensor, label: Tensor, most: int) -> Tensor:
    kinds, counts = label.unique(return_counts=True)
    each = min(int(counts.min()), most // len(kinds))
    return torch.cat([order[label[order] == kind][:each] for kind in kinds])
