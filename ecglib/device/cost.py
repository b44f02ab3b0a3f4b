"""MACs, parameters, weight storage and activation RAM of a network, layer by layer.

From shapes, batch 1: the network is traced and one zero sample is run through it. Only the layers
and calls listed here are known (a subclass counts as its base); the rest is an error, never zero.

- MACs: a weight multiplies once per output position, zero padding included. Pooling, activations,
  additions, copies and biases are no MACs.
- Storage: weights and biases, no quantisation scales. Zeros are those of the `weight` tensor;
  biases are never pruned and count as nonzero.
- RAM: each tensor has one buffer, live from its production to its last use; no operator fusion,
  no scratch memory. Convolution, dense and pooling hold input and output at once. Activations and
  additions overwrite an input of the same size if nothing reads it later (else they need a new
  buffer); flatten, identity, dropout and slices only pass the buffer on, which lives whole until
  the last use of any slice. A concatenation is a new buffer beside its parts.
"""

import copy
import operator

import pandas as pd
import torch
from torch import Tensor, fx, nn

from ecglib.device.storage import INT8_STORAGE, STORAGE

WEIGHTED = (nn.Conv1d, nn.Linear)
UNWEIGHTED = (nn.MaxPool1d, nn.ReLU, nn.LeakyReLU, nn.Flatten, nn.Dropout, nn.Identity)
KNOWN_LAYERS = WEIGHTED + UNWEIGHTED
KNOWN_CALLS = {  # functions, and tensor methods by their name
    **dict.fromkeys((operator.add, operator.iadd, torch.add, "add"), "Add"),
    **dict.fromkeys((torch.flatten, "flatten"), "Flatten"),
    **dict.fromkeys((torch.relu, nn.functional.relu, "relu"), "ReLU"),
    nn.functional.leaky_relu: "LeakyReLU",
    operator.getitem: "Slice",
    torch.cat: "Concatenate",
}
IN_PLACE = {"Add", "ReLU", "LeakyReLU"}
PASS_ON = {"Flatten", "Dropout", "Identity", "Slice"}
SUMMED = ("macs", "macs_effective", "params", "params_nonzero", "weights", "weights_nonzero")
SUMMED += tuple(storage.__name__ for storage in STORAGE)


def layer_costs(network: nn.Module, input_shape: tuple[int, ...]) -> pd.DataFrame:
    """One row per layer in execution order; `input_shape` is without batch, e.g. (1, 260).

    Columns: layer (module path, or graph node name of a call), kind (the known base class),
    output_shape ("5x258", without batch), macs, macs_effective (nonzero weights only), params,
    params_nonzero, weights, weights_nonzero, weight_bytes_* and activation_elements_live (elements
    in memory while the layer runs). A module called twice is stored once, at its first call.
    The network itself is not changed. Raises TypeError, naming the layer, for anything unknown,
    and torch.fx's TraceError (a ValueError) if the forward branches on values or shapes.
    """
    network = copy.deepcopy(network).eval()  # the caller's mode and buffers stay as they are
    if _Tracer().is_leaf_module(network, ""):
        network = nn.Sequential(network)
    graph = _Tracer().trace(network)
    kinds = {n: _kind(n, network) for n in graph.nodes if n.op not in ("placeholder", "output")}
    like = next(network.parameters(), torch.empty(0))  # its dtype and device
    with torch.no_grad():
        _Shapes(network, graph=graph).run(like.new_zeros(1, *input_shape))
    live = _live_elements(graph, kinds)
    rows, stored = [], set()
    for node, kind in kinds.items():
        module = network.get_submodule(node.target) if node.op == "call_module" else None
        shape = node.meta["shape"]
        row = {"layer": _name(node), "kind": kind, "output_shape": "x".join(map(str, shape[1:]))}
        row |= _weight_costs(module, shape.numel(), stored=module in stored)
        rows.append(row | {"activation_elements_live": live[node]})
        stored.add(module)
    return pd.DataFrame(rows)


def total_costs(network: nn.Module, input_shape: tuple[int, ...]) -> dict[str, int]:
    """Sums of the `layer_costs` columns (live elements do not add up), and in bytes:

    peak_ram_bytes_float32 and peak_ram_bytes_int8 (most live elements x 4 or 1), and
    weight_bytes_int8_sparse (each layer in its smallest int8 form, dense, CSR or bitmap: what an
    unstructured mask really saves, index storage included). Raises as `layer_costs`.
    """
    layers = layer_costs(network, input_shape)
    totals = {column: int(layers[column].sum()) for column in SUMMED}
    smallest = layers[[storage.__name__ for storage in INT8_STORAGE]].min(axis="columns")
    totals["weight_bytes_int8_sparse"] = int(smallest.sum())
    peak = int(layers["activation_elements_live"].max())
    return totals | {"peak_ram_bytes_float32": 4 * peak, "peak_ram_bytes_int8": peak}


