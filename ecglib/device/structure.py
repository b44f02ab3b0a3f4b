"""A network's graph as groups: a layer with weights and what follows it, up to the next tensor."""

from dataclasses import dataclass, field

from torch import fx, nn

from ecglib.device.cost import KNOWN_CALLS, KNOWN_LAYERS
from ecglib.device.integer import IntegerError

ACTIVATIONS = ("ReLU", "LeakyReLU")
WEIGHTED = (nn.Conv1d, nn.Linear)


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


@dataclass
class _Value:
    """What a node's value is made of: tensors, and whether they are flattened already."""

    tensors: list[fx.Node]
    flat: bool = False


@dataclass
class _Walk:
    """The state of one walk along the graph."""

    network: nn.Module
    inputs: list[fx.Node] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    values: dict[fx.Node, _Value] = field(default_factory=dict)
    sliced_to: int | None = 0  # where the last slice of the input ended; None: at its end


def traced(network: nn.Module) -> fx.Graph:
    """The network's graph, its layers whole."""
    return _Tracer().trace(network)


def structure(network: nn.Module, graph: fx.Graph) -> tuple[list[fx.Node], list[Group]]:
    """The nodes of the input tensors, and the groups in order.

    Raises:
        IntegerError: a layer that is unknown or stands where it cannot be; the message names it.
    """
    walk = _Walk(network)
    for node in graph.nodes:
        if node.op == "output":
            _require_ends(walk, node)
        elif node.op == "placeholder":
            sliced = all(KNOWN_CALLS.get(user.target) == "Slice" for user in node.users)
            walk.values[node] = _Value([] if sliced else [node])
            walk.inputs += walk.values[node].tensors
        else:
            walk.values[node] = _value(walk, node)
    return walk.inputs, walk.groups


def _value(walk: _Walk, node: fx.Node) -> _Value:
    kind, module = _kind(node, walk.network)
    before = [walk.values[source] for source in node.all_input_nodes]
    if isinstance(module, WEIGHTED):
        return _weighted(walk, node, module, before[0])
    if kind == "Slice":
        return _slice(walk, node)
    if kind == "Concatenate":
        _require(
            node,
            all(v.flat for v in before) and _dimension(node) == 1,
            "joins flat values along dimension 1",
        )
        return _Value([tensor for value in before for tensor in value.tensors], flat=True)
    if kind in ("Flatten", "Dropout", "Identity"):
        if kind == "Flatten":
            start = module.start_dim if module else (*node.args, 0)[1]
            _require(node, start == 1, "flattens all but the batch")
        return _Value(before[0].tensors, before[0].flat or kind == "Flatten")
    _extend(walk, node, kind, module, before)
    return _Value([node], before[0].flat)


def _weighted(walk: _Walk, node: fx.Node, module: nn.Module, before: _Value) -> _Value:
    dense = isinstance(module, nn.Linear)
    _require(
        node,
        before.flat == dense,
        "reads flat values if it is dense, channels and steps if it is a convolution",
    )
    _require(node, all(group.module is not module for group in walk.groups), "is called once")
    if not dense:
        found = (module.stride, module.dilation, module.groups, module.padding_mode)
        plain = found == ((1,), (1,), 1, "zeros") and not isinstance(module.padding, str)
        _require(node, plain, "has stride 1, no dilation or groups, and zero padding in steps")
    walk.groups.append(Group(node.target, module, before.tensors, node))
    return _Value([node], flat=dense)


def _slice(walk: _Walk, node: fx.Node) -> _Value:
    """A part of the input, each of which starts where the one before ended."""
    source, index = node.args
    whole = isinstance(index, tuple) and len(index) == 3 and isinstance(index[2], slice)
    _require(node, source.op == "placeholder" and whole, "takes (beats, channels, from:to) of x")
    start, walk.sliced_to, expected = index[2].start or 0, index[2].stop, walk.sliced_to
    _require(node, start == expected, "starts where the slice before it ended")
    walk.inputs.append(node)
    return _Value([node], flat=isinstance(index[1], int))


def _extend(
    walk: _Walk, node: fx.Node, kind: str, module: nn.Module | None, before: list[_Value]
) -> None:
    """Put an activation, a pooling or a skip behind the group that it follows."""
    group = walk.groups[-1] if walk.groups else None
    tensors = [tensor for value in before for tensor in value.tensors]
    follows = group is not None and group.last in tensors and len(group.last.users) == 1
    plain = group and (group.skip, group.slope, group.pool) == (None, 1.0, (1, 1))
    if follows and kind in ACTIVATIONS and group.slope == 1.0:
        group.slope = _slope(node, kind, module)
    elif follows and kind == "MaxPool1d" and group.pool == (1, 1) and not before[0].flat:
        group.pool = _pool(node, module)
    elif follows and kind == "Add" and len(tensors) == 2 and plain and not node.kwargs:
        (group.skip,) = (other for other in tensors if other is not group.last)
    else:
        raise IntegerError(f"layer {node.name}: a {kind} in this place is not supported")
    group.last = node


def _slope(node: fx.Node, kind: str, module: nn.Module | None) -> float:
    """What is left of negative values; pooling commutes with an activation that never falls."""
    if kind == "ReLU":
        return 0.0
    given = node.args[1] if len(node.args) > 1 else node.kwargs.get("negative_slope", 0.01)
    slope = module.negative_slope if module else given
    _require(node, 0 <= slope <= 1, f"has a slope from 0 to 1, not {slope}")
    return slope


def _pool(node: fx.Node, module: nn.MaxPool1d) -> tuple[int, int]:
    numbers = (module.kernel_size, module.stride, module.padding, module.dilation)
    window, stride, padding, dilation = (n[0] if isinstance(n, tuple) else n for n in numbers)
    plain = not padding and dilation == 1 and not module.ceil_mode
    _require(node, plain, "pools without padding, dilation or a partial window")
    return window, stride


def _require_ends(walk: _Walk, node: fx.Node) -> None:
    """The logits are what the last group, a dense layer, gives; and the whole input was read."""
    last = walk.groups[-1].last if walk.groups else None
    ends = [walk.values[source] for source in node.all_input_nodes]
    ends_well = len(ends) == 1 and ends[0].tensors == [last] and ends[0].flat
    _require(node, ends_well, "gives what the last dense layer gave")
    _require(node, walk.sliced_to in (0, None), "has read its input to the end")


def _dimension(node: fx.Node) -> int:
    return node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)


def _kind(node: fx.Node, network: nn.Module) -> tuple[str, nn.Module | None]:
    module = network.get_submodule(node.target) if node.op == "call_module" else None
    if module is None:
        kind = KNOWN_CALLS.get(node.target)
    else:  # a subclass counts as its base unless it has parameters of its own
        own = {name for name, _ in module.named_parameters()} - {"weight", "bias"}
        known = (base.__name__ for base in KNOWN_LAYERS if isinstance(module, base) and not own)
        kind = next(known, None)
    if kind is None:
        called = node.target if module is None else type(module).__name__
        raise IntegerError(f"layer {node.name}: {called} is not known here")
    return kind, module


def _require(node: fx.Node, fits: bool, what: str) -> None:
    if not fits:
        raise IntegerError(f"layer {node.name}: supported only if it {what}")


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, KNOWN_LAYERS) or super().is_leaf_module(m, module_qualified_name)
