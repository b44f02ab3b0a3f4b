"""Networks whose layers have lost channels: known by the shapes of their weights alone."""

import torch
from torch import Tensor, nn

SIZES = {
    nn.Conv1d: ("out_channels", "in_channels"),
    nn.Linear: ("out_features", "in_features"),
}


def with_weights(network: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """Give the layers of `network` the sizes of these weights, load them, and return it.

    Kernel sizes stay, and no layer grows.

    Raises:
        ValueError: names or shapes that are no smaller form of this network; named.
    """
    for name, layer in network.named_modules():
        sizes = next((SIZES[kind] for kind in SIZES if isinstance(layer, kind)), None)
        weight = weights.get(f"{name}.weight")
        if sizes and weight is not None and weight.shape != layer.weight.shape:
            _resize(name, layer, weight, sizes)
    try:
        network.load_state_dict(weights)
        training = network.training
        with torch.no_grad():
            network.eval()(torch.zeros(2, *network.input_shape))
        network.train(training)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the layers do not fit together: {error}") from None
    return network


def _resize(name: str, layer: nn.Module, weight: Tensor, sizes: tuple[str, str]) -> None:
    old, new = tuple(layer.weight.shape), tuple(weight.shape)
    smaller = len(new) == len(old) and new[2:] == old[2:]
    if not smaller or any(n > o or n < 1 for n, o in zip(new, old, strict=True)):
        raise ValueError(f"{name}.weight {new} is no smaller form of {old}")
    layer.weight = nn.Parameter(torch.empty(new))
    if layer.bias is not None:
        layer.bias = nn.Parameter(torch.empty(new[0]))
    for size, value in zip(sizes, new, strict=False):
        setattr(layer, size, value)
