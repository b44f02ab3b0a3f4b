"""A network without some of its filters: zeroed in place, or smaller with the same outputs."""

import copy

import torch
from torch import Tensor, nn

from ecglib.models.slim import with_weights
from ecglib.pruning.filters.groups import Alive, FilterGroup, everything, filter_groups


def shrink(network: nn.Module, alive: Alive) -> nn.Module:
    """A smaller dense network, a copy, whose outputs are those of `network` after `silence`.

    Raises:
        ValueError: a group that the network does not have, a mask of the wrong length, or one that
            leaves a layer without a filter.
    """
    groups = _checked(alive, network)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    columns = {
        name: torch.ones(layer.weight.shape[1], dtype=torch.bool)
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv1d | nn.Linear)
    }
    for name, keep in alive.items():
        for writer in groups[name].writers:
            for part in ("weight", "bias"):
                weights[f"{writer}.{part}"] = weights[f"{writer}.{part}"][keep]
        for reader in groups[name].readers:
            where, stay = reader.inputs(keep)
            columns[reader.layer][where] &= stay
    for layer, keep in columns.items():
        weights[f"{layer}.weight"] = weights[f"{layer}.weight"][:, keep]
    return with_weights(copy.deepcopy(network), weights)


@torch.no_grad()
def silence(network: nn.Module, alive: Alive, groups: dict[str, FilterGroup]) -> None:
    """Set the weights and biases of filters that are gone to zero, in place: they give zeros.

    Every activation and pooling of the study keeps zeros.
    """
    for name, keep in alive.items():
        for part in groups[name].parts(network):
            part[~keep] = 0.0


def idle(network: nn.Module) -> Alive:
    """The filters that do nothing are False: they give zeros only, or nobody reads them.

    So single-weight pruning leaves some. What idles because others do counts, too; a group of
    which all would go keeps one.
    """
    groups = filter_groups(network)
    alive, before = everything(groups), None
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    while before is None or any((alive[name] != before[name]).any() for name in groups):
        before = {name: keep.clone() for name, keep in alive.items()}
        for name, group in groups.items():
            busy = alive[name] & _written(weights, group) & _read(weights, group)
            if not busy.any():
                busy[alive[name].nonzero()[0]] = True
            alive[name] = busy
            for writer in group.writers:
                weights[f"{writer}.weight"][~alive[name]] = 0.0
                weights[f"{writer}.bias"][~alive[name]] = 0.0
            for reader in group.readers:
                where, stay = reader.inputs(alive[name])
                weights[f"{reader.layer}.weight"][:, where][:, ~stay] = 0.0
    return alive


def _written(weights: dict[str, Tensor], group: FilterGroup) -> Tensor:
    """(count,): whether any writer gives anything but zeros."""
    found = torch.zeros(group.count, dtype=torch.bool)
    for writer in group.writers:
        found |= weights[f"{writer}.weight"].flatten(1).any(1) | weights[f"{writer}.bias"].bool()
    return found


def _read(weights: dict[str, Tensor], group: FilterGroup) -> Tensor:
    """(count,): whether any reader weighs the channel with anything but zero."""
    found = torch.zeros(group.count, dtype=torch.bool)
    for reader in group.readers:
        where, _ = reader.inputs(found)
        weight = weights[f"{reader.layer}.weight"][:, where]
        found |= weight.reshape(len(weight), group.count, -1).any(2).any(0)
    return found


def _checked(alive: Alive, network: nn.Module) -> dict[str, FilterGroup]:
    groups = filter_groups(network)
    for name, keep in alive.items():
        if name not in groups:
            raise ValueError(f"no filters {name!r}; the network has {', '.join(groups)}")
        if keep.dtype != torch.bool or keep.shape != (groups[name].count,):
            raise ValueError(
                f"{name}: {keep.dtype} {tuple(keep.shape)}, expected torch.bool "
                f"({groups[name].count},)"
            )
        if not keep.any():
            raise ValueError(f"{name}: no filter is left; one must stay")
    return groups
