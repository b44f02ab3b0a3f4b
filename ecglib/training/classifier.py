"""Training and evaluating a classifier of any number of classes: module, fit, predict."""

import logging
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.classification import MulticlassConfusionMatrix

from ecglib.data.datamodule import EVALUATION_BATCH
from ecglib.training import metrics
from ecglib.training.progress import Progress


class Distillation(NamedTuple):
    """Learning from a teacher's outputs beside the labels; `weight` is the teacher's share."""

    teacher: nn.Module
    temperature: float
    weight: float

    def loss(self, inputs: Tensor, logits: Tensor, label_loss: Tensor) -> Tensor:
        """Hinton et al., arXiv:1503.02531, section 2: soft targets, scaled by temperature^2."""
        self.teacher.eval()
        with torch.no_grad():
            soft = functional.log_softmax(self.teacher(inputs) / self.temperature, 1)
        ours = functional.log_softmax(logits / self.temperature, 1)
        gap = functional.kl_div(ours, soft, reduction="batchmean", log_target=True)
        return (1 - self.weight) * label_loss + self.weight * self.temperature**2 * gap


class Cycle(NamedTuple):
    """Where a fit stands in a one-cycle learning rate that spans several fits, in epochs."""

    before: int
    total: int


class Classifier(pl.LightningModule):
    """Cross-entropy, AdamW, a one-cycle learning rate over the whole fit or a longer cycle.

    network: (B, channels, length) -> (B, classes) logits. class_weights: (classes,) weights in the
    training loss. Labels are smoothed and weighted in training only: the validation loss is the
    plain cross-entropy.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        learning_rate: float,
        weight_decay: float,
        label_smoothing: float,
        class_weights: Tensor | None = None,
        distillation: Distillation | None = None,
        cycle: Cycle | None = None,
        classes: int = len(metrics.CLASSES),
    ) -> None:
        super().__init__()
        self.network = network
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.label_smoothing, self.class_weights = label_smoothing, class_weights
        self.distillation, self.cycle = distillation, cycle
        self.confusion = MulticlassConfusionMatrix(classes)
        self.train_loss: list[Tensor] = []

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, labels = batch
        logits = self.network(inputs)
        loss = functional.cross_entropy(
            logits, labels, weight=self.class_weights, label_smoothing=self.label_smoothing
        )
        if self.distillation:
            loss = self.distillation.loss(inputs, logits, loss)
        self.train_loss.append(loss.detach())  # cheaper than `self.log` at every step
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        logits = self.network(batch[0])
        loss = functional.cross_entropy(logits, batch[1])
        self.log("validation_loss", loss, batch_size=len(logits))
        self.confusion.update(logits, batch[1])

    def on_validation_epoch_end(self) -> None:
        matrix = self.confusion.compute().numpy()
        self.confusion.reset()
        self.log("validation_accuracy", float(metrics.accuracy(matrix)))
        self.log("validation_f1_macro", float(metrics.f1_macro(matrix)))
        self.log("train_loss", torch.stack(self.train_loss).mean())
        self.train_loss.clear()

    def configure_optimizers(self) -> dict:
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        steps, epochs = self.trainer.estimated_stepping_batches, self.trainer.max_epochs
        cycle = self.cycle or Cycle(0, epochs)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=steps // epochs * cycle.total
        )
        with warnings.catch_warnings():  # going forward to where the fits before have ended
            warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
            for _ in range(steps // epochs * cycle.before):
                schedule.step()
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class History(pl.Callback):
    """Collect what was logged, one row per epoch."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.rows.append({"epoch": trainer.current_epoch + 1, **logged})


class Snapshot(pl.Callback):
    """Keep the network's weights as they are at the end of one epoch, counted from 1."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.weights: dict[str, Tensor] = {}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.current_epoch + 1 == self.epoch:
            state = pl_module.network.state_dict()
            self.weights = {name: value.clone() for name, value in state.items()}


def fit(
    network: nn.Module,
    data: pl.LightningDataModule,
    *,
    epochs: int,
    callbacks: Sequence[pl.Callback] = (),
    progress: bool = False,
    learning_rate: float,
    weight_decay: float,
    label_smoothing: float = 0.0,
    **options,
) -> pd.DataFrame:
    """Train `network` in place; the last epoch counts. Returns the history, one row per epoch.

    options: `class_weights`, `distillation`, `cycle` and `classes` of `Classifier`. One thread:
    these nets are too small to gain from a second, and the result then does not depend on how many
    cores there are.
    """
    if not epochs:
        return pd.DataFrame()
    torch.set_num_threads(1)
    network.train()  # Lightning keeps the mode it finds, and `predict` leaves evaluation mode
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    classifier = Classifier(
        network,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        label_smoothing=label_smoothing,
        **options,
    )
    history = History()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="GPU available but not used.*")  # by choice
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # Lightning's own use of PyTorch
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=epochs,
            callbacks=[*callbacks, history, *([Progress()] if progress else ())],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,  # it costs small networks half of their training time
            num_sanity_val_steps=0,
        )
        trainer.fit(classifier, datamodule=data)
    return pd.DataFrame(history.rows)


@torch.no_grad()
def predict(network: nn.Module, windows: Tensor) -> Tensor:
    """Class indices (n,) of windows (n, channels, length)."""
    network.eval()
    return torch.cat([network(part).argmax(1) for part in windows.split(EVALUATION_BATCH)])
