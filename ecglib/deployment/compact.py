"""A pruned network as a smaller one of the same outputs: what its masks emptied is not computed.

A channel without weights gives a constant: its readers' biases take it in, and it goes, as it does
in Simplify (Bragagnolo and Barbano, SoftwareX 2022). The channels that stay are put in an order in
which the weights that a kernel multiplies at once stand side by side.
"""

import copy

import networkx
import torch
from torch import Tensor, nn

from ecglib.pruning.filters.groups import FilterGroup, Reader, filter_groups
from ecglib.pruning.filters.shrink import idle, shrink


@torch.no_grad()
def compact(network: nn.Module) -> nn.Module:
    """A copy, in eval mode, without channels and hidden units that are constant or unread.

    Its outputs are those of `network` to float precision. A constant other than zero stays where a
    padded convolution reads it (beside the padding it is none) and where a skip adds to it; a layer
    keeps one channel in any case. Every layer has a bias, as in all networks of the study.

    Raises:
        ValueError: a layer that the walk does not know; the message names it.
    """
    network = copy.deepcopy(network).eval()
    for group in filter_groups(network).values():  # in order: what is folded may empty the next
        if len(group.writers) == 1:
            _fold_constants(network, group)
    network = shrink(network, idle(network))
    network.load_state_dict(_paired(network))
    return network


def _fold_constants(network: nn.Module, group: FilterGroup) -> None:
    """Move the values of channels without weights into the biases behind them, in place."""
    writer = network.get_submodule(group.writers[0])
    constant = ~writer.weight.flatten(1).any(1)
    read = [(_inputs(network, reader, group.count), reader) for reader in group.readers]
    for values, reader in read:
        if any(getattr(network.get_submodule(reader.layer), "padding", ())):
            constant &= ~values.any(1)
    for values, reader in read:
        layer = network.get_submodule(reader.layer)
        columns = _columns(reader, constant.nonzero()[:, 0])
        weight = layer.weight[:, columns]
        weight = weight.sum(2) if weight.dim() == 3 else weight  # every tap reads the constant
        layer.bias += weight @ values[constant].flatten()
        layer.weight[:, columns] = 0.0
    writer.bias[constant] = 0.0


def _inputs(network: nn.Module, reader: Reader, count: int) -> Tensor:
    """(count, reader.steps): what a reader sees of the channels on a beat of zeros."""
    seen = []
    layer = network.get_submodule(reader.layer)
    hook = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0][0]))
    network(torch.zeros(1, *network.input_shape))
    hook.remove()
    (values,) = seen
    return values[_columns(reader, torch.arange(count))].reshape(count, -1)[:, : reader.steps]


def _columns(reader: Reader, channels: Tensor) -> Tensor:
    """The reader's inputs that these channels are, in their order."""
    return (reader.start + channels[:, None] * reader.steps + torch.arange(reader.steps)).flatten()


def _paired(network: nn.Module) -> dict[str, Tensor]:
    """The network's weights with the channels of every group in the order of `_order`."""
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    for group in filter_groups(network).values():
        used = [
            weights[f"{reader.layer}.weight"].bool().transpose(0, 1).flatten(1)
            for reader in group.readers
            if isinstance(network.get_submodule(reader.layer), nn.Conv1d)
        ]
        if not used:
            continue  # dense layers skip single weights as cheaply as pairs
        order = _order(torch.cat(used, 1))
        for writer in group.writers:
            for part in (f"{writer}.weight", f"{writer}.bias"):
                weights[part] = weights[part][order]
        for reader in group.readers:
            part = f"{reader.layer}.weight"
            columns = _columns(reader, torch.arange(group.count))
            weights[part][:, columns] = weights[part][:, _columns(reader, order)]
    return weights


def _order(used: Tensor) -> Tensor:
    """Channels in the order of fewest words of two neighbours, as they are if none has fewer.

    used: (channels, places) bool, whether a channel has a weight at an output and tap. Two channels
    save a word wherever both have one, so the pairs are a matching of greatest weight. Words count
    alike, however many steps a layer has, and those of an odd last channel as if it stood alone,
    though some kernels join two of its taps: a word or two more than need be.
    """
    together = (used.double() @ used.double().T).int()
    graph = networkx.Graph()
    for one in range(len(used)):
        graph.add_weighted_edges_from((one, two, int(together[one, two])) for two in range(one))
    matching = networkx.max_weight_matching(graph, maxcardinality=True)
    matched = [channel for pair in sorted(map(sorted, matching)) for channel in pair]
    order = torch.tensor(matched + sorted(set(range(len(used))) - set(matched)))
    return order if _words(used[order]) < _words(used) else torch.arange(len(used))


def _words(used: Tensor) -> int:
    """Words with a weight, of neighbours 2j and 2j + 1."""
    even, odd = used[::2], used[1::2]
    return int((even[: len(odd)] | odd).sum() + even[len(odd) :].sum())
