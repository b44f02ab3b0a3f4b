"""A network's graph as groups: a layer with weights and what follows it, up to the next tensor."""

import operator
from dataclasses import dataclass

import torch
from torch import fx, nn

from ecglib.device.cost import KNOWN_LAYERS
from ecglib.device.integer import IntegerError

ACTIVATIONS = ("ReLU", "LeakyReLU")
PASS_ON = ("Flatten", "Dropout", "Identity")
CALLS = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add"), "Add"),
    **dict.fromkeys((torch.relu, nn.functional.relu, "relu"), "ReLU"),
    **dict.fromkeys((torch.flatten, "flatten"), "Flatten"),
    operator.getitem: "Slice",
    torch.cat: "Concatenate",
}


@dataclass
class Group:
    """One layer with weights, and what follows it up to the next tensor.

    sources: graph nodes of the tensors that it reads. slope: what the activation does to negative
    sums (1: there is none). last: the node whose value is the group's output.
    """

    name: str
    module: nn.Module
    sources: list[fx.Node]
    last: fx.Node
    skip: fx.Node | None = None
    slope: float = 1.0
    pool: tuple[int, int] = (1, 1)


def traced(network: nn.Module) -> fx.Graph:
    """The network's graph, its layers whole."""
    return _Tracer().trace(network)


def structure(network: nn.Module, graph: fx.Graph) -> tuple[list[fx.Node], list[Group]]:
    """The nodes of the input tensors, and the groups in order.

    Raises:
        IntegerError: a layer that is unknown or stands where it cannot be; the message names it.
    """
    inputs: list[fx.Node] = []
    groups: list[Group] = []
    tensors: dict[fx.Node, list[fx.Node]] = {}  # node -> the tensors that it is made of
    for node in graph.nodes:
        if node.op == "output":
            continue
        if node.op == "placeholder":
            sliced = all(user.target is operator.getitem for user in node.users)
            tensors[node] = [] if sliced else [node]
            inputs += tensors[node]
            continue
        kind, module = _kind(node, network)
        before = [tensor for source in node.all_input_nodes for tensor in tensors[source]]
        if isinstance(module, nn.Conv1d | nn.Linear):
            _require_plain(node, module)
            groups.append(Group(node.target, module, before, node))
        elif kind == "Slice" and node.all_input_nodes[0].op == "placeholder":
            inputs.append(node)
        elif kind in ("Concatenate", *PASS_ON):
            tensors[node] = before
            continue
        else:
            _extend(groups, node, kind, module, before)
        tensors[node] = [node]
    return inputs, groups


def _kind(node: fx.Node, network: nn.Module) -> tuple[str, nn.Module | None]:
    module = network.get_submodule(node.target) if node.op == "call_module" else None
    known = (base.__name__ for base in KNOWN_LAYERS if isinstance(module, base))
    kind = next(known, None) if module is not None else CALLS.get(node.target)
    if kind is None:
        raise IntegerError(
            f"layer {node.name}: the integer network has no "
            f"{type(module).__name__ if module is not None else node.target}"
        )
    return kind, module


def _require_plain(node: fx.Node, module: nn.Module) -> None:
    if isinstance(module, nn.Conv1d):
        found = (module.stride, module.dilation, module.groups, module.padding_mode)
        if found != ((1,), (1,), 1, "zeros") or isinstance(module.padding, str):
            raise IntegerError(
                f"layer {node.target}: only convolutions of stride 1, without dilation or groups, "
                "padded with zeros by a number of steps"
            )


def _extend(
    groups: list[Group], node: fx.Node, kind: str, module: nn.Module | None, before: list[fx.Node]
) -> None:
    """Put an activation, a pooling or a skip behind the group that it follows."""
    group = groups[-1] if groups else None
    follows = group is not None and group.last in before and len(group.last.users) == 1
    if follows and kind in ACTIVATIONS and group.slope == 1.0:
        group.slope = getattr(module, "negative_slope", 0.0)
    elif follows and kind == "MaxPool1d" and group.pool == (1, 1):
        group.pool = _pool(node, module)
    elif follows and kind == "Add" and len(before) == 2 and _is_plain(group):
        (group.skip,) = (other for other in before if other is not group.last)
    else:
        raise IntegerError(f"layer {node.name}: a {kind} in this place is not supported")
    group.last = node


def _is_plain(group: Group) -> bool:
    return (group.skip, group.slope, group.pool) == (None, 1.0, (1, 1))


def _pool(node: fx.Node, module: nn.MaxPool1d) -> tuple[int, int]:
    numbers = (module.kernel_size, module.stride, module.padding, module.dilation)
    window, stride, padding, dilation = (n[0] if isinstance(n, tuple) else n for n in numbers)
    if padding or dilation != 1 or module.ceil_mode:
        raise IntegerError(f"layer {node.target}: only pooling without padding or dilation")
    return window, stride


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, KNOWN_LAYERS) or super().is_leaf_module(m, module_qualified_name)
