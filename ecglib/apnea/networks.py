"""The networks by name, chains of layers, and how one slides over a whole night.

Neighbouring windows share most of their samples. The convolutions of a chain go over a night once,
and each window takes its part of what they give: in evaluation the same outputs, at a quarter to a
tenth of the work.
"""

import copy

import torch
from torch import Tensor, nn

from ecglib.apnea import rr
from ecglib.apnea.nights import WINDOW
from ecglib.settings.registry import Registry

NETWORKS = Registry("apnea network")
PUBLISHED = "john2021"  # what all others are compared with
CLASSES = 2


def build(name: str, seed: int) -> "Chain":
    """A network by its name with the initial weights of this seed; UnknownName if there is none."""
    torch.manual_seed(seed)
    return NETWORKS[name]()


class Chain(nn.Module):
    """(B, 1, WINDOW) -> (B, 2) logits, normal and apnea, by convolutions and a dense layer.

    stride: samples of the signal between two steps of the features. minute: samples that a minute
    of RR intervals has in the series that it is for.
    """

    input_shape = (1, WINDOW)

    def __init__(
        self, features: list[nn.Module], stride: int, dropout: float, minute: int = rr.STEP
    ) -> None:
        super().__init__()
        self.minute = minute
        self.features, self.stride = nn.Sequential(*features, nn.Dropout(dropout)), stride
        with torch.no_grad():
            self.eval()
            _, channels, self.steps = self.features(torch.zeros(1, *self.input_shape)).shape
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(channels * self.steps, CLASSES))
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, WINDOW) -> (B, 2)."""
        return self.classifier(self.features(x))


class Sliding(nn.Module):
    """A chain over longer signals: (B, 1, WINDOW + (n - 1) step) -> (B, 2, n) logits.

    Raises:
        ValueError: a step that is no multiple of the chain's stride: windows would not see the same
            features.
    """

    def __init__(self, chain: Chain, step: int) -> None:
        super().__init__()
        if step % chain.stride:
            raise ValueError(f"windows every {step} samples, but features every {chain.stride}")
        self.chain, self.step, self.every = chain, step, step // chain.stride

    def forward(self, x: Tensor) -> Tensor:
        """Dropout is drawn once for a step of the features: all windows over it share it.

        Drawn for each window anew it takes half of a small network's training time.
        """
        windows = self.chain.features(x).unfold(2, self.chain.steps, self.every)
        batch, _, n, _ = windows.shape
        logits = self.chain.classifier(windows.transpose(1, 2).flatten(0, 1))
        return logits.view(batch, n, CLASSES).transpose(1, 2)


@torch.no_grad()
def streamed_macs(chain: Chain, step: int) -> int:
    """MACs of one more window of a night that goes on: its convolutions over `step` new samples.

    Weights that are zero count nothing, as in `cost.total_costs`.
    """
    layers, steps = copy.deepcopy(chain.features).eval(), {}
    for length in (WINDOW, WINDOW + step):
        x = torch.zeros(1, 1, length)
        for layer in layers:
            x = layer(x)
            if isinstance(layer, nn.Conv1d):
                steps[layer] = x.shape[-1] - steps.get(layer, 0)  # in the end: the new ones
    convolved = sum(int(layer.weight.count_nonzero()) * new for layer, new in steps.items())
    return convolved + int(chain.classifier[-1].weight.count_nonzero())


@NETWORKS.register("John et al. 2021", name="john2021")
def john2021() -> Chain:
    """The published network: 50,909 parameters, 6.53 M MACs (arXiv:2105.00528, its public code)."""
    return Chain(
        [
            nn.BatchNorm1d(1),
            *(nn.Conv1d(1, 3, 100, stride=2), nn.ReLU(), nn.MaxPool1d(2)),  # (B, 3, 327)
            *(nn.Conv1d(3, 50, 10), nn.MaxPool1d(2), nn.ReLU()),  # (B, 50, 159)
            *(nn.Conv1d(50, 30, 30), nn.MaxPool1d(2), nn.ReLU()),  # (B, 30, 65)
            nn.BatchNorm1d(30),
        ],
        stride=16,
        dropout=0.25,
    )


@NETWORKS.register("slow waves", name="slow_waves")
def slow_waves() -> Chain:
    """The better-suited one for RR series at 128 samples a minute: 22,238 parameters, 2.16 M MACs.

    Parameters are counted as for the published network, running statistics included. Own design,
    chosen by validation on people apart. The published network steps through its 50 channels every
    second, and sees six minutes. Apnea's waves of heart rate last 20 to 60 s: steps of 3.75 s are
    enough for them, so that eleven minutes cost a third of the work.
    """
    return Chain(
        [
            nn.BatchNorm1d(1),
            *_block(1, 24, 24, stride=8),  # (B, 24, 174): a step is 3.75 s
            *_block(24, 32, 5),
            *(*_block(32, 32, 5), nn.MaxPool1d(2)),  # (B, 32, 83)
            *_block(32, 32, 7),  # (B, 32, 77)
        ],
        stride=16,
        dropout=0.5,
        minute=rr.WIDE_STEP,
    )


def _block(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv1d(inputs, outputs, kernel, stride)
    return [convolution, nn.BatchNorm1d(outputs), nn.ReLU()]
