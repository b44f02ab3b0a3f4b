"""The loop that a careful user of torch.nn.utils.prune writes."""

from collections.abc import Iterator, Sequence

from torch import nn
from torch.nn.utils import prune

from ecglib.pruning import masks as mask_values
from ecglib.pruning.masks import Masks
from ecglib.pruning.multistage import Fit, Reached
from ecglib.settings.schedules import Stage, checked


def torch_prune(network: nn.Module, stages: Sequence[Stage], fit: Fit) -> Iterator[Reached]:
    """Multistage pruning by `global_unstructured` with L1Unstructured, on `network` in place.

    During a fit the network is reparametrised: `weight` is the product of the parameter
    `weight_orig` and the buffer `weight_mask`, which alone keeps removed weights at zero. Such a
    network loads no plain weights and often refuses deepcopy, so each stage ends with `remove`,
    and the next one begins with `custom_from_mask`; the masks are kept here in between. The
    scores are the masked weights, so nothing is lost by that.

    Raises:
        ValueError: stages that do not rise within [0, 1).
    """
    layers = {f"{name}.weight": layer for name, layer in _prunable_layers(network)}
    masks, spent = mask_values.ones(network), 0
    for stage in checked(stages):
        for name, layer in layers.items():
            prune.custom_from_mask(layer, "weight", masks[name])
        prune.global_unstructured(
            [(layer, "weight") for layer in layers.values()],
            pruning_method=prune.L1Unstructured,
            amount=_further(masks, stage.sparsity),
        )
        masks = {name: layer.weight_mask.bool() for name, layer in layers.items()}
        history = fit(network, stage.epochs, ())
        for layer in layers.values():
            prune.remove(layer, "weight")
        spent += stage.epochs
        yield Reached(
            network=network, stage=stage, epochs_spent=spent, masks=masks, history=history
        )


def _prunable_layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    return [
        (name, layer)
        for name, layer in network.named_modules()
        if isinstance(layer, mask_values.PRUNABLE_LAYERS)
    ]


def _further(masks: Masks, sparsity: float) -> int:
    """How many more weights to remove: `amount` counts from those that earlier stages left."""
    total = sum(mask.numel() for mask in masks.values())
    alive = sum(int(mask.sum()) for mask in masks.values())
    return round(sparsity * total) - (total - alive)
