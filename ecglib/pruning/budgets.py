"""What a target sparsity is a fraction of: a network -> the price of each of its weights."""

from torch import nn

from ecglib.device.cost import macs_per_weight
from ecglib.pruning.masks import prunable
from ecglib.settings.registry import BUDGETS


@BUDGETS.register("weights budget")
def weights(network: nn.Module) -> dict[str, int]:
    """Prunable weight name -> 1: every weight costs as much."""
    return dict.fromkeys(prunable(network), 1)


@BUDGETS.register("MACs budget")
def macs(network: nn.Module) -> dict[str, int]:
    """Prunable weight name -> multiplications per beat that each of its elements takes part in."""
    return macs_per_weight(network)
