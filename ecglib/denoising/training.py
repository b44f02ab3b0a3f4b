"""Fits of a denoiser on sittings, as the study's methods of pruning take them."""

import logging
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.denoising import sittings, windows
from ecglib.denoising.leads import WINDOW, Clean
from ecglib.denoising.losses import Loss
from ecglib.denoising.seat import Drive
from ecglib.denoising.settings import Denoise, Fitting
from ecglib.denoising.sittings import Windows
from ecglib.pruning.multistage import Fit
from ecglib.training.classifier import History


class Sitting(pl.LightningDataModule):
    """New windows in every epoch, the same ones for every network of this seed.

    epoch: how many there were before; epochs are counted on, so that no window is seen again.
    """

    def __init__(
        self,
        clean: Sequence[Clean],
        noise: np.ndarray,
        chosen: Denoise,
        channels: Sequence[int],
        seed: int,
        epoch: int = 0,
    ) -> None:
        super().__init__()
        self.source, self.chosen, self.channels = (clean, noise), chosen, channels
        self.seed, self.epoch = seed, epoch

    def train_dataloader(self) -> DataLoader:
        """The next epoch's."""
        seed, chosen = [self.seed, self.epoch], self.chosen
        self.epoch += 1
        drawn = sittings.drawn(
            *(*self.source, chosen.fitting.windows),
            *(chosen.seat, chosen.sittings, self.channels, seed),
        )
        order = torch.Generator().manual_seed(self.epoch + 1000 * self.seed)
        data = TensorDataset(*map(torch.from_numpy, drawn))
        return DataLoader(data, chosen.fitting.batch_size, shuffle=True, generator=order)


class Driven(pl.LightningDataModule):
    """Windows from random places of real drives, new ones in every epoch, as of `Sitting`."""

    def __init__(self, drives: Sequence[Drive], chosen: Denoise, seed: int) -> None:
        super().__init__()
        self.drives, self.chosen = drives, chosen
        self.draw = np.random.default_rng(seed)

    def train_dataloader(self) -> DataLoader:
        """The next epoch's."""
        fitting = self.chosen.fitting
        lengths = np.array([len(drive.reference) for drive in self.drives], float)
        of = self.draw.choice(len(lengths), fitting.windows, p=lengths / lengths.sum())
        parts = [self._cut(self.drives[i], count) for i, count in enumerate(np.bincount(of))]
        data = TensorDataset(
            *(torch.from_numpy(np.concatenate(column)) for column in zip(*parts, strict=True))
        )
        order = torch.Generator().manual_seed(int(self.draw.integers(2**31)))
        return DataLoader(data, fitting.batch_size, shuffle=True, generator=order)

    def _cut(self, drive: Drive, count: int) -> Windows:
        at = self.draw.integers(0, len(drive.reference) - WINDOW + 1, count)
        reference = sliding_window_view(drive.reference, WINDOW)[at][:, None]
        beats = sittings.beats_in(drive.sample, at)
        return Windows(windows.cut(drive.channels, at), reference, beats)


class Denoiser(pl.LightningModule):
    """AdamW, one learning-rate cycle over the whole fit."""

    def __init__(self, network: nn.Module, loss: Loss, fitting: Fitting) -> None:
        super().__init__()
        self.network, self.loss, self.fitting = network, loss, fitting

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, reference, beats = batch
        loss = self.loss(self.network(inputs), reference, beats)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(inputs))
        return loss

    def configure_optimizers(self) -> dict:
        chosen = self.fitting
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=chosen.learning_rate,
            weight_decay=chosen.weight_decay,
            fused=True,
        )
        steps = self.trainer.estimated_stepping_batches + 1
        rising = max(chosen.rising, 2 / steps)  # of fewer than two steps PyTorch divides by zero
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, chosen.learning_rate, total_steps=steps, pct_start=rising
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def fitter(data: Sitting | Driven, loss: Loss) -> Fit:
    """fit(network, epochs, callbacks) with one thread; the last epoch counts."""

    def fit(network: nn.Module, epochs: int, callbacks: Sequence = ()) -> pd.DataFrame:
        if not epochs:
            return pd.DataFrame()
        torch.set_num_threads(1)
        network.train()
        logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
        history = History()
        with warnings.catch_warnings():
            for of in ("GPU available but not used.*", ".*LeafSpec.*", ".*does not have many work"):
                warnings.filterwarnings("ignore", message=of)
            trainer = pl.Trainer(
                accelerator="cpu",
                max_epochs=epochs,
                callbacks=[*callbacks, history],
                reload_dataloaders_every_n_epochs=1,
                logger=False,
                enable_checkpointing=False,
                enable_model_summary=False,
                enable_progress_bar=False,
                num_sanity_val_steps=0,
            )
            trainer.fit(Denoiser(network, loss, data.chosen.fitting), datamodule=data)
        return pd.DataFrame(history.rows)

    return fit
