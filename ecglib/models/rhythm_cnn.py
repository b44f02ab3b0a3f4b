"""A small CNN on the beat, joined by rhythm features: the study's patient-independent network."""

import torch
from torch import Tensor, nn

from ecglib.models.layers import Conv1d, MaxPool1d
from ecglib.settings.registry import MODELS

LENGTH, FEATURES = 112, 8


@MODELS.register("rhythm_cnn", name="rhythm_cnn")
class RhythmCNN(nn.Module):
    """Four convolutions with pooling, two dense layers: 4,817 parameters, 57,264 MACs.

    Input (B, 1, 120): 112 samples at 120 Hz, R peak at index 50, as deviations from the patient's
    running template (`ecglib.data.patient`), then the eight features of `ecglib.data.rhythm`.
    Output (B, 5): logits in the order N, S, V, F, Q. The features join behind the convolutions:
    they have no neighbours in time. `width` scales the channels and hidden units.

    An own design, chosen by patient-wise cross-validation within the training set DS1.
    """

    input_shape = (1, LENGTH + FEATURES)
    n_features = FEATURES

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        first, second, third, fourth, hidden = (
            max(1, round(width * units)) for units in (8, 12, 16, 16, 32)
        )
        self.features = nn.Sequential(
            *_block(1, first, 7),  # (B, 8, 53)
            *_block(first, second, 5),  # (B, 12, 24)
            *_block(second, third, 5),  # (B, 16, 10)
            *_block(third, fourth, 3),  # (B, 16, 4)
            nn.Flatten(),
            nn.Dropout(0.5),
        )
        self.classifier = nn.Sequential(
            nn.Linear(4 * fourth + FEATURES, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 120) -> (B, 5) logits."""
        shape = self.features(x[:, :, :LENGTH])
        return self.classifier(torch.cat([shape, x[:, 0, LENGTH:]], 1))


def _block(in_channels: int, out_channels: int, kernel_size: int) -> tuple[nn.Module, ...]:
    return Conv1d(in_channels, out_channels, kernel_size), MaxPool1d(), nn.ReLU()
