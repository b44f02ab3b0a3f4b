"""Training against universal perturbations on the fly: it costs nothing on the device.

Shafahi, Najibi, Xu, Dickerson, Davis, Goldstein, arXiv:1811.11304: one perturbation is kept
through the whole training; each step's gradient moves the weights down the loss and it up. Here
it comes at any place in time, and there may be several, or beats without one.
"""

from collections.abc import Callable, Sequence

import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ecglib.data.normalisation import FLAT
from ecglib.perturbation.settings import Defence
from ecglib.pruning.multistage import Fit


class Against(pl.Callback):
    """Perturbs what the network is trained on, and climbs its loss; validation is as it was.

    Windows are z-scored, (B, 1, length), and are z-scored again with what is added.
    """

    def __init__(self, how: Defence, length: int, seed: int) -> None:
        self.how, self.draw = how, torch.Generator().manual_seed(seed)
        self.v = torch.zeros(how.several, length, requires_grad=True)

    def perturbed(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor] | None:
        """A hook before the network's forward."""
        if not module.training:
            return None
        (x,) = inputs
        count, length = len(x), x.shape[-1]
        one = torch.randint(self.how.several, (count, 1), generator=self.draw)
        late = torch.randint(length, (count, 1), generator=self.draw)
        under = torch.rand(count, 1, generator=self.draw) < self.how.share
        v = self.v[one, (torch.arange(length) - late) % length]
        return (zscored(x + (under * v)[:, None]),)

    @torch.no_grad()
    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.v += self.how.step * self.how.xi * self.v.grad.sign()
        self.v.clamp_(-self.how.xi, self.how.xi)
        self.v.grad = None


def zscored(x: Tensor) -> Tensor:
    """Each window less its mean, over its standard deviation."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / centred.std(-1, correction=0, keepdim=True).clamp(min=FLAT)


def defended(fit: Fit, how: Defence, length: int, seed: int) -> Callable[..., pd.DataFrame]:
    """The same fit, of beats under perturbations; these go on from one fit to the next."""
    against = Against(how, length, seed)

    def fit_against(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        hook = network.register_forward_pre_hook(against.perturbed)
        try:
            return fit(network, epochs, [*callbacks, against])
        finally:
            hook.remove()

    return fit_against
