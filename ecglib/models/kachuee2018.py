"""The residual CNN of Kachuee, Fazeli, Sarrafzadeh, IEEE ICHI 2018, arXiv:1805.00794."""

from torch import Tensor, nn

from ecglib.settings.registry import MODELS


class _Block(nn.Module):
    """Two convolutions with a skip, then pooling: (B, C, T) -> (B, C, (T - 5) // 2 + 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, channels, 5, padding=2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv1d(channels, channels, 5, padding=2)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool1d(5, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.relu2(self.conv2(self.relu1(self.conv1(x))) + x))


@MODELS.register("kachuee2018", name="kachuee2018")
class Kachuee2018(nn.Module):
    """Five residual blocks of width 32, two dense layers: 55,013 parameters, 3.56 M MACs.

    Input (B, 1, 187): one z-scored beat at 125 Hz. Output (B, 5): logits in the order N, S, V, F,
    Q. The layers are those of the paper's network figure. `width` scales the channels and hidden
    units, 32 each.
    """

    input_shape = (1, 187)
    n_features = 0

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        units = max(1, round(32 * width))
        self.stem = nn.Conv1d(1, units, 5)  # (B, 32, 183), unpadded
        self.blocks = nn.Sequential(*(_Block(units) for _ in range(5)))  # steps 90, 43, 20, 8, 2
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(2 * units, units),
            nn.ReLU(),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 187) -> (B, 5) logits."""
        return self.classifier(self.blocks(self.stem(x)))
