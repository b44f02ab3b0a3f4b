"""The denoiser: a one-dimensional U-Net of three channels."""

import torch
from torch import Tensor, nn

from ecglib.denoising.leads import WINDOW
from ecglib.denoising.settings import Network


class UNet(nn.Module):
    """(B, channels, WINDOW) -> (B, 1, WINDOW), in standard deviations of the clean lead.

    Ronneberger et al., arXiv:1505.04597, in one dimension, with nearest upsampling: two
    convolutions a level, halved by pooling, joined again on the way up; the last layer, of one tap,
    reads the channels themselves, too, so that a clean one can pass. No batch normalisation.
    widths: channels of each level; taps: of every convolution.
    """

    def __init__(self, channels: int, widths: tuple[int, ...], taps: int) -> None:
        super().__init__()
        self.input_shape = (channels, WINDOW)
        ins = (channels, *widths)
        self.encoder = nn.ModuleList(
            _block(before, width, taps) for before, width in zip(ins, widths, strict=False)
        )
        self.decoder = nn.ModuleList(
            _block(below + width, width, taps)
            for below, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.pool, self.up = nn.MaxPool1d(2), nn.Upsample(scale_factor=2, mode="nearest")
        self.last = nn.Conv1d(widths[0] + channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, WINDOW) -> (B, 1, WINDOW)."""
        channels, kept = x, []
        for level, block in enumerate(self.encoder):
            x = block(self.pool(x) if level else x)
            kept.append(x)
        for block, skip in zip(self.decoder, kept[-2::-1], strict=True):
            x = block(torch.cat([self.up(x), skip], 1))
        return self.last(torch.cat([x, channels], 1))


def _block(inputs: int, outputs: int, taps: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv1d(inputs, outputs, taps, padding=taps // 2), nn.ReLU()),
        *(nn.Conv1d(outputs, outputs, taps, padding=taps // 2), nn.ReLU()),
    )


def like(chosen: Network, channels: int) -> UNet:
    """A network of these settings, with fresh weights."""
    return UNet(channels, tuple(chosen.widths), chosen.taps)


def narrower(chosen: Network, channels: int, saved: float) -> UNet:
    """Fresh, of the same depth, every width by one factor: the widest that saves as many MACs."""
    most = costs(like(chosen, channels))["macs"] * (1 - saved)
    for factor in range(99, 0, -1):
        widths = tuple(max(1, round(width * factor / 100)) for width in chosen.widths)
        found = UNet(channels, widths, chosen.taps)
        if costs(found)["macs"] <= most:
            return found
    raise ValueError(f"no network of {len(chosen.widths)} levels saves {saved:.0%} of the MACs")


@torch.no_grad()
def costs(network: UNet) -> dict[str, int]:
    """Of a window: macs, macs_effective (without zeros), weights, weights_nonzero."""
    found = dict.fromkeys(("macs", "macs_effective", "weights", "weights_nonzero"), 0)

    def add(layer: nn.Conv1d, _, output: Tensor) -> None:
        sizes = [layer.weight.numel(), int(layer.weight.count_nonzero())]
        more = [size * output.shape[-1] for size in sizes] + sizes
        for name, count in zip(found, more, strict=True):
            found[name] += count

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv1d)]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    network(torch.zeros(1, *network.input_shape))
    for hook in hooks:
        hook.remove()
    return found
