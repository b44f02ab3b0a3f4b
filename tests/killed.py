"""Bare fits for tests of callbacks, and one that dies on the way."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


class Killed(RuntimeError):
    pass


class KillAfter(pl.Callback):
    """A run that dies after so many of the optimizer's steps."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.global_step == self.step:
            raise Killed


def trainer_with(*callbacks, epochs):
    """A trainer that keeps nothing but what a callback of checkpoints keeps."""
    return pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        callbacks=list(callbacks),
        logger=False,
        enable_checkpointing=any(isinstance(c, ModelCheckpoint) for c in callbacks),
        enable_model_summary=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
    )
