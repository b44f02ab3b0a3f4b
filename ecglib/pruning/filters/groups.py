"""Which filters a network has: channels that live and die together, their writers and readers."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from ecglib.device.structure import structure, traced

# Group name -> boolean (count,): False marks a filter that is gone. A missing group keeps all.
Alive = dict[str, Tensor]


@dataclass(frozen=True)
class Reader:
    """A layer that reads the channels: channel c at its inputs start + c * steps, `steps` of them.

    steps: 1 for a convolution; behind a flatten the time steps of a channel.
    """

    layer: str
    start: int
    steps: int

    def inputs(self, keep: Tensor) -> tuple[slice, Tensor]:
        """Where the channels stand among the layer's inputs, and which of these stay."""
        return slice(self.start, self.start + len(keep) * self.steps), keep.repeat_interleave(
            self.steps
        )


@dataclass(frozen=True)
class FilterGroup:
    """Channels of one layer, or of several whose outputs are added: they go together.

    name: the first layer that writes them.
    """

    name: str
    count: int
    writers: tuple[str, ...]
    readers: tuple[Reader, ...]

    def parts(self, network: nn.Module) -> list[nn.Parameter]:
        """The weights and biases of all writers, (count, ...) each: filter n is index n of each."""
        layers = [network.get_submodule(writer) for writer in self.writers]
        return [part for layer in layers for part in (layer.weight, layer.bias)]


@dataclass
class _Tie:
    """A group while the network is walked."""

    count: int
    writers: list[str] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)


def filter_groups(network: nn.Module) -> dict[str, FilterGroup]:
    """Every group of the network by name, in its order; the classes are none.

    Raises:
        ValueError: a layer that the walk does not know; the message names it.
    """
    graph = traced(network)
    _, layers = structure(network, graph)
    shapes = _shapes(network, graph)
    ties: dict[fx.Node, _Tie] = {}  # of the tensor that a node gives; tied tensors share one
    for layer in layers:
        start = 0
        for source in layer.sources:
            channels, steps = (*shapes[source][1:], 1)[:2]
            flat = isinstance(layer.module, nn.Linear)
            if source in ties:
                reader = Reader(layer.name, start, steps if flat else 1)
                ties[source].readers.append(reader)
            start += channels * steps if flat else channels
        tie = ties[layer.skip] if layer.skip is not None else _Tie(layer.module.weight.shape[0])
        tie.writers.append(layer.name)
        ties[layer.last] = tie
    last = ties[layers[-1].last]
    found = {id(tie): tie for tie in ties.values() if tie is not last}
    return {
        tie.writers[0]: FilterGroup(
            tie.writers[0], tie.count, tuple(tie.writers), tuple(tie.readers)
        )
        for tie in found.values()
    }


def targets(network: nn.Module) -> dict[str, FilterGroup]:
    """The groups that filter pruning shortens: those that only convolutions write.

    Among them the channels that a residual network's skips tie, which published AOFP leaves whole:
    in a network narrowed within its blocks alone, memory, additions and pools stay at full width.
    Hidden units of dense layers are no filters. Raises as `filter_groups`.
    """
    return {
        name: group
        for name, group in filter_groups(network).items()
        if all(isinstance(network.get_submodule(writer), nn.Conv1d) for writer in group.writers)
    }


def widths(network: nn.Module) -> dict[str, int]:
    """The number of filters of each group."""
    return {name: group.count for name, group in filter_groups(network).items()}


def everything(groups: dict[str, FilterGroup]) -> Alive:
    """All filters of these groups alive."""
    return {name: torch.ones(group.count, dtype=torch.bool) for name, group in groups.items()}


@torch.no_grad()
def _shapes(network: nn.Module, graph: fx.Graph) -> dict[fx.Node, torch.Size]:
    training = network.training
    run = fx.Interpreter(network.eval(), garbage_collect_values=False, graph=graph)
    run.run(next(network.parameters()).new_zeros(2, *network.input_shape))
    network.train(training)
    return {node: value.shape for node, value in run.env.items() if isinstance(value, Tensor)}
