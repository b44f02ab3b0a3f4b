"""The short network: three convolutions with pooling and one hidden layer, on few samples."""

from collections.abc import Sequence

from torch import Tensor, nn

from ecglib.models.layers import Conv1d, MaxPool1d
from ecglib.settings.registry import MODELS

NAME = "short"  # of the room alone: no stage of the main study takes it
SAMPLES, TAPS = 72, (5, 3, 5)
WIDE = (12, 16, 16, 24)  # where it is cut from: filters of the convolutions, hidden units


class Short(nn.Module):
    """Input (B, 1, 72): one z-scored beat, see `short_beats`. Output (B, 5): logits N, S, V, F, Q.

    An own design, its shapes chosen by what the device's kernels like: 5, 3 and 5 taps give 68, 32
    and 12 steps, whole tiles of four, and pooling in pairs is part of the kernel. widths: filters
    of the three convolutions, then hidden units; layers that have lost filters are known by their
    weights, see `models.slim.with_weights`.
    """

    input_shape = (1, SAMPLES)
    n_features = 0

    def __init__(self, widths: Sequence[int] = WIDE) -> None:
        super().__init__()
        channels, steps, layers = 1, SAMPLES, []
        for filters, taps in zip(widths[:3], TAPS, strict=True):
            layers += [Conv1d(channels, filters, taps), MaxPool1d(), nn.ReLU()]
            channels, steps = filters, (steps - taps + 1) // 2
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(channels * steps, widths[3]), nn.ReLU(), nn.Linear(widths[3], 5)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 72) -> (B, 5) logits."""
        return self.classifier(self.features(x))


def known(model: str) -> str:
    """The name of a model of the study, or this one's; ValueError for any other."""
    return model if model == NAME else MODELS[model].name
