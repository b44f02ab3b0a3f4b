"""rhythm_cnn with any number of rhythm features."""

from torch import nn

from ecglib.models.rhythm_cnn import FEATURES, LENGTH, RhythmCNN
from ecglib.settings.registry import MODELS


@MODELS.register("rhythm_cnn, any features", name="unseen_cnn")
class UnseenCNN(RhythmCNN):
    """(B, 1, 112 + features) -> (B, 5) logits; with eight features it is rhythm_cnn itself."""

    def __init__(self, width: float = 1.0, features: int = FEATURES) -> None:
        super().__init__(width)
        self.input_shape, self.n_features = (1, LENGTH + features), features
        first = self.classifier[0]
        shapes = first.in_features - FEATURES
        if features != FEATURES:
            self.classifier[0] = nn.Linear(shapes + features, first.out_features)
