"""Classes of beats, from finite numbers alone: the largest of NaN would be class N."""

from torch import Tensor, nn

from ecglib.training import classifier


def classify(network: nn.Module, windows: Tensor) -> Tensor:
    """Class indices (n,) of windows (n, channels, length).

    Raises:
        ValueError: a weight or a window is NaN or infinite; the message names the first.
    """
    for name, values in network.state_dict().items():
        if not values.isfinite().all():
            raise ValueError(f"{name} of the network is not finite: train it anew, or load another")
    if wrong := (~windows.isfinite().flatten(1).all(1)).nonzero().flatten().tolist():
        raise ValueError(f"{len(wrong)} beats are not finite, the first is beat {wrong[0]}")
    return classifier.predict(network, windows)
