"""A network of a few channels with biases, and heartbeats small enough to train on at once."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.models.layers import Conv1d, MaxPool1d
from ecglib.training import classifier


class SmallNetwork(nn.Module):
    """(B, 1, 8) -> 3 channels -> 3 steps -> 6 neurons -> (B, 5): 9 + 54 + 30 weights, 14 biases."""

    input_shape = (1, 8)

    def __init__(self):
        super().__init__()
        self.conv, self.pool = Conv1d(1, 3, 3), MaxPool1d()
        self.hidden, self.head = nn.Linear(9, 6), nn.Linear(6, 5)

    def forward(self, x):
        return self.head(self.hidden(self.pool(self.conv(x)).flatten(1)).relu())


class SmallData(pl.LightningDataModule):
    """Noisy copies of five random patterns, one per class, always in the same order."""

    def __init__(self):
        super().__init__()
        draw = torch.Generator().manual_seed(1)
        label = torch.arange(240) % 5
        windows = torch.randn(5, 1, 8, generator=draw)[label]
        self.beats = TensorDataset(windows + 0.5 * torch.randn(240, 1, 8, generator=draw), label)

    def train_dataloader(self):
        return DataLoader(self.beats, batch_size=16)

    val_dataloader = train_dataloader


@pytest.fixture
def new_network():
    """A function that builds the network, always with the same initial weights."""

    def build():
        torch.manual_seed(0)
        return SmallNetwork()

    return build


@pytest.fixture
def network(new_network):
    return new_network()


@pytest.fixture
def fit():
    """fit(network, epochs, callbacks): AdamW with weight decay, as in the study."""

    def fit(network, epochs, callbacks=()):
        return classifier.fit(
            network,
            SmallData(),
            epochs=epochs,
            learning_rate=0.05,
            weight_decay=0.1,
            callbacks=callbacks,
        )

    return fit