def macs_per_weight(network: nn.Module) -> dict[str, int]:
    """Prunable weight name -> the MACs per beat that each of its elements takes part in."""
    layers = layer_costs(network, network.input_shape)
    layers = layers[layers["weights"] > 0]
    each = layers["macs"] // layers["weights"]
    return {f"{layer}.weight": int(n) for layer, n in zip(layers["layer"], each, strict=True)}


class _Tracer(fx.Tracer):
    """Stops at subclasses of known layers too, whose own forwards need not be traceable."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, KNOWN_LAYERS) or super().is_leaf_module(m, module_qualified_name)


def _name(node: fx.Node) -> str:
    return node.target if node.op == "call_module" else node.name


def _kind(node: fx.Node, network: nn.Module) -> str:
    """Name of the known layer or call that a node is; TypeError if it is none."""
    if node.op == "call_module":
        module = network.get_submodule(node.target)
        called, kind = type(module).__name__, _layer_kind(module)
    else:  # get_attr is a tensor that a forward reads, whatever its name
        called = getattr(node.target, "__name__", node.target)
        kind = None if node.op == "get_attr" else KNOWN_CALLS.get(node.target)
    if kind is None:
        known = [getattr(one, "__name__", one) for one in (*KNOWN_LAYERS, *KNOWN_CALLS)]
        inside = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        raise TypeError(
            f"unknown layer {_name(node)!r} of type {called} ({node.op}, in modules {inside}); "
            f"known, if without further parameters, are {', '.join(dict.fromkeys(known))}"
        )
    return kind


def _layer_kind(module: nn.Module) -> str | None:
    """Name of the known base class; None also for a subclass with parameters of its own."""
    known = {"weight", "bias"} if isinstance(module, WEIGHTED) else set()
    if {name for name, _ in module.named_parameters()} - known:
        return None
    return next((base.__name__ for base in KNOWN_LAYERS if isinstance(module, base)), None)


class _Shapes(fx.Interpreter):
    """Runs the graph and keeps each node's output shape, batch included, in its meta."""

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        if n.op != "output" and not isinstance(value, Tensor):
            raise TypeError(f"layer {_name(n)!r} gives a {type(value).__name__}, not a tensor")
        n.meta["shape"] = None if n.op == "output" else value.shape
        return value


def _weight_costs(module: nn.Module | None, outputs: int, stored: bool) -> dict[str, int]:
    """The summed columns of a layer with that many output elements; zeros if it has no weights."""
    costs = dict.fromkeys(SUMMED, 0)
    if not isinstance(module, WEIGHTED):
        return costs
    weight, biases = module.weight, 0 if module.bias is None else module.bias.numel()
    nonzeros = int(weight.count_nonzero())
    positions = outputs // weight.shape[0]  # output steps; 1 for a dense layer on a flat input
    costs |= {"macs": weight.numel() * positions, "macs_effective": nonzeros * positions}
    if stored:
        return costs
    costs |= {"params": weight.numel() + biases, "params_nonzero": nonzeros + biases}
    costs |= {"weights": weight.numel(), "weights_nonzero": nonzeros}
    return costs | {storage.__name__: storage(weight, biases) for storage in STORAGE}


def _live_elements(graph: fx.Graph, kinds: dict) -> dict[fx.Node, int]:
    """Node -> elements of all buffers live while it runs; a buffer is named by its first node."""
    step = {node: index for index, node in enumerate(graph.nodes)}
    sizes = {node: node.meta["shape"].numel() for node in graph.nodes if node.op != "output"}
    buffers, ends = {}, {}  # a buffer ends with the last use of any tensor put into it
    for node in sizes:
        buffer, inputs = node, [buffers[source] for source in node.all_input_nodes]
        if kinds.get(node) in PASS_ON:
            buffer = inputs[0]
        elif kinds.get(node) in IN_PLACE:
            free = [b for b in inputs if ends[b] == step[node] and sizes[b] == sizes[node]]
            buffer = free[0] if free else node
        buffers[node] = buffer
        ends[buffer] = max(ends.get(buffer, 0), *(step[user] for user in (node, *node.users)))
    return {n: sum(sizes[b] for b in ends if step[b] <= step[n] <= ends[b]) for n in sizes}
