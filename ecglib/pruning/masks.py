"""A mask is a plain dict: the name of a prunable weight -> boolean tensor of its shape.

True keeps a weight, False removes it. Prunable are the weights of convolutions and dense layers;
biases are not.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ecglib import paths

Masks = dict[str, Tensor]
PRUNABLE_LAYERS = (nn.Conv1d, nn.Linear)


def prunable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The prunable weights by parameter name, in the network's order."""
    return {
        f"{name}.weight": layer.weight
        for name, layer in network.named_modules()
        if isinstance(layer, PRUNABLE_LAYERS)
    }


def ones(network: nn.Module) -> Masks:
    """The mask that keeps every weight."""
    return {name: torch.ones_like(w, dtype=torch.bool) for name, w in prunable(network).items()}


def validate(masks: Masks, network: nn.Module) -> None:
    """Raise ValueError unless the masks are boolean and fit the network's prunable weights."""
    weights = prunable(network)
    if masks.keys() != weights.keys():
        odd = ", ".join(sorted(masks.keys() ^ weights.keys()))
        raise ValueError(f"mask and network differ in the weights they name: {odd}")
    for name, mask in masks.items():
        if mask.dtype != torch.bool or mask.shape != weights[name].shape:
            raise ValueError(
                f"mask {name}: {mask.dtype} {tuple(mask.shape)}, expected torch.bool "
                f"{tuple(weights[name].shape)}"
            )


@torch.no_grad()
def apply(masks: Masks, network: nn.Module) -> None:
    """Set the removed weights of the network to exactly zero, in place."""
    for name, weight in prunable(network).items():
        weight.masked_fill_(~masks[name], 0.0)


def sparsity(masks: Masks) -> float:
    """The fraction of prunable weights removed, in [0, 1]."""
    total = sum(mask.numel() for mask in masks.values())
    return 1.0 - sum(int(mask.sum()) for mask in masks.values()) / total


def nested(inner: Masks, outer: Masks) -> bool:
    """Whether everything `inner` keeps is also kept by `outer`."""
    return inner.keys() == outer.keys() and all(
        bool((outer[name] | ~inner[name]).all()) for name in inner
    )


def save(masks: Masks, path: Path) -> None:
    """Write the masks as safetensors, whole or not at all."""
    with paths.atomic(path) as temporary:
        save_file({name: mask.to(torch.uint8) for name, mask in masks.items()}, temporary)


def load(path: Path) -> Masks:
    """Read what `save` wrote; ValueError where the file is absent or damaged."""
    try:
        found = load_file(path)
        if any(mask.dtype != torch.uint8 or mask.max() > 1 for mask in found.values()):
            raise ValueError("its values are not 0 and 1")
        return {name: mask.bool() for name, mask in found.items()}
    except (SafetensorError, OSError, KeyError, RuntimeError, ValueError) as error:
        raise ValueError(f"{path} is no readable mask ({error}); run its stage again") from None
