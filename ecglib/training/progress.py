"""The progress of a fit, as one calm bar."""

import pytorch_lightning as pl
from tqdm import tqdm

from ecglib.data.bars import calm_bar


class Progress(pl.Callback):
    """One bar a fit, over all of its steps; it says which epoch runs, and in the end `complete`.

    It only counts: Lightning's own bar asks every step for its loss, which costs small networks
    half of their training time.
    """

    bar: tqdm | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        steps = trainer.estimated_stepping_batches
        self.bar = calm_bar(steps, unit="steps", doing=f"epoch 1 of {trainer.max_epochs}")

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        epoch = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        self.bar.set_description_str(epoch, refresh=False)

    def on_train_batch_end(self, *_) -> None:
        self.bar.update()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        done = f"complete, epoch {trainer.current_epoch} of {trainer.max_epochs}"
        self.bar.set_description_str(done, refresh=False)
        self.bar.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Leave the bar where the fit has stopped."""
        if self.bar is not None:  # a bar of no steps is false
            self.bar.close()
