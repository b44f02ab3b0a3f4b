"""Learning from a large network's answers, which are found once and travel beside the beats."""

import torch
from torch import Tensor, nn

from ecglib import models
from ecglib.data.datamodule import Batches, HeartbeatData
from ecglib.data.normalisation import normalised
from ecglib.data.splits import split_indices
from ecglib.frontier import fits, short_beats
from ecglib.frontier.settings import settings
from ecglib.frontier.short import SAMPLES
from ecglib.settings.words import CLASSES
from ecglib.training.classifier import Distillation

BATCH = 256  # beats whose activations stay in the processor's cache


class TaughtData(HeartbeatData):
    """The short network's beats; training batches carry the teacher's logits behind the samples.

    logits: (n, 5) of the training beats. What `tensors` gives is without them.
    """

    def __init__(self, seed: int, logits: Tensor) -> None:
        chosen = settings().fitting
        super().__init__(
            short_beats.all_beats(),
            fits.SPLIT,
            seed,
            batch_size=chosen.batch_size,
            normalise="beat",
            class_balance=chosen.class_balance,
        )
        self.logits = logits

    def train_dataloader(self) -> Batches:
        """The training beats, in a new order each epoch, and what the teacher says of them."""
        windows, labels = self.tensors("train")
        both = torch.cat([windows, self.logits[:, None]], 2)
        return Batches(both, labels, self.batch_size, self.shuffle)


class Listening(nn.Module):
    """A network that leaves out what stands behind its samples."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, samples and more) -> logits."""
        return self.network(x[:, :, :SAMPLES])


class Said(nn.Module):
    """The teacher: what it once said of a beat."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, samples and 5) -> (B, 5) logits."""
        return x[:, 0, -len(CLASSES) :]


def distillation() -> Distillation:
    """How much is learned from the teacher."""
    chosen = settings().short
    return Distillation(Said(), chosen.temperature, chosen.weight)


@torch.no_grad()
def teacher_logits(seed: int) -> Tensor:
    """(n, 5): of the study's dense network of `short_beats.OF` on the training beats of a seed.

    Raises:
        ValueError: that network is absent or damaged.
    """
    path = fits.dense_path(short_beats.OF, seed)
    teacher = models.load(short_beats.OF, path).eval()
    beats = short_beats.kachuee_beats()
    rows = split_indices(beats, fits.SPLIT, seed)["train"]
    windows = torch.from_numpy(normalised(beats, "beat")[rows]).unsqueeze(1)
    return torch.cat([teacher(few) for few in windows.split(BATCH)])
