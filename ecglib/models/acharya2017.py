"""The nine-layer CNN of Acharya et al., Comput. Biol. Med. 89:389-396, 2017."""

from torch import Tensor, nn

from ecglib.models.layers import Conv1d, MaxPool1d
from ecglib.settings.registry import MODELS


@MODELS.register("acharya2017", name="acharya2017")
class Acharya2017(nn.Module):
    """Three convolutions with pooling, three dense layers: 19,805 parameters, 95,770 MACs.

    Input (B, 1, 260): one z-scored beat at 360 Hz, R peak at index 99. Output (B, 5): logits in
    the order N, S, V, F, Q. Kernel sizes (3, 4, 4) and widths (5, 10, 20) are the paper's;
    pooling stands before the activation, which for these two monotone layers changes no result
    and halves the activation's work. `width` scales the number of channels and hidden units.
    """

    input_shape = (1, 260)
    n_features = 0

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        first, second, third, dense1, dense2 = (
            max(1, round(width * units)) for units in (5, 10, 20, 30, 20)
        )
        self.features = nn.Sequential(
            *_block(1, first, 3),  # (B, 5, 129)
            *_block(first, second, 4),  # (B, 10, 63)
            *_block(second, third, 4),  # (B, 20, 30)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(30 * third, dense1),
            nn.LeakyReLU(),
            nn.Linear(dense1, dense2),
            nn.LeakyReLU(),
            nn.Linear(dense2, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 260) -> (B, 5) logits."""
        return self.classifier(self.features(x))


def _block(in_channels: int, out_channels: int, kernel_size: int) -> tuple[nn.Module, ...]:
    return Conv1d(in_channels, out_channels, kernel_size), MaxPool1d(), nn.LeakyReLU()
