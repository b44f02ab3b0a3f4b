"""What is asked of a universal perturbation, and what it is held to: its bound, shifts, a band."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

ROUNDING = 1e-6  # of the bound, which 32-bit sums may go beyond


@dataclass(frozen=True)
class Goal:
    """A perturbation v of one window, which repeats for as long as a signal goes on.

    xi: no |v| goes beyond it; in the unit of the inputs. target: the class that everything is to
    become, or None for any other than it was. shift: v arrives up to so many samples early or late
    against the window. smooth: the standard deviation, in samples, of the Gaussian that v went
    through; 0 is none.

    Raises:
        ValueError: a number that none of these can be.
    """

    xi: float
    target: int | None = None
    shift: int = 0
    smooth: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.xi < float("inf"):
            raise ValueError(f"xi is {self.xi}; the bound of a perturbation is finite and above 0")
        if self.shift < 0 or not 0 <= self.smooth < float("inf"):
            raise ValueError(f"shift {self.shift} and smooth {self.smooth} must be 0 or above")

    def formed(self, free: Tensor) -> Tensor:
        """(..., time) any numbers -> the perturbation that they stand for, within the bound."""
        return smoothed(free.clamp(-self.xi, self.xi), self.smooth)

    def shifts(self, count: int, draw: torch.Generator) -> Tensor:
        """(count,) shifts in samples, each from -shift to shift as likely as any other."""
        return torch.randint(-self.shift, self.shift + 1, (count,), generator=draw)


def smoothed(v: Tensor, deviation: float) -> Tensor:
    """(1, channels, time) through a Gaussian of this standard deviation in samples, round its ends.

    No weight is below 0 and they sum to 1, so that no bound is broken.
    """
    if not deviation:
        return v
    reach = min(int(4 * deviation) + 1, v.shape[-1] - 1)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation) ** 2)
    weights = (weights / weights.sum()).expand(v.shape[1], 1, -1)
    return functional.conv1d(
        functional.pad(v, (reach, reach), mode="circular"), weights, groups=v.shape[1]
    )


def moved(v: Tensor, shifts: Tensor) -> Tensor:
    """(1, channels, time) and (n,) samples late -> (n, channels, time), round the ends."""
    places = (torch.arange(v.shape[-1]) - shifts[:, None]) % v.shape[-1]
    return v[0][:, places].transpose(0, 1)


def require_perturbation(v: Tensor, like: Tensor, xi: float) -> None:
    """ValueError unless v is one finite window of inputs such as these, within the bound."""
    if v.shape != (1, *like.shape[1:]):
        raise ValueError(
            f"a perturbation of these inputs has shape {(1, *like.shape[1:])}, not {tuple(v.shape)}"
        )
    if not v.isfinite().all():
        raise ValueError("the perturbation is not finite")
    if (largest := float(v.abs().max())) > xi * (1 + ROUNDING):
        raise ValueError(f"the perturbation reaches {largest:g}, beyond its bound of {xi:g}")
