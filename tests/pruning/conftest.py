"""A network small enough to work out by hand, and heartbeats small enough to train on at once."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ecglib.pruning import masks as mask_values
from ecglib.pruning.prune import prune
from ecglib.training import classifier


class ToyNetwork(nn.Module):
    """(B, 1, 7) -> convolution of 5 weights -> (B, 1, 3) -> dense layer of 15 -> (B, 5)."""

    input_shape = (1, 7)

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 5)
        self.head = nn.Linear(3, 5)

    def forward(self, x):
        return self.head(self.conv(x).flatten(1))


class ToyData(pl.LightningDataModule):
    """Noisy copies of five random patterns, one per class, always in the same order."""

    def __init__(self):
        super().__init__()
        draw = torch.Generator().manual_seed(1)
        patterns = torch.randn(5, 1, 7, generator=draw)
        self.parts = {}
        for part, count in {"train": 48, "validation": 23}.items():
            label = torch.arange(count) % 5
            noise = torch.randn(count, 1, 7, generator=draw)
            self.parts[part] = TensorDataset(patterns[label] + 0.5 * noise, label)

    def tensors(self, part):
        return self.parts[part].tensors

    def train_dataloader(self):
        return DataLoader(self.parts["train"], batch_size=16)

    def val_dataloader(self):
        return DataLoader(self.parts["validation"], batch_size=16)


@pytest.fixture
def new_network():
    """new_network(seed): a toy network with that seed's initial weights."""

    def build(seed=0):
        torch.manual_seed(seed)
        return ToyNetwork()

    return build


@pytest.fixture
def network(new_network):
    return new_network()


@pytest.fixture
def by_hand():
    """The toy network with the magnitudes 1 to 20: the dense layer has 1-15, row by row."""
    network = ToyNetwork()
    with torch.no_grad():
        network.conv.weight.copy_(torch.tensor([[[16.0, -17.0, 18.0, -19.0, 20.0]]]))
        network.conv.bias.fill_(1.0)
        network.head.weight.copy_(torch.arange(1.0, 16.0).view(5, 3))
        network.head.bias.copy_(torch.arange(5.0))
    return network


@pytest.fixture
def half(network):
    """The mask that removes the ten smallest of the network's twenty weights."""
    scores = {name: weight.detach().abs() for name, weight in mask_values.prunable(network).items()}
    return prune(scores, mask_values.ones(network), 0.5, "global")


@pytest.fixture
def data():
    return ToyData()


@pytest.fixture
def fit(data):
    """fit(network, epochs, callbacks), as the multistage loop wants it."""

    def fit(network, epochs, callbacks=()):
        return classifier.fit(
            network,
            data,
            epochs=epochs,
            learning_rate=0.05,
            weight_decay=0.1,
            callbacks=callbacks,
        )

    return fit
