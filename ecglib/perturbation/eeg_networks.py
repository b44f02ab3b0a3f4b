"""The EEG networks by name: (B, 8, 512), four seconds at 128 Hz, to (B, 2) logits.

Each begins with a convolution over time and one over channels, with nothing between them that is
not linear. So their order does not matter, and a quicker one is taken here; what they compute is
the published network. An attack runs through them thousands of times.
"""

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional

from ecglib.settings.registry import Registry

EEG_NETWORKS = Registry("EEG network")
CHANNELS, SAMPLES, CLASSES = 8, 512, 2
DROPOUT = 0.5


def build(name: str, seed: int) -> nn.Module:
    """A network by its name with the initial weights of this seed; UnknownName if there is none.

    It has `max_norms`: the name of a weight -> the largest norm of what leads to each output.
    """
    torch.manual_seed(seed)
    return EEG_NETWORKS[name]()


class MaxNorms(pl.Callback):
    """Holds the largest norms of a network of EEG_NETWORKS after every step."""

    @torch.no_grad()
    def on_train_batch_end(self, trainer, pl_module: pl.LightningModule, *batch) -> None:
        for name, limit in pl_module.network.max_norms.items():
            weight = pl_module.network.get_parameter(name)
            weight.copy_(weight.renorm(2, 0, limit))


@EEG_NETWORKS.register("EEGNet", name="eegnet")
class EegNet(nn.Module):
    """EEGNet-8,2 (Lawhern et al., J. Neural Eng. 15:056013, 2018, arXiv:1611.08024, table 2).

    The published batch norm between the first two convolutions is not here: the one that follows
    undoes any scale and offset of it, so it changes nothing that the network can compute. Channels
    are mixed first, and half the work is left: 8 filters on 2 mixtures each, not on 8 channels.
    """

    FILTERS, DEPTH, KERNEL, SEPARABLE = 8, 2, 64, 16
    max_norms = {"spatial.weight": 1.0, "dense.weight": 0.25}

    def __init__(self) -> None:
        super().__init__()
        maps = self.FILTERS * self.DEPTH
        self.temporal = nn.Conv1d(1, self.FILTERS, self.KERNEL, bias=False)  # its weight is shared
        self.spatial = nn.Conv1d(CHANNELS, maps, 1, bias=False)
        self.features = nn.Sequential(
            *(nn.BatchNorm1d(maps), nn.ELU(), nn.AvgPool1d(4), nn.Dropout(DROPOUT)),
            nn.ConstantPad1d(_same(self.SEPARABLE), 0.0),
            nn.Conv1d(maps, maps, self.SEPARABLE, groups=maps, bias=False),
            nn.Conv1d(maps, maps, 1, bias=False),
            *(nn.BatchNorm1d(maps), nn.ELU(), nn.AvgPool1d(8), nn.Dropout(DROPOUT)),
            nn.Flatten(),
        )
        self.dense = nn.Linear(maps * SAMPLES // 32, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 8, 512) -> (B, 2)."""
        mixed = functional.pad(self.spatial(x), _same(self.KERNEL))
        filters = self.temporal.weight.repeat_interleave(self.DEPTH, 0)
        return self.dense(self.features(functional.conv1d(mixed, filters, groups=len(filters))))


def _same(kernel: int) -> tuple[int, int]:
    """Zeros on both sides with which a convolution keeps the length."""
    return (kernel - 1) // 2, kernel // 2


class Front(nn.Module):
    """A convolution over time, then one over channels: (B, 8, T) -> (B, maps, T - kernel + 1).

    As one convolution, whose kernel is their product.
    """

    def __init__(self, maps: int, kernel: int) -> None:
        super().__init__()
        self.temporal = nn.Conv2d(1, maps, (1, kernel), bias=False)
        self.spatial = nn.Conv2d(maps, maps, (CHANNELS, 1), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The kernel is (maps, 8, kernel)."""
        temporal, spatial = self.temporal.weight[:, 0, 0], self.spatial.weight[..., 0]
        kernel = torch.einsum("ofc,fk->ock", spatial, temporal)
        return functional.conv1d(x, kernel)


# As in the public code of EEGNet, from which its paper compares with both networks below.
FRONT = ("features.0.temporal.weight", "features.0.spatial.weight")
FRONT_NORMS = dict.fromkeys(FRONT, 2.0) | {"dense.weight": 0.5}


class Chain(nn.Module):
    """Layers, and a dense one that gives the logits."""

    def __init__(self, *layers: nn.Module, max_norms: dict[str, float]) -> None:
        super().__init__()
        self.features, self.max_norms = nn.Sequential(*layers, nn.Flatten()), max_norms
        with torch.no_grad():
            self.eval()
            count = self.features(torch.zeros(1, CHANNELS, SAMPLES)).shape[1]
        self.dense = nn.Linear(count, CLASSES)
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        """(B, 8, 512) -> (B, 2)."""
        return self.dense(self.features(x))


@EEG_NETWORKS.register("DeepConvNet", name="deep_convnet")
def deep_convnet() -> Chain:
    """DeepConvNet (Schirrmeister et al., Hum. Brain Mapp. 38:5391, 2017, arXiv:1703.05051).

    With the kernels of 5 and pools of 2 that the paper of EEGNet takes at 128 Hz.
    """
    widths = (25, 50, 100, 200)
    layers = [Front(widths[0], 5), *_block_end(widths[0])]
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [nn.Conv1d(inputs, outputs, 5, bias=False), *_block_end(outputs)]
    deeper = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Conv1d)]
    norms = {f"features.{i}.weight": 2.0 for i in deeper}
    return Chain(*layers, max_norms=FRONT_NORMS | norms)


def _block_end(maps: int) -> list[nn.Module]:
    return [nn.BatchNorm1d(maps), nn.ELU(), nn.MaxPool1d(2), nn.Dropout(DROPOUT)]


@EEG_NETWORKS.register("ShallowConvNet", name="shallow_convnet")
def shallow_convnet() -> Chain:
    """ShallowConvNet (Schirrmeister et al. 2017, arXiv:1703.05051): the logarithm of band power.

    With the kernel of 13, the pool of 35 and its stride of 7 that the paper of EEGNet takes.
    """
    layers = [Front(40, 13), nn.BatchNorm1d(40), Square(), nn.AvgPool1d(35, 7), Logarithm()]
    return Chain(*layers, nn.Dropout(DROPOUT), max_norms=FRONT_NORMS)


class Square(nn.Module):
    """Elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x


class Logarithm(nn.Module):
    """Natural, elementwise; of what is below 1e-7, that of 1e-7."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp_min(1e-7).log()
