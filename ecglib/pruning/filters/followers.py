"""How much the layer behind a filter changes without it: AOFP's measure, for all layers at once."""

import torch
from torch import Tensor, fx, nn

from ecglib.device.structure import structure, traced
from ecglib.pruning.filters import aofp
from ecglib.pruning.filters.groups import FilterGroup, Reader, everything, targets
from ecglib.pruning.filters.scores import Batches, Scores

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)


class Followers:
    """The readers of each group, each up to and with its activation.

    Masked filters go at a reader's input: activation and pooling in between keep zeros, so this
    is the filter's own output set to zero; of tied channels the sum of what was written so far.
    """

    def __init__(self, network: nn.Module, groups: dict[str, FilterGroup]) -> None:
        graph = traced(network)
        _, layers = structure(network, graph)
        nodes = {layer.name: layer for layer in layers}
        self.network, self.groups = network, groups
        self.run = fx.Interpreter(network, garbage_collect_values=False, graph=graph)
        by_target = {node.target: node for node in graph.nodes if node.op == "call_module"}
        self.segments = {
            name: [
                (reader, self._segment(by_target[reader.layer], nodes)) for reader in group.readers
            ]
            for name, group in groups.items()
        }

    def _segment(self, node: fx.Node, layers: dict) -> list[fx.Node]:
        """The nodes from a reader to its activation, or to its end where there is none."""
        found, last = [node], layers[node.target].last
        while node is not last and not self._is_activation(node):
            (node,) = node.users
            found.append(node)
        return found

    def _is_activation(self, node: fx.Node) -> bool:
        return node.op == "call_module" and isinstance(
            self.network.get_submodule(node.target), ACTIVATIONS
        )

    @torch.no_grad()
    def damages(self, inputs: Tensor, masked: dict[str, list[Tensor]]) -> dict[str, list[float]]:
        """||F - F without the masked filters||^2 / ||F||^2 of each group's follower.

        Ding et al., ICML 2019 (arXiv:1905.04748), section 3. Each group is masked alone: the
        base path stays whole. inputs: (B, ...). masked: group -> masks, each the indices of
        filters; each mask is for its own equal part of the batch, and so is its damage. In a
        residual block the activation stands behind the addition, so the skip is part of F. Of
        channels that skips tie there are several followers: the damage is the mean of theirs.
        Of a follower that gives nothing but zeros it is 0 if masking leaves it so, else 1.

        Raises:
            ValueError: more masks than beats.
        """
        if (most := max(map(len, masked.values()), default=0)) > len(inputs):
            raise ValueError(f"{most} masks for {len(inputs)} beats: each mask needs one")
        training = self.network.training
        self.network.eval()
        self.run.run(inputs)
        base, found = dict(self.run.env), {}
        for name, masks in masked.items():
            keep = torch.ones(len(masks), self.groups[name].count, dtype=torch.bool)
            for row, filters in zip(keep, masks, strict=True):
                row[filters] = False
            each = [self._damage(base, keep, *segment) for segment in self.segments[name]]
            found[name] = torch.stack(each).mean(0).tolist()
        self.network.train(training)
        return found

    def _damage(self, base: dict, keep: Tensor, reader: Reader, segment: list[fx.Node]) -> Tensor:
        """(masks,): of one follower. keep: (masks, count), False marks a masked filter."""
        (source,) = segment[0].all_input_nodes
        value = base[source].clone()
        for part, row in zip(value.tensor_split(len(keep)), keep, strict=True):
            where, stay = reader.inputs(row)
            part[:, where][:, ~stay] = 0.0
        self.run.env = base | {source: value}
        for node in segment:
            self.run.env[node] = self.run.run_node(node)
        whole, ablated = base[segment[-1]], self.run.env[segment[-1]]
        changes, norms = (
            torch.stack([part.sum() for part in sums.tensor_split(len(keep))])
            for sums in (f.flatten(1).square().sum(1) for f in (whole - ablated, whole))
        )
        # A follower that gives zeros has no change of its own size: one that wakes changes by all.
        return changes / torch.where(norms > 0, norms, changes).clamp_min(1e-30)


def scored_without_training(
    network: nn.Module, batches: Batches, seed: int, masks_per_batch: int
) -> Scores:
    """Every filter's mean damage over these batches, under random halves of all filters.

    What a search's first round would find if the network stood still: to be held against the
    oracle.
    """
    groups = targets(network)
    followers = Followers(network, groups)
    searches = {name: aofp.start(keep) for name, keep in everything(groups).items()}
    generator = torch.Generator().manual_seed(seed)
    for inputs, _ in batches:
        masked = {
            name: [aofp.draw(search, generator) for _ in range(masks_per_batch)]
            for name, search in searches.items()
        }
        for name, damages in followers.damages(inputs, masked).items():
            for mask, damage in zip(masked[name], damages, strict=True):
                aofp.accumulate(searches[name], mask, damage)
    return {name: aofp.mean_damage(search) for name, search in searches.items()}
