"""The EEG networks by name: (B, 8, 512), four seconds at 128 Hz, to (B, 2) logits.

An attack runs through them thousands of times, so they are written to be quick on one thread. Each
begins with a convolution over time and one over channels, with nothing between them that is not
linear: they are taken in the other order, or as one. Channels stand last in memory, which pools
need. What is computed is the published network.
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


class Chain(nn.Module):
    """Layers on (B, 8, 1, T), and a dense one that gives the logits."""

    def __init__(self, *layers: nn.Module, max_norms: dict[str, float]) -> None:
        super().__init__()
        self.features, self.max_norms = nn.Sequential(*layers, nn.Flatten()), max_norms
        with torch.no_grad():
            self.eval()
            count = self.features(torch.zeros(1, CHANNELS, 1, SAMPLES)).shape[1]
        self.dense = nn.Linear(count, CLASSES)
        self.train().to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 8, 512) -> (B, 2)."""
        x = x[:, :, None].contiguous(memory_format=torch.channels_last)
        return self.dense(self.features(x))


@EEG_NETWORKS.register("EEGNet", name="eegnet")
def eegnet() -> Chain:
    """EEGNet-8,2 (Lawhern et al., J. Neural Eng. 15:056013, 2018, arXiv:1611.08024, table 2)."""
    filters, depth = 8, 2
    maps = filters * depth
    return Chain(
        MixedFirst(filters, depth, 64),
        *(nn.BatchNorm2d(maps), nn.ELU(), nn.AvgPool2d((1, 4)), nn.Dropout(DROPOUT)),
        _same(16),
        nn.Conv2d(maps, maps, (1, 16), groups=maps, bias=False),
        nn.Conv2d(maps, maps, 1, bias=False),
        *(nn.BatchNorm2d(maps), nn.ELU(), nn.AvgPool2d((1, 8)), nn.Dropout(DROPOUT)),
        max_norms={"features.0.spatial.weight": 1.0, "dense.weight": 0.25},
    )


class MixedFirst(nn.Module):
    """Filters over time, then `depth` mixtures of the channels of each: (B, filters depth, 1, T).

    The published batch norm between the two is not here: the one that follows undoes any scale and
    offset of it, so it changes nothing that the network can compute. Channels are mixed first: then
    each filter runs over its mixtures, not over all channels.
    """

    def __init__(self, filters: int, depth: int, kernel: int) -> None:
        super().__init__()
        self.temporal = nn.Conv2d(1, filters, (1, kernel), bias=False)  # its weight is shared
        self.spatial = nn.Conv2d(CHANNELS, filters * depth, 1, bias=False)
        self.depth, self.pad = depth, _same(kernel)

    def forward(self, x: Tensor) -> Tensor:
        mixed, weight = self.pad(self.spatial(x)), self.temporal.weight
        return functional.conv2d(
            mixed, weight.repeat_interleave(self.depth, 0), groups=mixed.shape[1]
        )


def _same(kernel: int) -> nn.Module:
    """Zeros on both sides with which a convolution over time keeps the length."""
    return nn.ZeroPad2d(((kernel - 1) // 2, kernel // 2, 0, 0))


class AsOne(nn.Module):
    """A convolution over time, then one over channels, as one: its kernel is their product.

    (B, 8, 1, T) -> (B, maps, 1, T - kernel + 1).
    """

    max_norms = {"features.0.temporal.weight": 2.0, "features.0.spatial.weight": 2.0}

    def __init__(self, maps: int, kernel: int) -> None:
        super().__init__()
        self.temporal = nn.Conv2d(1, maps, (1, kernel), bias=False)
        self.spatial = nn.Conv2d(maps, maps, (CHANNELS, 1), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        temporal, spatial = self.temporal.weight[:, 0, 0], self.spatial.weight[..., 0]
        kernel = torch.einsum("ofc,fk->ock", spatial, temporal)
        return functional.conv2d(x, kernel[:, :, None])


@EEG_NETWORKS.register("DeepConvNet", name="deep_convnet")
def deep_convnet() -> Chain:
    """DeepConvNet (Schirrmeister et al., Hum. Brain Mapp. 38:5391, 2017, arXiv:1703.05051).

    With kernels of 5, pools of 2 and the largest norms that the public code of EEGNet compares
    with. The pool stands before the ELU, which rises: their order changes nothing but the work.
    """
    widths = (25, 50, 100, 200)
    norms = AsOne.max_norms | {"dense.weight": 0.5}
    layers: list[nn.Module] = [AsOne(widths[0], 5)]
    for before, width in zip((0, *widths), widths, strict=False):
        if before:
            norms[f"features.{len(layers)}.weight"] = 2.0
            layers.append(nn.Conv2d(before, width, (1, 5), bias=False))
        layers += [nn.BatchNorm2d(width), nn.MaxPool2d((1, 2)), nn.ELU(), nn.Dropout(DROPOUT)]
    return Chain(*layers, max_norms=norms)


@EEG_NETWORKS.register("ShallowConvNet", name="shallow_convnet")
def shallow_convnet() -> Chain:
    """ShallowConvNet (Schirrmeister et al. 2017, arXiv:1703.05051): the logarithm of band power.

    With the kernel of 13, the pool of 35 each 7 and the largest norms of EEGNet's public code.
    """
    return Chain(
        *(AsOne(40, 13), nn.BatchNorm2d(40), Square()),
        *(nn.AvgPool2d((1, 35), (1, 7)), Logarithm(), nn.Dropout(DROPOUT)),
        max_norms=AsOne.max_norms | {"dense.weight": 0.5},
    )


class Square(nn.Module):
    """Elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x


class Logarithm(nn.Module):
    """Natural, elementwise; of what is below 1e-7, that of 1e-7."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp_min(1e-7).log()
